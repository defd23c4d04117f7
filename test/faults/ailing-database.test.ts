// A database that answers and cannot: locks that others hold, a disk that is full, a server that may only be read, one
// row that nobody can write. Commands wait or are to be tried again; what was not acknowledged is not half there.

import { setTimeout as delay } from 'node:timers/promises'
import Database from 'libsql'
import { type Connection, createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { StoreUnavailable } from '../../src/service/ports.js'
import type { Answer } from '../../src/service/writes/submission.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aSave, aSubmission, aSubscription } from '../support/builders.js'
import { type FreshDatabase, onEachEngine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { aGroupCommit } from '../support/group-commits.js'
import { type DatabaseServer, findMysql9Program, startServer } from '../support/mariadb-server.js'
import { requires } from '../support/requirements.js'

const within = { withinMs: 60_000, what: 'what was waited for' }
const suppress = (address: string) => aSubmission({ command: aSubscription('unsubscribed', address) })
const many = (count: number) => Array.from({ length: count }, (_, index) => suppress(`p${index}@example.org`))
/** The shortest wait for a lock that InnoDB knows is a second, and half of it our statements get. */
const limits = { statementMs: 2_000 }

t.setTimeout(300_000)

const isCarriedOut = (answer: Answer | Error | undefined): boolean =>
  answer !== undefined && !(answer instanceof Error) && answer.type === 'carried-out'

const dataFile = (megabytesMax: number): string => `--innodb-data-file-path=ibdata1:12M:autoextend:max:${megabytesMax}M`

onEachEngine(
  t,
  'one row that cannot be written fails alone, the other 255 of its batch commit',
  async (t, database) => {
    const store = await openMigrated(t, database.url)
    const foreign = await openForeign(t, database)
    await foreign.run(poisonTrigger(database.engine))
    const { writes, reported } = aGroupCommit(store, { batchMax: 256 })

    const answers = await writes.submitAll(many(256))

    t.ok(answers[100] instanceof Error && !(answers[100] instanceof StoreUnavailable), 'the guilty one has failed')
    t.equal(answers.filter(isCarriedOut).length, 255)
    t.equal(reported.defects.length, 1)
    t.equal((await store.head()).seq, 255)
  },
)

onEachEngine(t, 'a lock that others hold for longer than we wait costs time, and no command', async (t, database) => {
  const store = await openMigrated(t, database.url)
  const { writes, reported } = aGroupCommit(store)
  await writes.submitAll(many(1))
  const foreign = await openForeign(t, database)
  await foreign.begin()
  await foreign.run('update log_head set seq = seq')

  const answer = writes.submit(suppress('ada@example.org'))
  await eventually(() => reported.retries.length > 0, within)
  await foreign.run('ROLLBACK')

  t.ok(isCarriedOut(await answer))
  t.ok(reported.retries.every(cause => cause instanceof StoreUnavailable))
  t.equal((await store.head()).seq, 2)
})

onEachEngine(t, 'a deadlock with somebody else is survived, whoever of the two is its victim', async (t, database) => {
  if (database.engine === 'sqlite') return t.pass('one lock for all cannot make a deadlock')
  const store = await openMigrated(t, database.url)
  const { writes } = aGroupCommit(store)
  await writes.submitAll([suppress('a@example.org'), suppress('z@example.org')])
  for (let round = 0; round < 5; round++) {
    const foreign = await openForeign(t, database)
    const touch = (address: string): Promise<void> =>
      foreign.run(`update email_status set people = people where address_key = '${address}'`)
    await foreign.begin()
    await touch('z@example.org')

    // Ours takes a and waits for z.
    const answers = writes.submitAll([
      aSubmission({ command: aSave({ address: 'a@example.org', fields: { City: `${round}` } }) }),
      aSubmission({ command: aSave({ address: 'z@example.org', fields: { City: `${round}` } }) }),
    ])
    await eventually(async () => (await foreign.waiters()) > 0, within)
    await touch('a@example.org').catch(() => {})
    await foreign.run('ROLLBACK')

    t.ok((await answers).every(isCarriedOut), `round ${round}`)
  }
})

const privateServers = [
  { name: 'MariaDB', requirement: 'mariadbd', program: null, readOnly: 'read_only' },
  { name: 'MySQL 9', requirement: 'mysql9-program', program: findMysql9Program(), readOnly: 'super_read_only' },
] as const

for (const { name, requirement, program, readOnly } of privateServers)
  t.test(`a full disk and a read-only server are told of as passing, and over when they are (${name})`, async t => {
    if (!requires(t, requirement)) return
    // All tables share one file that cannot grow past its bound.
    const settings = ['--innodb-file-per-table=0', dataFile(40)]
    const server = await startServer({ settings, program })
    t.teardown(() => server.stop())
    const url = await plainUser(server)
    const root = await createConnection(`${server.url}/durable`)
    t.teardown(() => root.destroy())
    // It is killed with the server.
    root.on('error', () => {})
    const store = await openMigrated(t, url)
    const { writes } = aGroupCommit(store, { patienceMs: 1_500 })
    t.ok(isCarriedOut(await writes.submit(suppress('before@example.org'))))

    await root.query(`set global ${readOnly} = 1`)
    await isRefusedAsPassing(t, () => writes.submit(suppress('read-only@example.org')), 'read-only')
    // MySQL's stronger one brings the other along, and leaves it behind.
    await root.query(`set global ${readOnly} = 0`)
    await root.query('set global read_only = 0')
    t.ok(isCarriedOut(await untilTaken(() => writes.submit(suppress('written@example.org')))))

    await root.query('create table filler (id int auto_increment primary key, text longtext)')
    const fill = (): Promise<unknown> => root.query("insert into filler (text) values (repeat('x', 200000))")
    // InnoDB ends itself where even to roll back needs room; to callers that is no other thing than a full disk.
    await t.rejects(endlessly(fill), /is full|connection/i, 'the file is full')
    await isRefusedAsPassing(t, () => fillUp(writes, 300), 'full')
    settings[1] = dataFile(400)
    await server.kill()
    await server.start()
    t.ok(isCarriedOut(await untilTaken(() => writes.submit(suppress('after@example.org')))))
    t.same(await gaps(store), [], 'the log has no gap')
  })

t.test('a full disk and a read-only file are told of as passing, and over when they are (SQLite)', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  // Bounds of a connection, so they are set on each that the store opens.
  const opened = watchSqlite(t)
  const pragma = (text: string): void => {
    for (const connection of opened) connection.exec(`PRAGMA ${text}`)
  }
  const store = await openMigrated(t, url)
  const { writes } = aGroupCommit(store, { patienceMs: 500 })
  t.ok(isCarriedOut(await writes.submit(suppress('before@example.org'))))

  pragma('query_only = 1')
  await isRefusedAsPassing(t, () => writes.submit(suppress('read-only@example.org')), 'read-only')
  pragma('query_only = 0')
  t.ok(isCarriedOut(await untilTaken(() => writes.submit(suppress('written@example.org')))))

  pragma('max_page_count = 1')
  await isRefusedAsPassing(t, () => fillUp(writes, 300), 'full')
  pragma('max_page_count = 1000000')
  t.ok(isCarriedOut(await untilTaken(() => writes.submit(suppress('after@example.org')))))
  t.same(await gaps(store), [], 'the log has no gap')
})

async function openMigrated(t: Test, url: string): Promise<Store> {
  const store = openStore(url, limits)
  t.teardown(() => store.close())
  await store.migrate()
  return store
}

/** Somebody else in the same database. */
interface Foreign {
  begin(): Promise<void>
  run(sql: string): Promise<void>
  /** How many transactions wait for a lock. */
  waiters(): Promise<number>
}

async function openForeign(t: Test, { engine, url }: FreshDatabase): Promise<Foreign> {
  if (engine === 'sqlite') {
    const connection = new Database(url.replace('sqlite://', ''))
    t.teardown(() => connection.close())
    const run = async (sql: string): Promise<void> => void connection.exec(sql)
    return { begin: () => run('BEGIN IMMEDIATE'), run, waiters: async () => 0 }
  }
  const connection: Connection = await createConnection(url)
  t.teardown(() => connection.destroy())
  const watch: Connection = await createConnection(url)
  t.teardown(() => watch.destroy())
  return {
    begin: async () => void (await connection.query('BEGIN')),
    run: async sql => void (await connection.query(sql)),
    async waiters() {
      // InnoDB shows this table from a copy, which it makes anew only when nobody has read it for a tenth of a second.
      await delay(150)
      const [rows] = await watch.query("select 1 from information_schema.innodb_trx where trx_state = 'LOCK WAIT'")
      return (rows as unknown[]).length
    },
  }
}

function poisonTrigger(engine: FreshDatabase['engine']): string {
  const guilty = "new.address_key = 'p100@example.org'"
  return engine === 'sqlite'
    ? `create trigger poison before insert on email_status when ${guilty} begin select raise(abort, 'poison'); end`
    : `create trigger poison before insert on email_status for each row begin if ${guilty} then
         signal sqlstate '45000' set message_text = 'poison'; end if; end`
}

/** A user who may do everything in one database and nothing to the server, as read_only does not bind the others. */
async function plainUser(server: DatabaseServer): Promise<string> {
  const root = await createConnection(server.url)
  await root.query('create database durable')
  await root.query("create user plain@'127.0.0.1' identified by 'plain'")
  await root.query("grant all on durable.* to plain@'127.0.0.1'")
  await root.end()
  return `${server.url.replace('app:app', 'plain:plain')}/durable`
}

async function isRefusedAsPassing(t: Test, submit: () => Promise<unknown>, what: string): Promise<void> {
  await t.rejects(submit(), { message: 'the store did not answer in time' }, `${what}: try again`)
}

async function untilTaken(submit: () => Promise<Answer>): Promise<Answer> {
  return eventually(submit, within)
}

/** Long values until nothing more fits. Rejects with what the first one was told that could not be written. */
async function fillUp(writes: ReturnType<typeof aGroupCommit>['writes'], times: number): Promise<void> {
  for (let index = 0; index < times; index++) {
    const command = aSave({ address: `big-${index}@example.org`, fields: { Notes: 'x'.repeat(60_000) } })
    await writes.submit(aSubmission({ command }))
  }
}

async function endlessly(work: () => Promise<unknown>): Promise<never> {
  for (;;) await work()
}

async function gaps(store: Store): Promise<number[]> {
  const log = await store.log({ after: 0, limit: 10_000 })
  return log.map(({ seq }) => seq).filter((seq, index) => seq !== index + 1)
}

interface SqliteConnection {
  exec(sql: string): void
}

/** Every connection to SQLite that is opened from now on, in this process. */
function watchSqlite(t: Test): Set<SqliteConnection> {
  const opened = new Set<SqliteConnection>()
  const { exec } = Database.prototype
  Database.prototype.exec = function (this: SqliteConnection & typeof Database.prototype, sql: string) {
    opened.add(this)
    return exec.call(this, sql)
  }
  t.teardown(() => {
    Database.prototype.exec = exec
  })
  return opened
}
