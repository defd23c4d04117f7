// How fast a file comes in from the command line: people, and suppressions. Beside it the bare statements of the same
// batches, and the plain rows in one table as the database's own loader writes them. Only on MariaDB, since SQLite has
// no loader.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BulkSubject } from '../src/service/jobs/bulk.js'
import { openStore } from '../src/store/store.js'
import { projectRoot } from '../test/support/project.js'
import { replay } from './bare.js'
import { type Databases, inFresh } from './databases.js'
import { forms, type ImportFile, loadPlain, type PlainLoad, writeFile } from './files.js'
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
  readonly plainBy: PlainLoad['by']
  readonly rounds: readonly ImportRound[]
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
    for (const form of forms) {
      const file = await writeFile(join(folder, 'rows.csv'), form, options.rows)
      results.push(await measureFile(file, options, databases, text => say(`${file.subject}: ${text}`)))
    }
    return results
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measureFile(
  file: ImportFile,
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<ImportResult> {
  const { count } = file
  say(`recording ${count} rows`)
  const batches = await inFresh(databases, 'mariadb', url => recordImport(url, file.subject, file.path))
  // Batches need not be equal; the mean makes the rate one of rows.
  const recording = { seed: [], sizes: new Map([[count / batches.length, batches]]) }
  const rounds: ImportRound[] = []
  let plainBy: PlainLoad['by'] = 'LOAD DATA'
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
  { subject, path, count }: ImportFile,
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
  if (!output.includes(`${count} of ${count} rows`)) throw new Error(`the import went wrong:\n${output}`)
  return {
    rowsPerSecond: count / (ms / 1000),
    cpuMicrosPerRow: cpuMicros / count,
    databaseMicrosPerRow: (databases.cpuMicros('mariadb') - databaseBefore) / count,
    busy: cpuMicros / 1000 / ms,
    residentMinMiB: Math.min(...residentBytes) / mebibyte,
    residentMedianMiB: median(residentBytes) / mebibyte,
    residentMaxMiB: Math.max(...residentBytes) / mebibyte,
  }
}
