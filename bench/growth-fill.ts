// A store as years of use would leave it, filled by SQL alone: so many people, as many addresses, and in proportion to
// them statuses, histories, activities, foreign ids and log. It knows our tables; the hashes of its log chain nothing.
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { openStore } from '../src/store/store.js'

/** Of ten addresses one is opted out; half of the people have a foreign id, and were changed once. */
export const oneOptedOutOf = 10

// Where a person's address stands among the addresses has nothing to do with its id, as with people of flesh and blood:
// multiplying by a prime and taking the rest is a permutation that SQL and we can both compute.
const scatter = 6_700_417

export const addressAt = (index: number): string => `person-${String(index).padStart(8, '0')}@growth.example`

// Bounded so that no statement needs an undo log as large as the store.
const rowsAtOnce = 250_000
const yearMs = 365 * 24 * 3_600_000

type Connection = Awaited<ReturnType<typeof createConnection>>

/** @throws Error where `people` is not a multiple of 10,000: the permutations need that */
export async function fillStore(databaseUrl: string, people: number, say: (text: string) => void): Promise<void> {
  if (people % 10_000 !== 0) throw new Error(`expected a multiple of 10000 people, got ${people}`)
  const store = openStore(databaseUrl)
  await store.migrate()
  await store.close()
  const connection = await createConnection(databaseUrl)
  try {
    await connection.query('set unique_checks = 0, foreign_key_checks = 0')
    for (const { table, count, columns, row } of tablesOf(people)) {
      say(`${table}: ${count} rows`)
      await fillTable(connection, { table, count, sql: `insert into ${table} (${columns.join(', ')}) select ${row}` })
    }
    const { log, activities } = sizesOf(people)
    await connection.query('update log_head set seq = ?, activity_id = ? where id = 1', [log, activities])
    await connection.query(`analyze table ${tablesOf(people).map(({ table }) => table)}`)
  } finally {
    await connection.end()
  }
}

// Built behind the rows, by sorting: row by row, an index of random order is read from disk again and again.
async function fillTable(
  connection: Connection,
  { table, count, sql }: { readonly table: string; readonly count: number; readonly sql: string },
): Promise<void> {
  const indexes = await secondaryIndexes(connection, table)
  for (const { name } of indexes) await connection.query(`alter table ${table} drop index ${name}`)
  for (let first = 1; first <= count; first += rowsAtOnce) {
    await connection.query(`${sql} from seq_${first}_to_${Math.min(first + rowsAtOnce - 1, count)}`)
  }
  for (const { definition } of indexes) await connection.query(`alter table ${table} add ${definition}`)
}

async function secondaryIndexes(
  connection: Connection,
  table: string,
): Promise<readonly { readonly name: string; readonly definition: string }[]> {
  const [rows] = await connection.query<(RowDataPacket & { name: string; isUnique: number; columns: string })[]>(
    'select index_name as name, non_unique = 0 as isUnique, ' +
      'group_concat(column_name order by seq_in_index) as columns from information_schema.statistics ' +
      "where table_schema = database() and table_name = ? and index_name <> 'PRIMARY' " +
      'group by index_name, non_unique',
    [table],
  )
  return rows.map(({ name, isUnique, columns }) => ({
    name,
    definition: `${isUnique ? 'unique ' : ''}index ${name} (${columns})`,
  }))
}

interface Sizes {
  readonly created: number
  readonly changed: number
  readonly optedOut: number
  readonly activities: number
  readonly log: number
}

export function sizesOf(people: number): Sizes {
  const [changed, optedOut] = [people / 2, people / oneOptedOutOf]
  const all = people + changed + optedOut
  return { created: people, changed, optedOut, activities: all, log: all }
}

interface Table {
  readonly table: string
  readonly count: number
  readonly columns: readonly string[]
  /** What is selected for `seq`, from 1 to the count. */
  readonly row: string
}

function tablesOf(people: number): readonly Table[] {
  const { created, changed, optedOut, activities, log } = sizesOf(people)
  const startedAt = Date.now() - yearMs
  // One command a year divided by all commands, in the order of the log.
  const timeOf = (position: string): string => `${startedAt} + floor((${position}) * ${yearMs / log})`
  const addressOf = (index: string): string => `concat('person-', lpad(${index}, 8, '0'), '@growth.example')`
  const addressOfPerson = addressOf(`(seq * ${scatter}) % ${people}`)
  const back = inverse(scatter, people)
  // The person whose address has this index; 0 stands for the last one.
  const idOf = (index: string): string => `coalesce(nullif((${index}) * ${back} % ${people}, 0), ${people})`
  const optedOutIndex = `(seq - 1) * ${oneOptedOutOf}`
  const isOptedOut = `(seq - 1) % ${oneOptedOutOf} = 0`
  const optedOutAt = `${created + changed} + (seq - 1) div ${oneOptedOutOf} + 1`
  const ifOptedOut = (value: string): string => `if(${isOptedOut}, ${value}, null)`
  const hash = (what: string): string => `sha2(concat('${what}', seq), 256)`
  const phase = (first: string, second: string, third: string): string =>
    `case when seq <= ${created} then ${first} when seq <= ${created + changed} then ${second} else ${third} end`
  const whose = phase(
    'seq',
    `((seq - ${created}) * ${scatter}) % ${people} + 1`,
    idOf(`(seq - ${created + changed} - 1) * ${oneOptedOutOf}`),
  )
  return [
    {
      ...{ table: 'people', count: people },
      columns: [
        ...['id', 'address_key', 'address', 'address_seq', 'own_unsubscribed', 'partition_name', 'fields'],
        ...['created_at', 'saved_at', 'updated_at'],
      ],
      row: [
        ...['seq', addressOfPerson, addressOfPerson, 'seq', '0', "'Default'"],
        `concat('{"FirstName":"First ', seq, '","LastName":"Last ', seq, '","Company":"Company ', seq % 1000, ` +
          `'","Title":"Engineer","Country":"Utopia"}')`,
        ...[timeOf('seq'), timeOf('seq'), timeOf('seq')],
      ].join(),
    },
    {
      ...{ table: 'email_status', count: people },
      columns: [
        ...['address_key', 'unsubscribed', 'version', 'since', 'reason', 'source', 'actor', 'evidence', 'origin'],
        ...['seq', 'people'],
      ],
      row: [
        ...[addressOf('seq - 1'), isOptedOut, isOptedOut, ifOptedOut(timeOf(optedOutAt))],
        ...[ifOptedOut("'SOAP'"), ifOptedOut("'SOAP'"), ifOptedOut("'soap-user'"), 'null', ifOptedOut("'operator'")],
        ...[`if(${isOptedOut}, ${optedOutAt}, 0)`, '1'],
      ].join(),
    },
    {
      ...{ table: 'status_history', count: optedOut },
      columns: [
        ...['address_key', 'version', 'unsubscribed', 'at', 'reason', 'source', 'actor', 'evidence', 'origin', 'seq'],
      ],
      row: [
        ...[addressOf(optedOutIndex), '1', '1', timeOf(`${created + changed} + seq`), "'SOAP'", "'SOAP'"],
        ...["'soap-user'", 'null', "'operator'", `${created + changed} + seq`],
      ].join(),
    },
    {
      ...{ table: 'foreign_ids', count: people / 2 },
      columns: ['`system`', 'value', 'person_id'],
      row: `'SFDC', concat('00Q', lpad(seq, 12, '0'), 'AAA'), (seq * ${scatter}) % ${people} + 1`,
    },
    {
      ...{ table: 'activities', count: activities },
      columns: [
        ...['id', 'seq', 'at', 'person_id', 'kind', 'attribute', 'from_value', 'to_value', 'reason', 'source'],
        'status_version',
      ],
      row: [
        ...['seq', 'seq', timeOf('seq'), whose, phase("'person-created'", "'value-changed'", "'value-changed'")],
        ...[phase('null', "'Company'", "'Unsubscribed'"), phase('null', "'Company before'", "'false'")],
        ...[phase('null', "concat('Company ', seq % 1000)", "'true'"), "'SOAP'", "'SOAP'", phase('null', 'null', '1')],
      ].join(),
    },
    {
      ...{ table: 'log', count: log },
      columns: [
        ...['seq', 'command_id', 'at', 'kind', 'actor', 'source', 'address_hash', 'person_id', 'detail', 'detail_hash'],
        ...['previous_hash', 'hash'],
      ],
      row: [
        ...['seq', 'md5(seq)', timeOf('seq'), "'save-person'", "'soap-user'", "'SOAP'", hash('address'), whose],
        `concat('{"salt":"', ${hash('salt')}, '","command":{"type":"save-person","text":"', repeat('x', 300), '"}}')`,
        ...[hash('detail'), hash('entry'), hash('entry ')],
      ].join(),
    },
  ]
}

/** `of * inverse % modulus === 1`, by Euclid's algorithm. */
function inverse(of: number, modulus: number): number {
  let [a, b, x, y] = [of % modulus, modulus, 1, 0]
  while (b !== 0) {
    const times = Math.floor(a / b)
    ;[a, b] = [b, a - times * b]
    ;[x, y] = [y, x - times * y]
  }
  return ((x % modulus) + modulus) % modulus
}
