// knex's dialect for mysql2, with an end to every wait: for a connection, for its set-up, for a statement, and for
// those who queue for one. A server that went away without a word would otherwise hold its callers for as long as TCP
// hopes, which is a quarter of an hour. Knows connections; must not know our statements.

import { setTimeout as delay } from 'node:timers/promises'
import type { Knex } from 'knex'
import Mysql2Client from 'knex/lib/dialects/mysql2/index.js'
import { type Connection, createConnection, format } from 'mysql2'
import { StoreUnavailable } from '../service/ports.js'
import type { Host, MysqlPlace } from './database-url.js'
import type { Hosts } from './mysql-hosts.js'
import { isOfNoUse } from './passing-errors.js'

export interface SessionLimits {
  /** The longest that a connection or a statement may take; null where the work is known to be long. */
  readonly statementMs: number | null
  /** Whether a packet may hold several statements, where server and proxies take that. For batches alone, whose values
   * are all bound: anywhere else it would be a gift to whoever finds a way to slip in a semicolon. */
  readonly takesSeveral?: boolean
}

/** What we note on a connection. knex reads `__knex__disposed`: such a connection is not used again. */
interface Noted {
  __knex__disposed?: unknown
  openedAt?: number
  host?: Host
  isOneOfSeveralWriters?: boolean
  takesSeveral?: boolean
}

/** Whether other servers take writes as well, which do not see the locks that are taken on this connection. */
export const isOneOfSeveralWriters = (connection: object): boolean =>
  (connection as Noted).isOneOfSeveralWriters === true

type Opened = Connection &
  Noted & { readonly stream: { destroy(): void }; readonly _handshakePacket?: { readonly serverVersion: string } }

// More than these would wait longer than their patience for one of the few connections.
const waitersMax = 2_000
// Long work (migrations, verify) thinks between its statements.
const longIdleSeconds = 600
// A lock that is held longer than this is not going to be free soon: give up and retry the batch as a whole.
const lockWaitSecondsMax = 5
// Longer than it takes a server on the way down to take its leave.
const farewellMs = 500
// TCP's own search for a peer that is gone, for those who have no deadline.
const keepAliveMs = 10_000

export function mysqlClient(place: MysqlPlace, hosts: Hosts, limits: SessionLimits): typeof Knex.Client {
  // When one connection hangs, all that are as old are likely to: they are not tried one by one.
  let distrustedBefore = 0

  return class extends Mysql2Client {
    override acquireRawConnection(): Promise<Opened> {
      return hosts.connect(host => connect(place, host, limits, noteTrouble))
    }

    override async acquireConnection(): Promise<unknown> {
      if (waitersOf(this.pool) >= waitersMax) {
        throw new StoreUnavailable(`more than ${waitersMax} wait for a connection to the database`)
      }
      return super.acquireConnection()
    }

    override async validateConnection(connection: Opened): Promise<boolean> {
      return (await super.validateConnection(connection)) && (connection.openedAt ?? 0) >= distrustedBefore
    }

    override async destroyRawConnection(connection: Opened): Promise<void> {
      if (connection.__knex__disposed === undefined && (await super.validateConnection(connection))) {
        await Promise.race([new Promise(resolve => connection.end(resolve)), delay(farewellMs, null, { ref: false })])
      }
      connection.stream.destroy()
    }
  }

  function noteTrouble(connection: Opened, cause: unknown): void {
    if (cause instanceof DeadlineError) distrustedBefore = performance.now()
    if (!isOfNoUse(cause)) return
    connection.__knex__disposed = cause
    if (connection.host !== undefined) hosts.failed(connection.host)
  }
}

// knex's type of a pool also fits pools of others, which count nobody.
function waitersOf(pool: object | undefined): number {
  return (pool as { numPendingAcquires?(): number } | undefined)?.numPendingAcquires?.() ?? 0
}

/** Named as the system names it when it gives up itself. */
class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
  readonly code = 'ETIMEDOUT'
}

type Done = (cause: Error | null, ...found: unknown[]) => void

// On the connection itself, since not every statement comes through knex. What the server makes of a statement that
// has no answer in time nobody will learn: the connection ends with it.
function limitStatements(connection: Opened, limitMs: number | null, onTrouble: (cause: unknown) => void): void {
  type Ask = (...given: unknown[]) => unknown // all its forms
  const inTime =
    (ask: Ask): Ask =>
    (...given) => {
      const done = given.pop() as Done // all that ask give one
      let timer: NodeJS.Timeout | undefined
      let isOver = false
      const end: Done = (cause, ...found) => {
        if (isOver) return
        isOver = true
        clearTimeout(timer)
        if (cause !== null) onTrouble(cause)
        done(cause, ...found)
      }
      if (limitMs !== null) {
        timer = setTimeout(() => {
          connection.stream.destroy()
          end(new DeadlineError(`the database did not answer within ${limitMs} ms`))
        }, limitMs)
      }
      return ask(...given, end)
    }
  const query = inTime(connection.query.bind(connection) as Ask)
  const execute = inTime(connection.execute.bind(connection) as Ask)
  Object.assign(connection, { query, execute })
}

async function connect(
  place: MysqlPlace,
  host: Host,
  { statementMs, takesSeveral = false }: SessionLimits,
  onTrouble: (connection: Opened, cause: unknown) => void,
): Promise<Opened> {
  const { user, password, database, tls } = place
  const opened: Opened = createConnection({
    ...host,
    user,
    password,
    database,
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    multipleStatements: takesSeveral,
    // Nothing is looked for in a text without values: those of batches are long, and have theirs in them.
    queryFormat: (sql: string, values: Parameters<typeof format>[1]) =>
      Array.isArray(values) && values.length === 0 ? sql : format(sql, values, false, 'Z'),
    enableKeepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
    ...(statementMs === null ? {} : { connectTimeout: statementMs }),
    ...(tls === 'off' ? {} : { ssl: { rejectUnauthorized: tls === 'verified' } }),
  }) as unknown as Opened // the driver does not tell of its socket
  opened.host = host
  opened.openedAt = performance.now()
  limitStatements(opened, statementMs, cause => onTrouble(opened, cause))
  opened.on('error', cause => {
    opened.__knex__disposed = cause
  })
  try {
    await new Promise<void>((resolve, reject) => opened.connect(cause => (cause === null ? resolve() : reject(cause))))
    await setUpSession(opened, place, { statementMs, takesSeveral })
    return opened
  } catch (cause) {
    opened.stream.destroy()
    throw cause
  }
}

const unknownVariable = 1193

// Few statements, since each is a round trip that a slow line makes long.
async function setUpSession(
  connection: Opened,
  place: MysqlPlace,
  { statementMs, takesSeveral }: SessionLimits,
): Promise<void> {
  const run = (sql: string): Promise<unknown> =>
    new Promise((resolve, reject) =>
      connection.query(sql, (cause, rows) => (cause === null ? resolve(rows) : reject(cause))),
    )
  // The rules lock what they read; what stands still must be seen as it is now, not as at the start of the batch.
  const isolation = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED'
  // A proxy that does not take two at once says so, or answers only the first.
  const takesTwo = (answer: unknown): boolean => Array.isArray(answer) && answer.length === 2
  connection.takesSeveral = takesSeveral === true && takesTwo(await run(`${isolation}; SELECT 1`).catch(() => null))
  if (!connection.takesSeveral) await run(isolation)
  const settings = sessionSettings(connection, statementMs)
  await run(`SET ${settings.join(', ')}`).catch(async cause => {
    if (!isUnknown(cause)) throw cause
    for (const setting of settings) await run(`SET ${setting}`).catch(unlessUnknown)
  })
  // Galera may hide behind one name; of any other cluster we know by its names alone.
  if (!isMariadb(connection) && place.hosts.length === 1) return
  const setting = settingsIn(await run(`SHOW GLOBAL VARIABLES WHERE Variable_name IN (${asked})`))
  if (place.hosts.length > 1 && !/^(?:OFF|0)$/.test(setting('read_only') ?? '')) throw readOnlyError()
  connection.isOneOfSeveralWriters =
    setting('wsrep_on') === 'ON' || setting('group_replication_single_primary_mode') === 'OFF'
  // There another node may end a transaction between any two statements, and what that looks like within a packet is
  // not what it looks like between two; the tests know the latter.
  if (connection.isOneOfSeveralWriters) connection.takesSeveral = false
}

const asked = "'read_only', 'wsrep_on', 'group_replication_single_primary_mode'"

function settingsIn(rows: unknown): (name: string) => string | undefined {
  const values = new Map(
    (rows as { Variable_name: string; Value: string }[]).map(row => [row.Variable_name, row.Value]),
  )
  return name => values.get(name)
}

function sessionSettings(connection: Opened, statementMs: number | null): string[] {
  const limits = statementMs === null ? [`wait_timeout = ${longIdleSeconds}`] : statementLimits(connection, statementMs)
  return [
    // Strict, so that nothing is ever cut to fit; without NO_BACKSLASH_ESCAPES, which the driver's quoting relies on.
    "sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO'",
    // Past 200 keys MySQL would guess instead of looking into the index, and lock far more than was asked for.
    'eq_range_index_dive_limit = 0',
    ...limits,
  ]
}

function statementLimits(connection: Opened, statementMs: number): string[] {
  const lockWaitSeconds = Math.max(1, Math.min(lockWaitSecondsMax, Math.floor(statementMs / 2_000)))
  // A process that vanished without a word leaves its transaction to the server, with all of its locks; this is how
  // long others wait for them. Our own pools let go of idle connections well before.
  const idleSeconds = Math.max(2, Math.ceil((2 * statementMs) / 1_000))
  const common = [`innodb_lock_wait_timeout = ${lockWaitSeconds}`, `wait_timeout = ${idleSeconds}`]
  // Whoever gave up a statement must not leave it running. Galera: a transaction begins when this node has seen what
  // was committed on any other, or a commit in doubt could be looked for in vain.
  return isMariadb(connection)
    ? [...common, `max_statement_time = ${statementMs / 1_000}`, 'wsrep_sync_wait = 1']
    : [...common, `max_execution_time = ${statementMs}`]
}

function isMariadb(connection: Opened): boolean {
  return /mariadb/i.test(connection._handshakePacket?.serverVersion ?? '')
}

const isUnknown = (cause: { readonly errno?: number }): boolean => cause.errno === unknownVariable

function unlessUnknown(cause: { readonly errno?: number }): void {
  if (!isUnknown(cause)) throw cause
}

// One server of several that only follows the one that is written to: reading there would show what was, not what is.
const readOnlyError = (): Error => Object.assign(new Error('this server of several is read-only'), { errno: readOnly })

const readOnly = 1290
