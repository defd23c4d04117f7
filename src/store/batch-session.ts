// One transaction of the write path, spoken without the query builder: to build each statement anew would take longer
// than the database takes to carry it out. Knows transactions and forms of statements; must not know what tables mean.

import type { Knex } from 'knex'
import {
  type Driver,
  mysqlDriver,
  type Row,
  type Statement,
  sqliteDriver,
  type Value,
  type Values,
} from './batch-drivers.js'
import type { Engine, SlowStatements } from './engine.js'
import { isOneOfSeveralWriters } from './mysql-dialect.js'

/**
 * What nobody waits for the answer of is held back, and goes to the server in one packet with the next select: each
 * round trip saved is waited for by everybody who holds or wants the same locks. The server stops at a statement that
 * fails, so nothing of a packet is carried out behind it; that is why several are never just sent one after the other.
 */
export interface BatchSession {
  /** A `?` stands for one value, or for the values of an array, separated by commas. */
  rows<Found>(sql: string, values: Values): Promise<readonly Found[]>
  /** The rows of several selects, carried out in their order. */
  rowsOfEach(statements: readonly Statement[]): Promise<readonly (readonly unknown[])[]>
  run(sql: string, values: Values): Promise<void>
  insert(table: string, rows: readonly Row[]): Promise<void>
  /** Rows whose key is there already are overwritten in all columns. */
  upsert(table: string, key: readonly string[], rows: readonly Row[]): Promise<void>
  /** Rows whose key is there already stay as they are, and are locked either way. */
  insertIfAbsent(table: string, key: string, rows: readonly Row[]): Promise<void>
  /** Resolves once everything was carried out that was held back. */
  settle(): Promise<void>
  /** How a select ends that locks what it finds. */
  readonly forUpdate: string
  /** Whether other nodes of a cluster take writes too, which know nothing of the locks taken here. */
  readonly isOneOfSeveralWriters: boolean
  /** The query builder in the same transaction, for what few batches need. */
  readonly table: (name: string) => Knex.QueryBuilder
}

/** Runs the work in one transaction. `onCommit` is called once all is done but the commit itself. */
export async function inBatchSession<T>(
  engine: Engine,
  work: (session: BatchSession) => Promise<T>,
  onCommit: () => void,
): Promise<T> {
  // knex types its client as anything at all; this is what all of its dialects have.
  const pool: ConnectionPool = engine.writer.client
  const connection = await pool.acquireConnection()
  const bare = (engine.name === 'sqlite' ? sqliteDriver : mysqlDriver)(connection, engine.onStatement)
  const driver = engine.slow === undefined ? bare : timed(bare, engine.slow)
  try {
    const session = createSession(engine, driver, connection)
    await session.run(driver.begin, [])
    const result = await work(session)
    // Alone, so that whatever else fails is known to have changed nothing.
    await session.settle()
    onCommit()
    await session.run('COMMIT', [])
    await session.settle()
    return result
  } catch (cause) {
    await rollBack(driver, connection)
    throw cause
  } finally {
    await pool.releaseConnection(connection)
  }
}

/** The rows of one select outside of batches, in a transaction where `knex` is one; for reads that calls wait for. */
export function selectRows<Found>(knex: Knex, sql: string, values: Values): Promise<readonly Found[]> {
  return onConnection(knex, async driver => (await driver.send([{ sql, values }]))[0]!)
}

/** The same for a text that never changes, with a value for each `?`: the server parses and plans it only once. */
export function selectPrepared<Found>(knex: Knex, sql: string, values: readonly Value[]): Promise<readonly Found[]> {
  return onConnection(knex, driver => driver.sendPrepared(sql, values))
}

/**
 * A text with a placeholder for each of a list, and its values. The list is filled up to a power of two by its last
 * value, so that few texts serve all lengths, and each is prepared a few times and not for every length.
 */
export function listText<Item extends Value>(
  list: readonly Item[],
  text: (placeholders: string) => string,
): [sql: string, values: readonly Item[]] {
  const length = 2 ** Math.ceil(Math.log2(list.length))
  const values = Array.from({ length }, (_, index) => list[Math.min(index, list.length - 1)]!)
  return [text(Array(length).fill('?').join()), values]
}

async function onConnection<Found>(
  knex: Knex,
  ask: (driver: Driver) => Promise<readonly unknown[]>,
): Promise<readonly Found[]> {
  const pool: ConnectionPool & { readonly driverName: string } = knex.client
  const connection = await pool.acquireConnection()
  // Whoever listens to knex hears of these as of its own.
  const sent = { sql: '', bindings: [] as readonly unknown[], __knexQueryUid: `direct-${++directCount}` }
  const tell = (sql: string, bindings: readonly unknown[]): void =>
    void knex.emit('query', Object.assign(sent, { sql, bindings }))
  try {
    const rows = await ask((pool.driverName === 'mysql2' ? mysqlDriver : sqliteDriver)(connection, tell))
    knex.emit('query-response', rows, sent)
    return rows as readonly Found[]
  } catch (cause) {
    knex.emit('query-error', cause, sent)
    throw cause
  } finally {
    await pool.releaseConnection(connection)
  }
}

// Tells statements apart that are on their way at the same time.
let directCount = 0

function timed(driver: Driver, { ms: slowMs, tell }: SlowStatements): Driver {
  return {
    ...driver,
    async send(statements) {
      const sentAt = performance.now()
      try {
        return await driver.send(statements)
      } finally {
        const ms = performance.now() - sentAt
        if (ms >= slowMs) tell(statements.map(({ sql }) => sql).join('; '), ms)
      }
    },
  }
}

interface ConnectionPool {
  acquireConnection(): Promise<object>
  releaseConnection(connection: object): Promise<void>
}

async function rollBack(driver: Driver, connection: object): Promise<void> {
  try {
    await driver.rollBack()
  } catch (cause) {
    // Nobody gets a connection again that may still be in a transaction: by this mark knex's pool drops it.
    Object.assign(connection, { __knex__disposed: cause })
  }
}

// Together with the longest statement, a packet stays under what the server takes as one.
const heldCharactersMax = 1_000_000

function createSession({ writer }: Engine, driver: Driver, connection: object): BatchSession {
  let held: Statement[] = []
  let heldCharacters = 0
  const sendWith = async (statements: readonly Statement[]): Promise<readonly (readonly unknown[])[]> => {
    const before = held
    held = []
    heldCharacters = 0
    const found = await driver.send([...before, ...statements])
    return found.slice(before.length)
  }
  const settle = async (): Promise<void> => {
    if (held.length > 0) await sendWith([])
  }
  const run = async (sql: string, values: Values, characters = 0): Promise<void> => {
    held.push({ sql, values })
    heldCharacters += characters
    if (!driver.sendsTogether || heldCharacters > heldCharactersMax) await settle()
  }
  const insert = async (table: string, rows: readonly Row[], ending: (columns: string[]) => string): Promise<void> => {
    const [first] = rows
    if (first === undefined) return
    const columns = Object.keys(first)
    const sql = `insert into ${name(table)} (${columns.map(name).join(', ')}) values ?${ending(columns)}`
    const all = rows.map(row => Object.values(row))
    for (const chunk of driver.chunksOf(all)) await run(sql, [chunk.rows], chunk.characters)
  }
  return {
    rows: async <Found>(sql: string, values: Values) => (await sendWith([{ sql, values }]))[0] as readonly Found[],
    rowsOfEach: sendWith,
    run,
    insert: (table, rows) => insert(table, rows, () => ''),
    upsert: (table, key, rows) => insert(table, rows, columns => driver.overwriting(key, columns)),
    insertIfAbsent: (table, key, rows) => insert(table, rows, () => driver.keeping(key)),
    settle,
    forUpdate: driver.forUpdate,
    isOneOfSeveralWriters: isOneOfSeveralWriters(connection),
    table: tableName => behind(settle, writer(tableName).connection(connection)),
  }
}

/** The query of a builder runs when somebody asks for its outcome; then, not before, comes first what was held back. */
function behind(settle: () => Promise<void>, builder: Knex.QueryBuilder): Knex.QueryBuilder {
  const run = builder.then.bind(builder) as () => Promise<unknown>
  const then: Promise<unknown>['then'] = (found, failed) =>
    settle()
      .then(() => run())
      .then(found, failed)
  return Object.assign(builder, { then })
}

/** Quoted: MySQL has reserved words among the names of our columns. All engines take this quote. */
const name = (bare: string): string => `\`${bare}\``
