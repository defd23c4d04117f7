// What differs between engines, all in one place: how a database is reached, how a session is set up, and the few
// statements for which the query builder has no common word.

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import knex, { type Knex } from 'knex'
import { LibsqlClient } from './libsql-dialect.js'

export type EngineName = 'sqlite' | 'mysql'

export interface Engine {
  readonly name: EngineName
  /** Batches and everything else that writes. */
  readonly writer: Knex
  /** Everything that only reads, so that a reader never waits for a batch. */
  readonly reader: Knex
  /** Also told of statements that do not go through knex. */
  readonly onStatement?: OnStatement | undefined
  close(): Promise<void>
}

/** Told of each statement as it is sent, BEGIN and COMMIT included; bindings hold addresses, so log none of them. */
export type OnStatement = (sql: string, bindings: readonly unknown[]) => void

// Enough for reads beside the one writer; a server has few connections to give away.
const mysqlReadersMax = 8
// A lock that is held longer than this is not going to be free soon: give up and retry the batch as a whole.
const lockWaitSeconds = 5
const connectTimeoutMs = 5_000
const acquireTimeoutMs = 8_000
// libsql waits for another process's lock without giving the event loop back, so not for long.
const sqliteBusyMs = 250

/** `sqlite:///absolute/file`, `sqlite:relative/file` or `mysql://user:password@host:port/database`. */
export function openEngine(databaseUrl: string, onStatement?: OnStatement): Engine {
  const opened = openNamed(databaseUrl)
  if (onStatement !== undefined) {
    for (const knex of [opened.writer, opened.reader])
      knex.on('query', ({ sql, bindings }: Knex.Sql) => onStatement(sql, bindings ?? []))
  }
  return { ...opened, onStatement }
}

function openNamed(databaseUrl: string): Engine {
  if (databaseUrl.startsWith('sqlite:')) return openSqlite(databaseUrl)
  if (/^(?:mysql|mariadb):\/\//.test(databaseUrl)) return openMysql(new URL(databaseUrl))
  throw new Error(
    'DATABASE_URL: expected sqlite:FILE or mysql://USER:PASSWORD@HOST:PORT/DATABASE, got ' +
      `'${withoutPassword(databaseUrl)}'`,
  )
}

function openSqlite(databaseUrl: string): Engine {
  const filename = databaseUrl.replace(/^sqlite:(?:\/\/)?/, '')
  mkdirSync(dirname(filename), { recursive: true })
  const open = (pool: Knex.PoolConfig): Knex =>
    knex({
      client: LibsqlClient,
      connection: { filename },
      useNullAsDefault: true,
      log: silent,
      acquireConnectionTimeout: acquireTimeoutMs,
      pool: { ...pool, afterCreate: setUp(connection => setUpSqlite(connection as SqliteConnection)) },
    })
  const opened = engine('sqlite', open({ min: 1, max: 1 }), open({ min: 0, max: 2 }))
  return { ...opened, close: () => closeSqlite(opened) }
}

// After an orderly end the one file holds everything; whoever copies it then has all of it.
async function closeSqlite({ writer, reader }: Engine): Promise<void> {
  await reader.destroy()
  await writer.raw('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {})
  await writer.destroy()
}

// knex prints errors of its pool beside throwing them. They are thrown to where somebody can answer; that is enough.
const silent = { warn() {}, error() {}, deprecate() {}, debug() {} }

function openMysql(url: URL): Engine {
  const connection = {
    host: url.hostname,
    port: url.port === '' ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    connectTimeout: connectTimeoutMs,
    ...(url.searchParams.has('ssl') ? { ssl: { rejectUnauthorized: url.searchParams.get('ssl') !== 'insecure' } } : {}),
  }
  const open = (max: number): Knex =>
    knex({
      client: 'mysql2',
      log: silent,
      connection,
      acquireConnectionTimeout: acquireTimeoutMs,
      pool: { min: 0, max, afterCreate: setUp(opened => setUpMysql(opened as MysqlConnection)) },
    })
  return engine('mysql', open(2), open(mysqlReadersMax))
}

function engine(name: EngineName, writer: Knex, reader: Knex): Engine {
  return { name, writer, reader, close: async () => void (await Promise.all([writer.destroy(), reader.destroy()])) }
}

interface SqliteConnection {
  exec(sql: string): unknown
}

interface MysqlConnection {
  query(sql: string, done: (cause: (Error & { errno?: number }) | null) => void): void
}

type Done = (cause: unknown, connection: unknown) => void

function setUp(prepare: (connection: unknown) => Promise<void>): (connection: unknown, done: Done) => void {
  return (connection, done) => {
    prepare(connection).then(
      () => done(null, connection),
      (cause: unknown) => done(cause, connection),
    )
  }
}

async function setUpSqlite(connection: SqliteConnection): Promise<void> {
  // FULL: a commit is on disk before it is answered, also in WAL mode.
  for (const pragma of ['journal_mode = WAL', 'synchronous = FULL', `busy_timeout = ${sqliteBusyMs}`]) {
    connection.exec(`PRAGMA ${pragma}`)
  }
}

const unknownVariable = 1193

async function setUpMysql(connection: MysqlConnection): Promise<void> {
  const run = (sql: string): Promise<void> =>
    new Promise((resolve, reject) => connection.query(sql, cause => (cause === null ? resolve() : reject(cause))))
  // The rules lock what they read; what stands still must be seen as it is now, not as at the start of the batch.
  await run('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED')
  // Strict, so that nothing is ever cut to fit; without NO_BACKSLASH_ESCAPES, which the driver's quoting relies on.
  await run("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'")
  await run(`SET SESSION innodb_lock_wait_timeout = ${lockWaitSeconds}`)
  try {
    // Past 200 keys MySQL would guess instead of looking into the index, and lock far more than was asked for.
    await run('SET SESSION eq_range_index_dive_limit = 0')
  } catch (cause) {
    if ((cause as { errno?: number }).errno !== unknownVariable) throw cause
  }
}

/** Rows that are there already stay as they are, and are locked either way (durable-unsubscribe 6.2: insert first). */
export function insertIfAbsent(engineName: EngineName, insert: Knex.QueryBuilder, column: string): Knex.QueryBuilder {
  const conflict = insert.onConflict(column)
  // INSERT IGNORE would take a shared lock only, and two batches that hold it both wait for the other for ever.
  return engineName === 'sqlite' ? conflict.ignore() : conflict.merge([column])
}

/**
 * A read of the rows of many keys, in no order. Its text is one whatever the number of keys, which come as one JSON
 * array: a list of a thousand placeholders would be parsed, planned and quoted anew each time.
 */
export function rowsByKeys<Row>(
  engineName: EngineName,
  knex: Knex,
  { table, key, columns }: { readonly table: string; readonly key: string; readonly columns: readonly string[] },
): (keys: readonly string[]) => Promise<readonly Row[]> {
  const wanted = columns.map(column => `found.${column}`).join(', ')
  if (engineName === 'sqlite') {
    const sql = `SELECT ${wanted} FROM json_each(?) AS given JOIN ${table} AS found ON found.${key} = given.value`
    return async keys => (await knex.raw(sql, [JSON.stringify(keys)])) as Row[]
  }
  // STRAIGHT_JOIN: the server does not know how few the keys are, and might walk the table instead.
  const given = "JSON_TABLE(?, '$[*]' COLUMNS (k varchar(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$'))"
  const sql = `SELECT ${wanted} FROM ${given} AS given STRAIGHT_JOIN ${table} AS found ON found.${key} = given.k`
  return async keys => ((await knex.raw(sql, [JSON.stringify(keys)])) as [Row[]])[0]
}

/** Sentences about settings of the server with which a commit that was answered could still be lost. */
export async function durabilityProblems({ name, reader }: Engine): Promise<string[]> {
  if (name === 'sqlite') return []
  const [rows] = (await reader.raw(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('innodb_flush_log_at_trx_commit', 'sync_binlog', 'log_bin')",
  )) as [{ Variable_name: string; Value: string }[]]
  const setting = (variable: string): string | undefined => rows.find(row => row.Variable_name === variable)?.Value
  const problems: string[] = []
  const flush = setting('innodb_flush_log_at_trx_commit')
  if (flush !== undefined && flush !== '1') {
    problems.push(
      `innodb_flush_log_at_trx_commit is ${flush}: up to a second of answered commands is lost when ` +
        'the database crashes; set it to 1',
    )
  }
  const sync = setting('sync_binlog')
  if (setting('log_bin') === 'ON' && sync !== undefined && sync !== '1') {
    problems.push(
      `sync_binlog is ${sync}: after a crash of the machine the binary log can miss answered commands; set it to 1`,
    )
  }
  return problems
}

const withoutPassword = (url: string): string => url.replace(/:[^:@/]*@/, ':...@')
