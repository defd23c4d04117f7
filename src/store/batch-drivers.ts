// The two drivers as the write path and hot reads use them: how values get into a statement, how many rows go into one,
// and the few words that differ. Must not know any table.

import type { OnStatement } from './engine.js'
import { statementText } from './mysql-text.js'

export type Value = string | number | boolean | null
export type Values = readonly (Value | readonly Value[] | readonly (readonly Value[])[])[]
/** Its columns are its keys, in the same order in all rows of one statement. */
export type Row = object
/** A `?` in it takes a value, a list (`1, 2`) or rows (`(1, 2), (3, 4)`). */
export interface Statement {
  readonly sql: string
  readonly values: Values
}
/** Rows that go into one statement, and about how long they make it. */
export interface Chunk {
  readonly rows: readonly (readonly Value[])[]
  readonly characters: number
}

export interface Driver {
  readonly begin: string
  readonly forUpdate: string
  /** The end of an insert that overwrites what has the same key. */
  overwriting(key: readonly string[], columns: readonly string[]): string
  /** The end of an insert that leaves what has the same key, and locks it. */
  keeping(key: string): string
  /** As many rows at a time as one statement should have. */
  chunksOf(rows: readonly (readonly Value[])[]): Iterable<Chunk>
  /** Whether several statements are sent in one packet, so that it pays to hold back what nobody waits for. */
  readonly sendsTogether: boolean
  /** One after the other; none is carried out after one that fails. Gives the rows of each, none but for a select. */
  send(statements: readonly Statement[]): Promise<readonly (readonly unknown[])[]>
  /** For one select whose text never changes, a value for each `?`: the server keeps it, parsed and planned. */
  sendPrepared(sql: string, values: readonly Value[]): Promise<readonly unknown[]>
  rollBack(): Promise<void>
}

type MysqlSend = (
  statement: { readonly sql: string; readonly values?: Values },
  done: (cause: Error | null, found: unknown) => void,
) => void

interface MysqlConnection {
  /** Of a text that has its values in it. */
  readonly query: MysqlSend
  readonly execute: MysqlSend
  /** Found out when it was opened. */
  readonly takesSeveral?: boolean
}

// A statement must stay under what the server takes as one packet (16 MiB by default on MariaDB).
const rowsMax = 500
const statementCharactersMax = 4_000_000

export function mysqlDriver(given: object, onStatement?: OnStatement): Driver {
  const connection = given as MysqlConnection // what the pool of the mysql2 dialect holds
  const sendBy = (form: 'query' | 'execute', statement: Parameters<MysqlSend>[0]): Promise<readonly unknown[]> =>
    new Promise((resolve, reject) => {
      connection[form](statement, (cause, found) => {
        if (cause !== null) reject(cause)
        else resolve(found as readonly unknown[])
      })
    })
  return {
    begin: 'BEGIN',
    forUpdate: ' for update',
    overwriting: (_, columns) =>
      ` on duplicate key update ${columns.map(column => `\`${column}\` = values(\`${column}\`)`).join(', ')}`,
    // INSERT IGNORE would take a shared lock only, and two batches that hold it both wait for the other for ever.
    keeping: key => ` on duplicate key update \`${key}\` = values(\`${key}\`)`,
    *chunksOf(rows) {
      let from = 0
      let characters = 0
      for (let index = 0; index < rows.length; index++) {
        const size = charactersOf(rows[index]!)
        const isFull = index - from === rowsMax || characters + size > statementCharactersMax
        if (isFull && index > from) {
          yield { rows: rows.slice(from, index), characters }
          from = index
          characters = 0
        }
        characters += size
      }
      yield { rows: rows.slice(from), characters }
    },
    sendsTogether: connection.takesSeveral === true,
    async send(statements) {
      const found: (readonly unknown[])[] = []
      for (const packet of connection.takesSeveral ? [statements] : statements.map(each => [each])) {
        const sql = packet.map(each => statementText(each.sql, each.values)).join('; ')
        packet.forEach((each, index) => {
          onStatement?.(each.sql, each.values, index < packet.length - 1)
        })
        const results = await sendBy('query', { sql })
        if (packet.length === 1) found.push(results)
        else found.push(...(results as readonly (readonly unknown[])[]))
      }
      return found
    },
    sendPrepared(sql, values) {
      onStatement?.(sql, values)
      return sendBy('execute', { sql, values })
    },
    rollBack: async () => void (await sendBy('query', { sql: 'ROLLBACK' })),
  }
}

function charactersOf(row: readonly Value[]): number {
  let characters = 0
  for (const value of row) characters += typeof value === 'string' ? value.length : 8
  return characters
}

interface SqliteConnection {
  prepare(sql: string): SqliteStatement
  readonly inTransaction: boolean
}

interface SqliteStatement {
  readonly reader: boolean
  all(values: readonly unknown[]): readonly unknown[]
  run(values: readonly unknown[]): unknown
}

// Statements in-process cost no round trip, but preparing one costs more than running it. So rows go in powers of two,
// and lists are filled up to one by repeating their last value: then there are few texts, and each is prepared once.
const sqliteRowsMax = 64
const preparedMax = 500
const prepared = new WeakMap<object, Map<string, PreparedStatement>>()

interface PreparedStatement {
  readonly statement: SqliteStatement
  readonly isReader: boolean
}

export function sqliteDriver(given: object, onStatement?: OnStatement): Driver {
  const connection = given as SqliteConnection // what the pool of our libsql dialect holds
  const known = prepared.get(connection) ?? new Map<string, PreparedStatement>()
  prepared.set(connection, known)
  const prepare = (sql: string): PreparedStatement => {
    const found = known.get(sql)
    if (found !== undefined) return found
    const statement = connection.prepare(sql)
    const made = { statement, isReader: statement.reader }
    if (known.size >= preparedMax) known.clear()
    known.set(sql, made)
    return made
  }
  const sendOne = ({ sql, values }: Statement): readonly unknown[] => {
    const flat: (string | number | null)[] = []
    const text = withPlaceholders(sql, values, flat)
    onStatement?.(text, flat)
    const { statement, isReader } = prepare(text)
    if (isReader) return statement.all(flat)
    statement.run(flat)
    return []
  }
  return {
    // A batch will write: taking the write lock first means waiting for it here, and never failing half-way because
    // another process wrote after our first read.
    begin: 'BEGIN IMMEDIATE',
    forUpdate: '',
    overwriting: (key, columns) =>
      ` on conflict (${key.map(column => `\`${column}\``).join(', ')}) do update set ` +
      columns.map(column => `\`${column}\` = excluded.\`${column}\``).join(', '),
    keeping: key => ` on conflict (\`${key}\`) do nothing`,
    *chunksOf(rows) {
      for (let from = 0; from < rows.length; ) {
        const length = Math.min(sqliteRowsMax, 2 ** Math.floor(Math.log2(rows.length - from)))
        yield { rows: rows.slice(from, from + length), characters: 0 }
        from += length
      }
    },
    sendsTogether: false,
    send: async statements => statements.map(sendOne),
    // All of its statements are prepared, and each text once.
    sendPrepared: async (sql, values) => sendOne({ sql, values }),
    async rollBack() {
      if (connection.inTransaction) sendOne({ sql: 'ROLLBACK', values: [] })
    },
  }
}

/** The text with as many placeholders as there are values, which are put into `flat` in their order. */
function withPlaceholders(sql: string, values: Values, flat: (string | number | null)[]): string {
  const pieces = sql.split('?')
  let text = pieces[0]!
  values.forEach((value, index) => {
    text += placeholders(value, flat) + pieces[index + 1]!
  })
  return text
}

function placeholders(value: Values[number], flat: (string | number | null)[]): string {
  if (!isList(value)) {
    // SQLite has no truth values, and its driver takes none.
    flat.push(typeof value === 'boolean' ? Number(value) : value)
    return '?'
  }
  if (value.length > 0 && isList(value[0]!)) {
    return (value as readonly (readonly Value[])[]).map(row => `(${row.map(each => placeholders(each, flat))})`).join()
  }
  const list = value as readonly Value[]
  const length = 2 ** Math.ceil(Math.log2(list.length))
  return Array.from({ length }, (_, index) => placeholders(list[Math.min(index, list.length - 1)]!, flat)).join()
}

const isList = (value: Values[number]): value is readonly Value[] | readonly (readonly Value[])[] =>
  Array.isArray(value)
