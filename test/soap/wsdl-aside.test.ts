// The thread that reads WSDLs exists in the built program only, so it is built here: the few files that it consists of.
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import ts from 'typescript'
import { loadWsdlModel } from '../../src/soap/wsdl/wsdl-model.js'
import { projectRoot } from '../support/project.js'

type Aside = typeof import('../../src/soap/wsdl/wsdl-aside.js')

const wsdl = (version: string): string => join(projectRoot, `wsdl/mktows-${version}.wsdl`)

/** Beside it lies a file `broken.wsdl`. */
async function builtAside(t: Test): Promise<Aside> {
  const folder = t.testdir({ 'package.json': '{ "type": "module" }', 'broken.wsdl': '<wsdl:definitions' })
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'))
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 }
  for (const part of ['wsdl', 'xml']) {
    const sources = join(projectRoot, 'src/soap', part)
    mkdirSync(join(folder, part))
    for (const file of readdirSync(sources)) {
      const { outputText } = ts.transpileModule(readFileSync(join(sources, file), 'utf8'), { compilerOptions })
      writeFileSync(join(folder, part, file.replace(/\.ts$/, '.js')), outputText)
    }
  }
  return import(pathToFileURL(join(folder, 'wsdl/wsdl-aside.js')).href)
}

t.test('a thread of its own reads the same models', async t => {
  const { loadWsdlModelsAside } = await builtAside(t)
  const paths = [wsdl('3_1'), wsdl('2_1')]

  const models = await loadWsdlModelsAside(paths)

  t.same(models, await Promise.all(paths.map(loadWsdlModel)))
})

t.test('what it cannot read is named', async t => {
  const { loadWsdlModelsAside } = await builtAside(t)
  const path = join(t.testdirName, 'broken.wsdl')

  await t.rejects(loadWsdlModelsAside([path]), { message: /broken\.wsdl: / })
})

t.test('what was read when the program was built is not read again, unless the file is another one', async t => {
  const { loadWsdlModelsAside } = await builtAside(t)
  const { keepModels, keptModels }: typeof import('../../src/soap/wsdl/kept-models.js') = await import(
    pathToFileURL(join(t.testdirName, 'wsdl/kept-models.js')).href
  )
  const files = join(t.testdirName, 'files')
  const [one, other] = ['one.wsdl', 'other.wsdl'].map(file => join(files, file)) as [string, string]
  mkdirSync(files)
  writeFileSync(one, readFileSync(wsdl('2_1')))
  writeFileSync(other, readFileSync(wsdl('3_1')))
  t.equal(await keptModels([one]), null, 'nothing is kept yet')
  const [oneModel, otherModel] = await Promise.all([one, other].map(loadWsdlModel))

  await keepModels(files)
  t.same(await keptModels([other, one]), [otherModel, oneModel])
  t.same(await loadWsdlModelsAside([one]), [oneModel])

  const changed = readFileSync(one, 'utf8').replaceAll('successSyncLead', 'successSyncLead2')
  writeFileSync(one, changed)
  t.equal(await keptModels([other, one]), null)
  const models = await loadWsdlModelsAside([other, one])
  t.same(models, [otherModel, await loadWsdlModel(one)])
  t.notSame(models[1], oneModel)
})
