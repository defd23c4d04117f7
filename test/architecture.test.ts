// The layers of the program as a test: who may import whom, and which words and packages stay where.
// It knows the folders' names; it must not know what is inside the files.
import t from 'tap'
import { findCycle, readImports, type SourceFile } from './support/import-graph.js'
import { projectText, typescriptFiles } from './support/project.js'

const ALL = [
  'root',
  'config',
  'command-line',
  'administer',
  'soap',
  'rest',
  'http',
  'service',
  'domain',
  'store',
  'migrations',
]

/** Layer -> layers that it may import. `root` is the files directly in src/, which put everything together. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  root: ALL,
  // Declares commands, and asks for what carries them out when one is given.
  'command-line': ['command-line', 'administer', 'root', 'domain'],
  config: ['config', 'http', 'store'],
  administer: ['administer', 'root', 'service', 'domain', 'store'],
  soap: ['soap', 'http', 'service', 'domain'],
  rest: ['rest', 'http', 'service', 'domain'],
  http: ['http'],
  service: ['service', 'domain'],
  domain: ['domain'],
  store: ['store', 'service', 'domain', 'migrations'],
  migrations: ['migrations', 'store'],
}

/** Package -> layers that may know it. A package that is not named here may be imported anywhere but in the domain. */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  knex: ['store', 'migrations'],
  mysql2: ['store', 'migrations'],
  libsql: ['store', 'migrations'],
  soap: ['soap', 'root'],
  'fast-xml-parser': ['soap', 'root'],
}

/** knex itself requires the driver of its client, and of a page the files are read: we only name both. */
const LOADED_BY_NAME = new Set(['mysql2', 'swagger-ui-dist'])

// As code writes them: the label of a standard field may well say Lead.
const WIRE_WORDS = /\b(leads?|leadRecord|mktows\w*)\b/

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const manifest: Manifest = JSON.parse(projectText('package.json') ?? '')
const productTexts = new Map([...typescriptFiles('src'), ...typescriptFiles('migrations')])
const product = readImports(productTexts)
const tooling = readImports(new Map([...typescriptFiles('test'), ...typescriptFiles('bench')]))

t.test('imports follow the arrows between the layers', async t => {
  t.same(product.flatMap(strayImports), [])
})

t.test('the domain imports no package and of Node only the domain name rules of node:url', async t => {
  t.same(product.flatMap(strayDomainImports), [])
})

t.test('packages stay in the layer that they belong to', async t => {
  t.same(product.flatMap(strayPackages), [])
})

t.test('every import names its target, so that this test can judge it', async t => {
  t.same(
    product.flatMap(file => file.unreadable.map(target => `${file.path} imports the value of ${target}`)),
    [],
  )
})

t.test('only src/config.ts reads the environment', async t => {
  const readers = product.filter(file => file.readsEnvironment).map(file => file.path)

  t.same(
    readers.filter(path => path !== 'src/config.ts'),
    [],
  )
})

t.test('the words of the legacy wire stay out of domain, service and store', async t => {
  t.same([...productTexts].flatMap(strayWords), [])
})

t.test('no file is imported, over any way, by what it imports', async t => {
  t.same(findCycle(product) ?? [], [])
})

t.test('every imported package is declared, and the product imports no development package', async t => {
  const runtime = Object.keys(manifest.dependencies)
  const all = [...runtime, ...Object.keys(manifest.devDependencies)]
  const undeclared = (files: readonly SourceFile[], declared: readonly string[]) =>
    files.flatMap(file => file.packages.filter(name => !declared.includes(name)).map(name => `${file.path}: ${name}`))

  t.same(undeclared(product, runtime), [])
  t.same(undeclared(tooling, all), [])
})

t.test('every runtime dependency is used', async t => {
  const isUsed = (name: string) =>
    product.some(file => file.packages.includes(name) || (LOADED_BY_NAME.has(name) && file.literals.has(name)))

  t.same(
    Object.keys(manifest.dependencies).filter(name => !isUsed(name)),
    [],
  )
})

t.test('these rules see what they are there to see', async t => {
  const planted = new Map([
    [
      'src/domain/a.ts',
      "import type { Knex } from 'knex'\nimport { b } from '../service/b.js'\nexport const a = b as Knex",
    ],
    ['src/service/b.ts', "export { a as b } from '../domain/a.js'\n// what a lead is"],
    ['src/soap/c.ts', "const d = await import('../rest/d.js')\nconst { env } = process"],
    ['src/rest/d.ts', "import fs from 'node:fs'\nimport x from '@scope/x/deep'\nimport '../config.js'\nimport(fs + x)"],
  ])
  const files = readImports(planted)

  t.same(files.flatMap(strayImports), [
    'src/domain/a.ts (domain) must not import src/service/b.ts (service)',
    'src/soap/c.ts (soap) must not import src/rest/d.ts (rest)',
    'src/rest/d.ts (rest) must not import src/config.ts (root)',
  ])
  t.same(files.flatMap(strayDomainImports), ['src/domain/a.ts imports knex'])
  t.same(files.flatMap(strayPackages), ['src/domain/a.ts (domain) must not import knex'])
  t.same([...planted].flatMap(strayWords), ['src/service/b.ts:2: // what a lead is'])
  t.same(findCycle(files), ['src/domain/a.ts', 'src/service/b.ts', 'src/domain/a.ts'])
  t.same(
    files.map(file => file.readsEnvironment),
    [false, false, true, false],
  )
  t.same(files.at(-1)?.packages, ['@scope/x'])
  t.same(files.at(-1)?.unreadable, ['fs + x'])
})

function strayImports(file: SourceFile): string[] {
  const from = layerOf(file.path)
  const allowed = MAY_IMPORT[from]
  if (allowed === undefined) return [`${file.path}: ${from} is not a layer that this test knows`]
  return file.imports
    .filter(path => !allowed.includes(layerOf(path)))
    .map(path => `${file.path} (${from}) must not import ${path} (${layerOf(path)})`)
}

function strayDomainImports(file: SourceFile): string[] {
  if (layerOf(file.path) !== 'domain') return []
  const foreign = [...file.packages, ...file.builtins.filter(name => name !== 'node:url')]
  return foreign.map(name => `${file.path} imports ${name}`)
}

function strayPackages(file: SourceFile): string[] {
  const layer = layerOf(file.path)
  return file.packages
    .filter(name => PACKAGE_HOMES[name]?.includes(layer) === false)
    .map(name => `${file.path} (${layer}) must not import ${name}`)
}

function strayWords([path, text]: readonly [string, string]): string[] {
  if (!['domain', 'service', 'store'].includes(layerOf(path))) return []
  return text
    .split('\n')
    .flatMap((line, index) => (WIRE_WORDS.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []))
}

function layerOf(path: string): string {
  const [top, second, ...rest] = path.split('/')
  if (top !== 'src') return top ?? ''
  return rest.length === 0 ? 'root' : (second ?? '')
}
