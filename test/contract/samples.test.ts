// Whole conversations, kept as files: what a client sends, and to the letter what it gets, on the path of each version.
// Adding one is adding a folder; samples/README.md says how.
import t from 'tap'
import { type FaultKind, faultKinds } from '../../src/soap/faults.js'
import { servedOperations } from '../../src/soap/operations/operations.js'
import { typescriptFiles } from '../support/project.js'
import { theContracts } from '../support/soap-face.js'
import { inFileForm, send } from './sample-calls.js'
import { inLines, readSamples } from './sample-folders.js'
import { messageSchema } from './schema.js'
import { fileVersions } from './version-files.js'

const contracts = await theContracts()
const schemas = new Map(fileVersions.map(version => [version, messageSchema(contracts.get(version)!.wsdlText)]))
const samples = readSamples()
const newest = fileVersions.at(-1)!

/** What was answered on the newest path, for the questions about all samples. */
const faultsSeen = new Set<string>()
const operationsSeen = new Set<string>()

for (const sample of samples) {
  t.test(`sample ${sample.name}`, async t => {
    const reply = await send(sample, newest)
    t.equal(reply.text, inLines(sample.reply), 'the reply is the one in the file')

    if (reply.fault === undefined) operationsSeen.add(reply.operation ?? '')
    else faultsSeen.add(reply.fault)
    for (const version of fileVersions) {
      const { text, body, fault } = version === newest ? reply : await send(sample, version)
      const expected = sample.otherReplies.get(version) ?? (fault === undefined ? undefined : sample.reply)
      // A fault is in no schema, and says the same in every version.
      if (expected !== undefined) t.equal(text, inLines(expected), `so it is on the path ${version}`)
      if (fault === undefined) t.same(schemas.get(version)!.envelopeProblems(body), [], `valid against ${version}`)
    }
  })
}

t.test('every operation that is carried out has a sample', async t => {
  t.same(
    servedOperations.filter(name => !operationsSeen.has(name)),
    [],
    'each of these needs a folder in test/contract/samples',
  )
})

t.test('every kind of fault that the face gives has a sample', async t => {
  const kinds: Readonly<Record<string, FaultKind>> = faultKinds
  const texts = [...typescriptFiles('src')].filter(([path]) => path.startsWith('src/soap/')).map(([, text]) => text)
  const given = new Set(texts.flatMap(text => [...text.matchAll(/\bfaultKinds\.(\w+)/g)].map(([, name]) => name!)))

  t.ok(given.size >= 20)
  const unseen = [...given].filter(name => {
    const { faultCode, code, shortText } = kinds[name]!
    return !faultsSeen.has(`${faultCode} ${code} - ${shortText}`)
  })
  t.same(unseen, [], 'each of these needs a folder in test/contract/samples')
})

t.test('a sample that is not what is answered fails', async t => {
  t.not(inLines('<a><b>1</b></a>'), inLines('<a><b>2</b></a>'))
  t.equal(inLines('<a>\n  <b>1</b>\n</a>\n'), inLines('<a><b>1</b></a>'))
  t.not(inLines('<a> </a>'), inLines('<a></a>'), 'a space is a value')
  const request = Buffer.from('<at>2026-01-31T09:30:00-08:00</at>')
  t.equal(
    inFileForm(
      '<a>1000000001</a><b>1000000002</b><c>1000000001</c><d>2026-01-31T09:30:00-08:00</d><e>2026-02-01 00:00:00</e>',
      request,
      ['2026-02-02'],
    ),
    inLines('<a>{{id 1}}</a><b>{{id 2}}</b><c>{{id 1}}</c><d>2026-01-31T09:30:00-08:00</d><e>{{time}}</e>'),
  )
})
