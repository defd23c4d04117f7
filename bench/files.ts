// Files of people and of suppressions as the benchmarks import them, and the database's own loader for the same rows:
// the plain columns in one table. It must not know what is measured.

import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import { createConnection } from 'mysql2/promise'
import type { BulkSubject } from '../src/service/jobs/bulk.js'

export interface ImportFile {
  readonly subject: BulkSubject
  readonly path: string
  readonly columns: readonly string[]
  readonly count: number
}

interface Form {
  readonly subject: BulkSubject
  readonly columns: readonly string[]
  /** In the order of their ids, or of their addresses: the order of an export. */
  row(number: string, index: number): readonly string[]
}

const since = '2019-03-04T05:06:07.000Z'

/** People as somebody exports them, and suppressions in all columns of our own exports. */
export const forms: readonly Form[] = [
  {
    subject: 'people',
    columns: ['id', 'email', 'firstName', 'lastName', 'company'],
    row: (number, index) => [
      ...[`${index + 1}`, `person${number}@import.example`, `First${number}`, `Last${number}`],
      `Company ${index % 1_000}`,
    ],
  },
  {
    subject: 'suppressions',
    columns: ['email', 'status', 'reason', 'source', 'since', 'origin', 'evidence'],
    row: (number, index) => [
      ...[`person${number}@import.example`, 'unsubscribed', `complaint ${index % 100}`, 'old list', since, 'import'],
      `file ${index % 10}`,
    ],
  },
]

const digits = 9

export async function writeFile(path: string, { subject, columns, row }: Form, count: number): Promise<ImportFile> {
  const file = createWriteStream(path)
  file.write(`${columns.join(',')}\n`)
  for (let index = 0; index < count; index++) {
    const line = `${row(String(index).padStart(digits, '0'), index).join(',')}\n`
    if (!file.write(line)) await once(file, 'drain')
  }
  file.end()
  await finished(file)
  return { subject, path, columns, count }
}

export interface PlainLoad {
  readonly by: 'LOAD DATA' | 'INSERT'
  readonly seconds: number
}

const rowsOfInsert = 1_000

// One transaction, durable at its end, with the key that any such table has. A server that takes no local files gets
// the same rows in statements of a thousand.
export async function loadPlain({ path, columns, count }: ImportFile, databaseUrl: string): Promise<PlainLoad> {
  const connection = await createConnection({ uri: databaseUrl, charset: 'utf8mb4' })
  try {
    const names = columns.join(', ')
    const described = columns.map(name => `${name} varchar(255) not null${name === 'email' ? ' unique' : ''}`)
    await connection.query(
      `create table plain (row_id bigint auto_increment primary key, ${described.join(', ')}) charset utf8mb4`,
    )
    const [[settings]] = (await connection.query('select @@local_infile as isOn')) as unknown as [[{ isOn: number }]]
    const by = settings.isOn === 1 ? 'LOAD DATA' : 'INSERT'
    const startedAt = performance.now()
    if (by === 'LOAD DATA') {
      await connection.query({
        sql: `load data local infile 'rows' into table plain fields terminated by ',' ignore 1 lines (${names})`,
        infileStreamFactory: () => createReadStream(path),
      })
    } else {
      await connection.beginTransaction()
      for await (const rows of pagesOf(path)) await connection.query(`insert into plain (${names}) values ?`, [rows])
      await connection.commit()
    }
    const seconds = (performance.now() - startedAt) / 1000
    const [[found]] = (await connection.query('select count(*) as count from plain')) as unknown as [
      [{ count: number }],
    ]
    if (found.count !== count) throw new Error(`expected ${count} plain rows, found ${found.count}`)
    return { by, seconds }
  } finally {
    await connection.end()
  }
}

/** The lines of a file, in order. */
export const linesOf = (path: string): AsyncIterable<string> =>
  createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })

async function* pagesOf(path: string): AsyncGenerator<string[][]> {
  let page: string[][] = []
  let isHeader = true
  for await (const line of linesOf(path)) {
    if (!isHeader) page.push(line.split(','))
    isHeader = false
    if (page.length < rowsOfInsert) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}
