// A client that a public generator makes of the description does what the README's first five minutes do: its types
// accept the calls, refuse a wrong one, and the calls get their answers.
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import openapiTS, { astToString } from 'openapi-typescript'
import t, { type Test } from 'tap'
import ts from 'typescript'
import { call } from '../../src/call.js'
import { readConfig } from '../../src/config.js'
import { serve } from '../../src/serve.js'
import { projectRoot } from '../support/project.js'

const program = join(projectRoot, 'test/fixtures/generated-client/first-five-minutes.ts')

/** The program as this file sees it; against the generated types it is checked below. */
interface FirstFiveMinutes {
  firstFiveMinutes(given: {
    readonly url: string
    readonly apiKey: string
    sync(unsubscribed?: '0' | '1'): Promise<number>
  }): Promise<Readonly<Record<'statuses' | 'removed' | 'missing', unknown>>>
}

async function startedServer(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'generated-client-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const server = await serve(readConfig({ DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'silent' }))
  t.teardown(() => server.close())
  if (server.firstCredentials === null) throw new Error('a new store has first credentials')
  return { url: server.url, folder, credentials: server.firstCredentials }
}

t.test('the client that is generated from the description completes the first five minutes', async t => {
  const { url, credentials } = await startedServer(t)
  const sync = async (unsubscribed?: '0' | '1'): Promise<number> => {
    const attribute = { attrName: 'Unsubscribed', attrType: 'boolean', attrValue: unsubscribed }
    const leadAttributeList = unsubscribed === undefined ? {} : { leadAttributeList: { attribute: [attribute] } }
    const answer = await call({
      ...{ url: `${url}/soap/mktows/3_1`, user: credentials.soapUser, key: credentials.encryptionKey },
      ...{ operation: 'syncLead', timeoutMs: 30_000 },
      params: { leadRecord: { Email: 'ada@example.org', ...leadAttributeList }, returnLead: false },
    })
    if (answer.type === 'fault') throw new Error(answer.text)
    return Number((answer.reply as { result: { leadId: number } }).result.leadId)
  }

  const { firstFiveMinutes }: FirstFiveMinutes = await import(program)
  const { statuses, removed, missing } = await firstFiveMinutes({ url, apiKey: credentials.apiKey, sync })

  t.match(statuses, [
    { address: 'ada@example.org', status: 'unsubscribed', version: 1, reason: 'SOAP API', peopleCount: 1 },
    { address: 'ada@example.org', status: 'unsubscribed', version: 1, peopleCount: 1 },
    { address: 'bob@example.org', status: 'unsubscribed', version: 1, reason: 'letter of 3 May', peopleCount: 0 },
  ])
  t.equal(removed, 204)
  t.same(missing, ['body.reason', 'body.evidence'])
})

t.test('its types accept those calls, and refuse what the face would refuse', async t => {
  const { url, folder } = await startedServer(t)
  const types = astToString(await openapiTS(new URL(`${url}/v1/openapi.json`)))
  const generated = join(folder, 'generated')
  await cp(join(program, '..'), generated, { recursive: true })
  await writeFile(join(generated, 'face.d.ts'), types)
  await symlink(join(projectRoot, 'node_modules'), join(generated, 'node_modules'))
  const copy = join(generated, 'first-five-minutes.ts')
  const text = ts.sys.readFile(copy) ?? ''

  t.same(complaints(copy), [])
  for (const [right, wrong] of [
    ["status: 'unsubscribed', reason", "status: 'perhaps', reason"],
    ['optedOut.data, stillOut', 'optedOut.error, stillOut'],
  ] as const) {
    t.ok(text.includes(right), right)
    await writeFile(copy, text.replace(right, wrong))
    t.not(complaints(copy).length, 0, wrong)
  }
})

function complaints(file: string): string[] {
  const options: ts.CompilerOptions = {
    ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: true, types: [] },
    ...{ target: ts.ScriptTarget.ES2023, lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  }
  return ts
    .getPreEmitDiagnostics(ts.createProgram([file], options))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}
