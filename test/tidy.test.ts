// Style as an ordinary test: what a formatter cannot say. It knows text, not meaning;
// who may import whom is the business of architecture.test.ts.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readImports } from './support/import-graph.js'
import { projectRoot, projectText, typescriptFiles } from './support/project.js'

const FILE_LINES_MAX = 300
const LINE_LENGTH_MAX = 120

/** What must not be in any line of ours; each with what to do about it. */
const UNWANTED: readonly { readonly pattern: RegExp; readonly advice: string }[] = [
  { pattern: /\b(TODO|FIXME|XXX)\b/, advice: 'do it, or write it into the tracker' },
  {
    pattern: /\b(t|tap|test|it|describe)\.(only|skip)\(/,
    advice: 'run every test; what a machine may lack goes through requires()',
  },
  { pattern: /@ts-(ignore|nocheck|expect-error)|biome-ignore/, advice: 'solve what the tool complains about' },
  { pattern: /(?<![\w./:$}-])\/(work|tmp|root|home|Users)\//, advice: 'no path of one machine' },
]

const BANNED_WORDS = /\b(robust|seamless(ly)?|enterprise[- ]grade)\b/i

const source = typescriptFiles('src')
const migrations = typescriptFiles('migrations')
const tests = typescriptFiles('test')
const benchmarks = typescriptFiles('bench')
const everything = new Map([...source, ...migrations, ...tests, ...benchmarks])
// This file has to spell what it looks for.
everything.delete('test/tidy.test.ts')

t.test(`no file of the program is longer than ${FILE_LINES_MAX} lines`, async t => {
  t.same([...source].flatMap(tooLong), [])
})

t.test(`no line is longer than ${LINE_LENGTH_MAX} characters`, async t => {
  t.same([...everything].flatMap(longLines), [])
})

t.test('nothing is left undone, silenced, or bound to one machine', async t => {
  t.same([...everything].flatMap(unwantedLines), [])
})

t.test('every file of the program opens by saying what it knows', async t => {
  t.same([...source, ...migrations].flatMap(withoutOpening), [])
})

t.test('no file of the program is dead', async t => {
  t.same(deadFiles(source), [])
})

t.test('what describes the project is bound to no machine, and advertises nothing', async t => {
  for (const path of plainTextFiles()) {
    const text = projectText(path) ?? ''
    const lines = text.split('\n')
    const ofOneMachine = UNWANTED.filter(({ advice }) => advice === 'no path of one machine')
    t.same(findLines(path, text, ofOneMachine), [], path)
    if (path.endsWith('.md'))
      t.same(
        lines.filter(line => BANNED_WORDS.test(line)),
        [],
        `${path} is plain`,
      )
  }
  t.ok(projectText('package.json'), 'the files are looked for where they are')
})

t.test('these rules see what they are there to see', async t => {
  const bad = ['const a = 1 // TO', 'DO\nt.on', "ly('x')\n// @ts-ig", "nore\nopen('/ho", "me/ada/x')\n"]
    .join('')
    .concat('x'.repeat(121))
  const planted: readonly [string, string] = ['src/bad.ts', bad]

  t.same(
    unwantedLines(planted).map(finding => finding.split(':')[1]),
    ['1', '2', '3', '4'],
  )
  t.match(longLines(planted), [/^src\/bad.ts:5: 121 characters/])
  t.match(tooLong(['src/bad.ts', '\n'.repeat(301)]), [/301 lines/])
  t.same(tooLong(['src/good.ts', '\n'.repeat(300)]), [])
  t.match(withoutOpening(planted), [/src\/bad.ts/])
  t.same(withoutOpening(['src/main.ts', '#!/usr/bin/env node\n// Starts things.\n']), [])
  t.same(
    deadFiles(
      new Map([
        ['src/main.ts', "import './a.js'"],
        ['src/a.ts', ''],
        ['src/b.ts', ''],
      ]),
    ),
    ['src/b.ts'],
  )
  t.match('A Robust, enterprise-grade server', BANNED_WORDS)
})

function tooLong([path, text]: readonly [string, string]): string[] {
  const count = text.replace(/\n$/, '').split('\n').length
  return count > FILE_LINES_MAX ? [`${path}: ${count} lines; split it by what it knows`] : []
}

function longLines([path, text]: readonly [string, string]): string[] {
  // By code points: a pair of surrogates is one character to the reader.
  return text.split('\n').flatMap((line, index) => {
    const length = [...line].length
    return length > LINE_LENGTH_MAX ? [`${path}:${index + 1}: ${length} characters`] : []
  })
}

function unwantedLines([path, text]: readonly [string, string]): string[] {
  return findLines(path, text, UNWANTED)
}

function findLines(path: string, text: string, unwanted: typeof UNWANTED): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      unwanted
        .filter(({ pattern }) => pattern.test(line))
        .map(({ advice }) => `${path}:${index + 1}: ${line.trim()} -- ${advice}`),
    )
}

function withoutOpening([path, text]: readonly [string, string]): string[] {
  const first = text.split('\n').find(line => !line.startsWith('#!')) ?? ''
  return first.startsWith('//') || first.startsWith('/*') ? [] : [`${path} opens with: ${first}`]
}

function deadFiles(files: ReadonlyMap<string, string>): string[] {
  // Migrations may be the only ones to ask for a form of column.
  const imported = new Set(readImports(new Map([...files, ...migrations])).flatMap(file => file.imports))
  // Declarations are found by the compiler, not imported.
  const candidates = [...files.keys()].filter(path => path !== 'src/main.ts' && !path.endsWith('.d.ts'))
  return candidates.filter(path => !imported.has(path))
}

/** Documents, settings and scripts; code is looked at above, and what is in fixtures are the words of others. */
function plainTextFiles(): string[] {
  const wanted = /\.(md|json|ya?ml)$|^(Dockerfile|\.\w+ignore|\.taprc)$|^\.ci\//
  return ['.', '.ci', 'docs']
    .filter(folder => existsSync(join(projectRoot, folder)))
    .flatMap(folder => readdirSync(join(projectRoot, folder)).map(name => join(folder, name)))
    .filter(path => wanted.test(path) && path !== 'package-lock.json')
}
