// An import that SIGKILL cuts short goes on in another process: each row once, and figures that are true. What callers
// said in the meantime stands.
import t, { type Test } from 'tap'
import { type Engine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { anImport, anImportStatus } from '../support/import-calls.js'
import { requires } from '../support/requirements.js'
import { type ServerChild, startServerChild } from '../support/server-child.js'
import { readReply, resultOf, type Tree } from '../support/soap-face.js'
import { inStore, isVerified, readLog } from '../support/store-inspection.js'

const rowCount = 2_000
/** Every so manieth row has no address, and as many others speak of the flag. */
const badEvery = 100
const good = rowCount - rowCount / badEvery

const address = (row: number): string => `p${row}@example.org`

for (const engine of ['sqlite', 'mysql'] satisfies Engine[]) {
  t.test(`an import goes on after a crash, and no row counts twice (${engine})`, async t => {
    if (engine === 'mysql' && !requires(t, 'mysql')) return
    const { url: databaseUrl } = await withDatabase(t, engine)
    const first = await startServerChild(t, { databaseUrl })
    await post(first, anImport({ header: 'Email Address,City,Unsubscribed', rows: rows(), timestamp: now() }))
    await eventually(async () => Number((await status(first)).rowsImported) > 0, { withinMs: 10_000, everyMs: 2 })
    await first.kill()

    const done = await importedRows(databaseUrl)
    t.ok(done > 0 && done < good, `the kill came in the middle: ${done} of ${good} rows were imported`)
    const second = await startServerChild(t, { databaseUrl })
    // Several processes may want to go on; an embedded store has one.
    if (engine !== 'sqlite') await startServerChild(t, { databaseUrl })
    await second.client().syncLead({ email: address(1), attributes: { City: 'Newest' } })
    await isComplete(second)

    t.match(await status(second), {
      ...{ estimatedRows: `${rowCount}`, rowsImported: `${good}`, rowsFailed: `${rowCount - good}`, rowsIgnored: '0' },
      importSummary: new RegExp(`${rowCount / badEvery} rows say something about Unsubscribed`),
    })
    t.equal(await importedRows(databaseUrl), good, 'each row is one command of the log')
    t.equal(
      (await second.client().getLead('EMAIL', address(1)))[0]?.attributes.City,
      'Newest',
      'what came later stands',
    )
    await allAreMembers(t, databaseUrl)
    t.same(second.errors(), [])
    await isVerified(t, databaseUrl, 'after all')
  })
}

function rows(): string[] {
  return Array.from({ length: rowCount }, (_, index) => {
    const row = index + 1
    if (row % badEvery === 0) return `no address,City ${row},`
    return `${address(row)},City ${row},${row % badEvery === 1 ? '1' : ''}`
  })
}

const now = (): string => new Date().toISOString()

async function post(server: ServerChild, message: string): Promise<Tree> {
  const reply = await fetch(`${server.url}/soap/mktows/3_1`, { method: 'POST', body: message })
  return resultOf(readReply({ body: await reply.text(), status: 200 }))
}

const status = (server: ServerChild): Promise<Tree> =>
  post(server, anImportStatus('Fair', 'Visitors', { timestamp: now() }))

async function isComplete(server: ServerChild): Promise<void> {
  const isOver = async () => String((await status(server)).status) === 'COMPLETE'
  await eventually(isOver, { withinMs: 30_000, everyMs: 100, what: 'the end of the import' })
}

/** How often the log says that a row was saved. */
async function importedRows(databaseUrl: string): Promise<number> {
  const log = await readLog(databaseUrl)
  return log.filter(({ detail }) => detail.command.type === 'save-person' && detail.cause.reason === 'List import')
    .length
}

async function allAreMembers(t: Test, databaseUrl: string): Promise<void> {
  await inStore(databaseUrl, async store => {
    const list = await store.listByName('Fair.Visitors')
    const members = await store.membersOf(list!.id, { after: 0, limit: rowCount })
    t.equal(members.length, good)
    const told = await store.activitiesOf(members[0]!, { after: 0, limit: 10 })
    t.equal(told.filter(({ kind }) => kind === 'list-joined').length, 1, 'nobody joined twice')
  })
}
