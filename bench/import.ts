// How fast a file comes in from the command line: people, and suppressions. Beside it the bare statements of the same
// batches, and the plain rows in one table as the database's own loader writes them. Only on MariaDB, since SQLite has
// no loader.
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection } from 'mysql2/promise'
import type { BulkSubject } from '../src/service/jobs/bulk.js'
import { openStore } from '../src/store/store.js'
import { projectRoot } from '../test/support/project.js'
import { replay } from './bare.js'
import { type Databases, inFresh } from './databases.js'
import { recordImport } from './import-recording.js'
import type { BenchOptions } from './options.js'
import { runProgram } from './processes.js'
import { median } from './statistics.js'

export interface ImportRound {
  /** From the start of the process to its end, so that reading the file and storing its rows are in it. */
  readonly rowsPerSecond: number
  readonly barePerSecond: number
  readonly plainPerSecond: number
  readonly cpuMicrosPerRow: number
  readonly databaseMicrosPerRow: number
  /** CPU time of the importing process by the time that it took: what is lacking to 1, it waited. */
  readonly busy: number
  readonly residentMinMiB: number
  readonly residentMedianMiB: number
  readonly residentMaxMiB: number
}

export interface ImportResult {
  readonly subject: BulkSubject
  readonly rows: number
  /** Transactions in which the rows were carried out, while they were recorded. */
  readonly batches: number
  readonly plainBy: 'LOAD DATA' | 'INSERT'
  readonly rounds: readonly ImportRound[]
}

interface ImportFile {
  readonly subject: BulkSubject
  readonly path: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

const mebibyte = 1024 * 1024
// One after the other for as long as it takes: each side writes all rows.
const withoutLimit = Number.POSITIVE_INFINITY

export async function measureImport(
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<readonly ImportResult[]> {
  if (!options.engines.includes('mariadb')) throw new Error('import: is measured on MariaDB only')
  const folder = await mkdtemp(join(tmpdir(), 'bench-import-'))
  try {
    const results: ImportResult[] = []
    for (const make of [peopleFile, suppressionsFile]) {
      const file = make(join(folder, 'rows.csv'), options.rows)
      await writeFile(file.path, [file.columns, ...file.rows].map(row => `${row.join(',')}\n`).join(''))
      results.push(await measureFile(file, options, databases, text => say(`${file.subject}: ${text}`)))
    }
    return results
  } finally {
    await rm(folder, { recursive: true })
  }
}

function peopleFile(path: string, count: number): ImportFile {
  const rows = Array.from({ length: count }, (_, index) => [
    ...[`person${index}@import.example`, `First${index}`, `Last${index}`, `Company ${index % 1_000}`],
  ])
  return { subject: 'people', path, columns: ['Email', 'FirstName', 'LastName', 'Company'], rows }
}

function suppressionsFile(path: string, count: number): ImportFile {
  const rows = Array.from({ length: count }, (_, index) => [
    ...[`person${index}@import.example`, `complaint ${index % 100}`, '2019-03-04T05:06:07Z'],
  ])
  return { subject: 'suppressions', path, columns: ['email', 'reason', 'since'], rows }
}

async function measureFile(
  file: ImportFile,
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<ImportResult> {
  const count = file.rows.length
  say(`recording ${count} rows`)
  const batches = await inFresh(databases, 'mariadb', url => recordImport(url, file.subject, file.path))
  // Batches need not be equal; the mean makes the rate one of rows.
  const recording = { seed: [], sizes: new Map([[count / batches.length, batches]]) }
  const rounds: ImportRound[] = []
  let plainBy: ImportResult['plainBy'] = 'LOAD DATA'
  for (let round = 0; round < options.rounds; round++) {
    say(`round ${round + 1} of ${options.rounds}`)
    const found: Partial<Record<keyof ImportRound, number>> = {}
    const tasks: ((databaseUrl: string) => Promise<void>)[] = [
      async url => {
        found.barePerSecond = [...(await replay(recording, url, withoutLimit)).values()][0]!
      },
      async url => void Object.assign(found, await imported(file, url, databases)),
      async url => {
        const plain = await loadPlain(file, url)
        plainBy = plain.by
        found.plainPerSecond = count / plain.seconds
      },
    ]
    for (const task of round % 2 === 0 ? tasks : tasks.reverse()) await inFresh(databases, 'mariadb', task)
    rounds.push(found as ImportRound)
  }
  return { subject: file.subject, rows: count, batches: batches.length, plainBy, rounds }
}

async function imported(
  { subject, path, rows }: ImportFile,
  databaseUrl: string,
  databases: Databases,
): Promise<Omit<ImportRound, 'barePerSecond' | 'plainPerSecond'>> {
  const store = openStore(databaseUrl)
  await store.migrate()
  await store.close()
  const databaseBefore = databases.cpuMicros('mariadb')
  const { ms, cpuMicros, residentBytes, output } = await runProgram({
    program: process.execPath,
    args: [join(projectRoot, 'dist/src/main.js'), 'import', subject, path],
    env: { DATABASE_URL: databaseUrl },
  })
  if (!output.includes(`${rows.length} of ${rows.length} rows`)) throw new Error(`the import went wrong:\n${output}`)
  return {
    rowsPerSecond: rows.length / (ms / 1000),
    cpuMicrosPerRow: cpuMicros / rows.length,
    databaseMicrosPerRow: (databases.cpuMicros('mariadb') - databaseBefore) / rows.length,
    busy: cpuMicros / 1000 / ms,
    residentMinMiB: Math.min(...residentBytes) / mebibyte,
    residentMedianMiB: median(residentBytes) / mebibyte,
    residentMaxMiB: Math.max(...residentBytes) / mebibyte,
  }
}

const insertRows = 1_000

// One transaction, durable at its end, with the key that any such table has. A server that takes no local files gets
// the same rows in statements of a thousand.
async function loadPlain(
  { path, columns, rows }: ImportFile,
  databaseUrl: string,
): Promise<{ readonly by: ImportResult['plainBy']; readonly seconds: number }> {
  const connection = await createConnection({ uri: databaseUrl, charset: 'utf8mb4' })
  try {
    const names = columns.join(', ')
    const [key, ...others] = columns.map(column => `${column} varchar(255) not null`)
    await connection.query(
      `create table plain (id bigint auto_increment primary key, ${key} unique, ${others.join(', ')}) charset utf8mb4`,
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
      for (let from = 0; from < rows.length; from += insertRows) {
        await connection.query(`insert into plain (${names}) values ?`, [rows.slice(from, from + insertRows)])
      }
      await connection.commit()
    }
    const seconds = (performance.now() - startedAt) / 1000
    const [[found]] = (await connection.query('select count(*) as count from plain')) as unknown as [
      [{ count: number }],
    ]
    if (found.count !== rows.length) throw new Error(`expected ${rows.length} plain rows, found ${found.count}`)
    return { by, seconds }
  } finally {
    await connection.end()
  }
}
