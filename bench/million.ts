// A million people and a million suppressions in and out again: how fast beside the bare statements and LOAD DATA, with
// how much memory, and whether what comes out is what went in. On MariaDB, from the command line.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '../src/store/store.js'
import { projectRoot } from '../test/support/project.js'
import { type BareRates, replay } from './bare.js'
import { type Databases, inFresh } from './databases.js'
import { forms, type ImportFile, linesOf, loadPlain, type PlainLoad, writeFile } from './files.js'
import { oneAtATime, recordImport } from './import-recording.js'
import type { BenchOptions } from './options.js'
import { type Ended, runProgram } from './processes.js'
import { median } from './statistics.js'

export interface MillionResult {
  readonly subject: ImportFile['subject']
  readonly rows: number
  readonly rowsPerSecond: number
  readonly cpuMicrosPerRow: number
  /** Before and after the import. */
  readonly barePerSecond: readonly number[]
  readonly bareRows: number
  readonly plainPerSecond: number
  readonly plainBy: PlainLoad['by']
  /** The median of each tenth of the import, from its start to its end. */
  readonly residentMiB: readonly number[]
  readonly residentMaxMiB: number
  readonly exportPerSecond: number
  readonly exportMaxMiB: number
  readonly exportBytes: number
  readonly againPerSecond: number
  /** What was compared, and whether it was the same bytes. */
  readonly same: Readonly<Record<string, boolean>>
}

interface Prepared {
  readonly file: ImportFile
  readonly sample: ImportFile
  readonly bareBefore: number
  readonly plain: PlainLoad
  /** Again, in another empty database. */
  readonly bare: () => Promise<number>
}

interface First {
  readonly file: ImportFile
  readonly exported: string
  readonly figures: Omit<MillionResult, 'againPerSecond' | 'same'>
}

const mebibyte = 1024 * 1024
const bareRowsMax = 20_000

export async function measureMillion(
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<readonly MillionResult[]> {
  if (!options.engines.includes('mariadb')) throw new Error('million: is measured on MariaDB only')
  const folder = await mkdtemp(join(tmpdir(), 'bench-million-'))
  try {
    const prepared: Prepared[] = []
    for (const form of forms) prepared.push(await prepare(form, folder, options, databases, say))
    const alone = oneAtATime()
    // Both at the same time, or it would take twice as long; the bare statements of one meet the import of the other.
    return await Promise.all(
      prepared.map(async each => {
        const tell = (text: string): void => say(`${each.file.subject}: ${text}`)
        const first = await measureFirst({ ...each, bare: () => alone(each.bare) }, databases, tell)
        tell(JSON.stringify(first.figures))
        return again(first, databases, tell)
      }),
    )
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function prepare(
  form: (typeof forms)[number],
  folder: string,
  { rows }: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<Prepared> {
  const { subject } = form
  const sample = await writeFile(join(folder, 'sample.csv'), form, Math.min(bareRowsMax, rows))
  const file = await writeFile(join(folder, `${subject}.csv`), form, rows)
  say(`${subject}: recording ${sample.count} rows`)
  const batches = await inFresh(databases, 'mariadb', url => recordImport(url, subject, sample.path))
  const sizes = new Map([[sample.count / batches.length, batches]])
  const bare = (): Promise<number> =>
    inFresh(databases, 'mariadb', async url => only(await replay({ seed: [], sizes }, url, Number.POSITIVE_INFINITY)))
  say(`${subject}: bare statements`)
  const bareBefore = await bare()
  say(`${subject}: LOAD DATA of ${rows} rows`)
  const plain = await inFresh(databases, 'mariadb', url => loadPlain(file, url))
  return { file, sample, bareBefore, plain, bare }
}

async function measureFirst(
  { file, sample, bareBefore, plain, bare }: Prepared,
  databases: Databases,
  say: (text: string) => void,
): Promise<First> {
  const { subject, count } = file
  const exported = `${file.path}.exported.csv`
  const { imported, out } = await inFresh(databases, 'mariadb', async databaseUrl => {
    say(`importing ${count} rows`)
    const imported = await importFile(file, databaseUrl)
    say('exporting')
    return { imported, out: await exportFile(subject, exported, databaseUrl) }
  })
  say('bare statements')
  const figures = {
    ...{ subject, rows: count, rowsPerSecond: perSecond(count, imported) },
    cpuMicrosPerRow: imported.cpuMicros / count,
    ...{ barePerSecond: [bareBefore, await bare()], bareRows: sample.count },
    ...{ plainPerSecond: count / plain.seconds, plainBy: plain.by },
    residentMiB: tenthsOf(imported.residentBytes).map(bytes => bytes / mebibyte),
    residentMaxMiB: Math.max(...imported.residentBytes) / mebibyte,
    exportPerSecond: perSecond(count, out),
    exportMaxMiB: Math.max(...out.residentBytes) / mebibyte,
    exportBytes: (await stat(exported)).size,
  }
  return { file, exported, figures }
}

async function again(
  { file, exported, figures }: First,
  databases: Databases,
  say: (text: string) => void,
): Promise<MillionResult> {
  const second = `${file.path}.again.csv`
  const copy: ImportFile = { ...file, path: exported }
  const imported = await inFresh(databases, 'mariadb', async databaseUrl => {
    say('importing what was exported into an empty store')
    const ended = await importFile(copy, databaseUrl)
    await exportFile(file.subject, second, databaseUrl)
    return ended
  })
  say('comparing')
  const isSameExport = (await digestOf(exported)) === (await digestOf(second))
  const isSameFile = (await digestOf(file.path)) === (await digestOfColumns(exported, file.columns))
  const same = {
    'the export, and the export of a store that was loaded from it': isSameExport,
    'the file, and its columns of the export': isSameFile,
  }
  await rm(second)
  return { ...figures, againPerSecond: perSecond(file.count, imported), same }
}

async function importFile({ subject, path, count }: ImportFile, databaseUrl: string): Promise<Ended> {
  const store = openStore(databaseUrl)
  await store.migrate()
  await store.close()
  const ended = await ours(['import', subject, path], databaseUrl)
  if (!ended.output.includes(`${count} of ${count} rows`)) throw new Error(`the import went wrong:\n${ended.output}`)
  return ended
}

const exportFile = (subject: string, path: string, databaseUrl: string): Promise<Ended> =>
  ours(['export', subject, path], databaseUrl)

const ours = (args: readonly string[], databaseUrl: string): Promise<Ended> =>
  runProgram({
    program: process.execPath,
    args: [join(projectRoot, 'dist/src/main.js'), ...args],
    env: { DATABASE_URL: databaseUrl },
  })

const perSecond = (rows: number, { ms }: Ended): number => rows / (ms / 1000)

const only = (rates: BareRates): number => [...rates.values()][0]!

function tenthsOf(samples: readonly number[]): readonly number[] {
  const at = (tenth: number): number => Math.floor((samples.length * tenth) / 10)
  return Array.from({ length: 10 }, (_, tenth) => samples.slice(at(tenth), at(tenth + 1)))
    .filter(part => part.length > 0)
    .map(median)
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}

/** Of a file without quotes: its rows with nothing but these columns. */
async function digestOfColumns(path: string, columns: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  let places: readonly number[] | null = null
  for await (const line of linesOf(path)) {
    const cells = line.split(',')
    places ??= columns.map(name => cells.indexOf(name))
    hash.update(`${places.map(place => cells[place]).join(',')}\n`)
  }
  return hash.digest('hex')
}
