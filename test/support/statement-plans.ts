// How a MySQL-compatible server would carry out statements once the tables are large: rows for every table, whatever
// its columns are, and the plans. It knows information_schema and EXPLAIN; which plans are good the test says.
import type { Knex } from 'knex'

export interface SentStatement {
  readonly sql: string
  readonly bindings: readonly unknown[]
}

/** One line of a plan. `type` is how the table is reached: ALL goes through its rows, index through a whole index. */
export interface PlanLine {
  readonly table: string
  readonly type: string
  readonly key: string | null
  readonly extra: string
}

const rowsOfEach = 2_000

// Columns that hold few different values, as many as they have in the life of a store; all others differ in each row.
const valuesOf: Readonly<Record<string, number>> = {
  ...{ kind: 5, state: 4, outcome: 5, purpose: 2, mode: 2, source: 4, role: 3, attribute: 8, reason: 4, program: 20 },
  ...{ webhook_id: 4, list_id: 10, import_id: 10, flow_id: 10, system: 2, org_id: 2, object_type: 2, caller: 20 },
  ...{ partition_name: 2, person_id: 1_000, day: 30 },
}

/** Fills what has few rows up to thousands, beside what is in it. */
export async function fillTables(knex: Knex, leaveOut: readonly string[]): Promise<void> {
  const tables = new Map<string, Column[]>()
  const [columns]: Column[][] = await knex.raw(
    'select table_name as `table`, column_name as name, data_type as type, character_maximum_length as length, ' +
      "is_nullable = 'YES' as isNullable, column_key = 'PRI' as isKey from information_schema.columns " +
      'where table_schema = database() order by table_name, ordinal_position',
  )
  for (const column of columns!) tables.set(column.table, [...(tables.get(column.table) ?? []), column])
  for (const table of leaveOut) tables.delete(table)
  for (const [table, its] of tables) {
    const names = its.map(({ name }) => `\`${name}\``)
    const values = its.map(column => rowValueOf(column, its))
    // What was there already stays.
    await knex.raw(`insert ignore into \`${table}\` (${names}) select ${values} from ${numbers} as numbers`)
  }
  await knex.raw(`analyze table ${[...tables.keys()].map(name => `\`${name}\``)}`)
}

interface Column {
  readonly table: string
  readonly name: string
  readonly type: string
  readonly length: number | null
  readonly isNullable: number
  readonly isKey: number
}

const digits = `(${Array.from({ length: 10 }, (_, digit) => `select ${digit} as d`).join(' union all ')})`
const thousands = `(${Array.from({ length: rowsOfEach / 1_000 }, (_, n) => `select ${n} as d`).join(' union all ')})`
// Both families of servers know this; sequences and deep recursion each knows in another way.
const numbers =
  '(select o.d + 10 * t.d + 100 * h.d + 1000 * k.d + 1 as seq ' +
  `from ${digits} as o, ${digits} as t, ${digits} as h, ${thousands} as k)`

function rowValueOf({ name, type, length, isNullable, isKey }: Column, its: readonly Column[]): string {
  const isAlone = isKey && its.filter(column => column.isKey).length === 1
  const several = isAlone ? undefined : valuesOf[name]
  // Far from the ids and times that the life of the store has drawn.
  const number = several === undefined ? 'seq + 2000000' : `seq % ${several}`
  if (type === 'tinyint') return '0'
  if (/^(at|since)$|_at$/.test(name) && type.endsWith('int')) {
    const time = `${Date.now()} + (seq - ${rowsOfEach / 2}) * 1000`
    // What is over has a time; of what goes on there is little.
    return isNullable ? `if(seq % 50 = 0, null, ${time})` : time
  }
  if (type.endsWith('int')) return number
  if (type.endsWith('text')) return "'{}'"
  const text = `concat(${several === undefined ? 'seq' : `seq % ${several}`}, '-', '${name}')`
  return `left(${text}, ${length ?? 20})`
}

export async function planOf(knex: Knex, { sql, bindings }: SentStatement): Promise<PlanLine[]> {
  // By name: MySQL 9 would draw a tree, of which a test for columns sees nothing.
  const [rows]: { table: string | null; type: string; key: string | null; Extra: string | null }[][] = await knex.raw(
    `explain format=traditional ${sql}`,
    bindings as Knex.RawBinding[],
  )
  return rows!
    .filter(({ table }) => table !== null)
    .map(({ table, type, key, Extra }) => ({ table: table!, type, key, extra: Extra ?? '' }))
}
