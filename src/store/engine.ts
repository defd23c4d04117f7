// What differs between engines, all in one place: how a database is reached, how a session is set up, and the few
// statements for which the query builder has no common word.

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import knex, { type Knex } from 'knex'
import { type MysqlPlace, readDatabaseUrl } from './database-url.js'
import { LibsqlClient } from './libsql-dialect.js'
import { mysqlClient, type SessionLimits } from './mysql-dialect.js'
import { createHosts } from './mysql-hosts.js'

export type EngineName = 'sqlite' | 'mysql'

export interface Engine {
  readonly name: EngineName
  /** Batches and everything else that writes. */
  readonly writer: Knex
  /** Everything that only reads, so that a reader never waits for a batch. */
  readonly reader: Knex
  /** What takes its time: migrations, and snapshots of everything. */
  readonly patient: Knex
  /** Also told of statements that do not go through knex. */
  readonly onStatement?: OnStatement | undefined
  readonly slow?: SlowStatements | undefined
  close(): Promise<void>
}

/** Told of each statement as it is sent, BEGIN and COMMIT included; bindings hold addresses, so log none of them.
 * `goesOn`: the next one goes in the same packet. */
export type OnStatement = (sql: string, bindings: readonly unknown[], goesOn?: boolean) => void

/** Told of each statement that took as long or longer, with its text and without its values. */
export interface SlowStatements {
  readonly ms: number
  tell(sql: string, ms: number): void
}

// Enough for reads beside the one writer; a server has few connections to give away.
const mysqlReadersMax = 8
// Two batches, and everything else that writes.
const mysqlWritersMax = 3
const acquireTimeoutMs = 8_000
// libsql waits for another process's lock without giving the event loop back, so not for long.
const sqliteBusyMs = 250
// In a cluster: so often a connection is made anew, which is how everybody comes back to the first of its hosts.
const clusterConnectionMs = 60_000

export interface EngineOptions {
  readonly onStatement?: OnStatement
  readonly slow?: SlowStatements
  /** The longest that a connection or a statement may take, migrations and the like not counted. */
  readonly statementMs?: number
}

export const defaultStatementMs = 10_000

/** `sqlite:///absolute/file`, `sqlite:relative/file` or `mysql://user:password@host:port,host:port/database`. */
export function openEngine(databaseUrl: string, options: EngineOptions = {}): Engine {
  const { onStatement, slow, statementMs = defaultStatementMs } = options
  const place = readDatabaseUrl(databaseUrl)
  const opened = place.type === 'sqlite' ? openSqlite(place.filename) : openMysql(place, statementMs)
  if (onStatement !== undefined) {
    for (const knex of new Set([opened.writer, opened.reader, opened.patient]))
      knex.on('query', ({ sql, bindings }: Knex.Sql) => onStatement(sql, bindings ?? []))
  }
  if (slow !== undefined) for (const knex of new Set([opened.writer, opened.reader])) timeStatements(knex, slow)
  return { ...opened, onStatement, slow }
}

type SentByKnex = Knex.Sql & { readonly __knexQueryUid: string }

function timeStatements(knex: Knex, { ms: slowMs, tell }: SlowStatements): void {
  const sentAt = new Map<string, number>()
  const ended = ({ sql, __knexQueryUid: uid }: SentByKnex): void => {
    const ms = performance.now() - (sentAt.get(uid) ?? Number.POSITIVE_INFINITY)
    sentAt.delete(uid)
    if (ms >= slowMs) tell(sql, ms)
  }
  knex.on('query', ({ __knexQueryUid: uid }: SentByKnex) => sentAt.set(uid, performance.now()))
  knex.on('query-response', (_, sent: SentByKnex) => ended(sent))
  knex.on('query-error', (_, sent: SentByKnex) => ended(sent))
}

function openSqlite(filename: string): Engine {
  mkdirSync(dirname(filename), { recursive: true })
  const open = (pool: Knex.PoolConfig): Knex =>
    knex({
      client: LibsqlClient,
      connection: { filename },
      useNullAsDefault: true,
      log: silent,
      acquireConnectionTimeout: acquireTimeoutMs,
      pool: { ...pool, afterCreate: setUpSqlite },
    })
  const writer = open({ min: 1, max: 1 })
  const opened = engine('sqlite', { writer, reader: open({ min: 0, max: 2 }), patient: writer })
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

function openMysql(place: MysqlPlace, statementMs: number): Engine {
  const hosts = createHosts(place.hosts)
  const open = (max: number, limits: SessionLimits): Knex =>
    knex({
      client: mysqlClient(place, hosts, limits),
      // knex makes no pool without it; the connections come from the client.
      connection: {},
      log: silent,
      acquireConnectionTimeout: Math.max(acquireTimeoutMs, statementMs),
      pool: {
        min: 0,
        max,
        createTimeoutMillis: 2 * statementMs,
        // Well before the server ends the session.
        idleTimeoutMillis: statementMs,
        reapIntervalMillis: Math.min(1_000, statementMs / 4),
        ...(place.hosts.length > 1 ? { maxConnectionLifetimeMillis: clusterConnectionMs } : {}),
      },
    })
  const writer = open(mysqlWritersMax, { statementMs, takesSeveral: true })
  return engine('mysql', { writer, reader: open(mysqlReadersMax, { statementMs }), patient: open(2, longWork) })
}

const longWork: SessionLimits = { statementMs: null }

function engine(name: EngineName, opened: Pick<Engine, 'writer' | 'reader' | 'patient'>): Engine {
  const all = new Set([opened.writer, opened.reader, opened.patient])
  return { name, ...opened, close: async () => void (await Promise.all([...all].map(knex => knex.destroy()))) }
}

interface SqliteConnection {
  exec(sql: string): unknown
}

function setUpSqlite(connection: SqliteConnection, done: (cause: unknown, connection: unknown) => void): void {
  try {
    // FULL: a commit is on disk before it is answered, also in WAL mode.
    for (const pragma of [`busy_timeout = ${sqliteBusyMs}`, 'journal_mode = WAL', 'synchronous = FULL']) {
      connection.exec(`PRAGMA ${pragma}`)
    }
    done(null, connection)
  } catch (cause) {
    done(cause, connection)
  }
}

/** Rows that are there already stay as they are, and are locked either way (durable-unsubscribe 6.2: insert first). */
export function insertIfAbsent(
  engineName: EngineName,
  insert: Knex.QueryBuilder,
  key: string | readonly string[],
): Knex.QueryBuilder {
  const columns = typeof key === 'string' ? [key] : [...key]
  const conflict = insert.onConflict(columns)
  // INSERT IGNORE would take a shared lock only, and two batches that hold it both wait for the other for ever.
  return engineName === 'sqlite' ? conflict.ignore() : conflict.merge(columns)
}

/**
 * How the rows of many keys are read, in no order: all keys are one value, a JSON array, so that the text is one
 * whatever their number. A list of a thousand placeholders would be parsed, planned and quoted anew each time.
 */
export function selectByKeys(
  engineName: EngineName,
  { table, key, columns }: { readonly table: string; readonly key: string; readonly columns: readonly string[] },
): string {
  const wanted = columns.map(column => `found.${column}`).join(', ')
  if (engineName === 'sqlite')
    return `SELECT ${wanted} FROM json_each(?) AS given JOIN ${table} AS found ON found.${key} = given.value`
  // STRAIGHT_JOIN: the server does not know how few the keys are, and might walk the table instead.
  const given = "JSON_TABLE(?, '$[*]' COLUMNS (k varchar(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$'))"
  return `SELECT ${wanted} FROM ${given} AS given STRAIGHT_JOIN ${table} AS found ON found.${key} = given.k`
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

/**
 * A copy of an embedded store as it is at this moment, in an empty file. Neither readers nor writers wait for it.
 * False on a database server, which has tools of its own.
 */
export async function copyEmbedded({ name, reader }: Engine, file: string): Promise<boolean> {
  if (name !== 'sqlite') return false
  await reader.raw('VACUUM INTO ?', [file])
  return true
}

/** A condition on a column of text: it has this part somewhere, byte by byte. Both engines have the function. */
export function textHolds(knex: Knex, column: string, part: string): Knex.Raw {
  return knex.raw('instr(??, ?) > 0', [column, part])
}

/** The same for a part in small letters, where the text may have capital ones. */
export function textHoldsFolded(knex: Knex, column: string, part: string): Knex.Raw {
  return knex.raw('instr(lower(??), ?) > 0', [column, part])
}
