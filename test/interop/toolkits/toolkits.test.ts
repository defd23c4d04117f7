// Every foreign toolkit that can be had imports every version of the contract from the running server, makes the same
// calls, and must read the same values. WRITE_TOOLKITS=1 puts the table that it prints into the README.
import t, { type Test } from 'tap'
import { signatureOf } from '../../../src/soap/authenticate.js'
import { servedOperations } from '../../../src/soap/operations/operations.js'
import { withDatabase } from '../../support/database.js'
import { requires } from '../../support/requirements.js'
import { account, startServerChild } from '../../support/server-child.js'
import type { PlannedCall, SignedCall } from './call.js'
import { conversation } from './conversation.js'
import { differences } from './differences.js'
import { generatedToolkits } from './generated.js'
import { interpretedToolkits } from './interpreted.js'
import { prepareStore } from './prepared-store.js'
import { type Row, tableInReadme, tableOf, withoutToolkitVersions, writeTable } from './table.js'
import { importWsdl, type Toolkit, versionOf } from './toolkit.js'

const versions = ['2_1', '2_2', '2_3', '2_7', '3_1']
const toolkits = [...interpretedToolkits, ...generatedToolkits]

// The first run generates and compiles for each version; later runs find it done.
t.setTimeout(1_800_000)
// One of two cores compiles while the other one's calls wait for answers.
t.jobs = 2

t.test('every toolkit reads what it must from every version of the contract', async t => {
  t.jobs = 2
  const { url: databaseUrl } = await withDatabase(t, 'sqlite')
  const server = await startServerChild(t, { databaseUrl })
  await prepareStore(t, server.url, databaseUrl)
  const rows = new Map<Toolkit, Row>()
  await Promise.all(
    toolkits.map(toolkit =>
      t.test(toolkit.name, { buffered: true }, async t => {
        if (toolkit.requirement !== undefined && !requires(t, toolkit.requirement)) return
        rows.set(toolkit, await converse(t, toolkit, server.url))
      }),
    ),
  )

  const table = tableOf(toolkits.flatMap(toolkit => rows.get(toolkit) ?? []))
  t.comment(`\n${table}`)
  if (process.env.WRITE_TOOLKITS === '1') writeTable(table)
  // A machine that lacks a toolkit checks the rows of the others.
  const written = withoutToolkitVersions(tableInReadme())
  for (const row of withoutToolkitVersions(table).trimEnd().split('\n'))
    t.ok(written.includes(row), `the README says: ${row}`)
  t.same(server.errors(), [])
})

t.test('the conversation gets a reply from every operation that is served', async t => {
  const circumstances = { tag: 'a', firstId: 1, version: '3_1', writesAllCharacters: true }
  const answered = conversation(circumstances).filter(({ expected }) => 'reply' in expected)
  t.same([...new Set(answered.map(({ operation }) => operation))].sort(), [...servedOperations].sort())
})

/** Has one toolkit import each version and hold the conversation with it. */
async function converse(t: Test, toolkit: Toolkit, url: string): Promise<Row> {
  const toolkitVersion = await versionOf(toolkit)
  const wsdlVersions: string[] = []
  const operations = new Set<string>()
  for (const version of versions) {
    const started = performance.now()
    const imported = await importWsdl(toolkit, `${url}/soap/mktows/${version}`, toolkitVersion)
    const importMs = performance.now() - started
    const planned = conversation({
      tag: `${toolkits.indexOf(toolkit)}-${version}`,
      firstId: 500_000 + toolkits.indexOf(toolkit) * 10_000 + versions.indexOf(version) * 100,
      version,
      writesAllCharacters: toolkit.writesAllCharacters,
    })

    const answers = await imported.carryOut(planned.map(sign))

    const found = planned.flatMap((call, at) => differences(call, answers[at], toolkit.seesDetail))
    t.same(found, [], `${toolkit.name} ${toolkitVersion} with ${version}`)
    const callsMs = performance.now() - started - importMs
    const times = `${importMs.toFixed()} ms, calls ${callsMs.toFixed()} ms`
    t.comment(`${toolkit.name} ${version}: imported ${imported.when}, ${times}`)
    if (found.length === 0) wsdlVersions.push(version)
    for (const { operation, expected } of planned) if ('reply' in expected) operations.add(operation)
  }
  return {
    toolkit: toolkit.name,
    toolkitVersion,
    wsdlVersions,
    operations: operations.size,
    remark: toolkit.remark ?? '',
  }
}

function sign({ operation, arguments: given, signedWith }: PlannedCall): SignedCall {
  const requestTimestamp = new Date().toISOString()
  const key = signedWith ?? account.key
  const requestSignature = signatureOf(requestTimestamp, account.user, key)
  return { operation, header: { mktowsUserId: account.user, requestSignature, requestTimestamp }, arguments: given }
}
