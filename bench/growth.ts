// What calls cost when there are millions of people, as a ratio to a store of ten thousand: the same server program on
// the same database server, in turns. It knows the order of the measurement; what lies in the stores it does not know.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { eventually } from '../test/support/eventually.js'
import { type DatabaseServer, startServer } from '../test/support/mariadb-server.js'
import { type Crowd, changeMessages, checkBodies, flagMessages, readMessages } from './growth-calls.js'
import { fillStore } from './growth-fill.js'
import { sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import { cpuMicrosOf } from './processes.js'
import { type Served, soapPath, startServed } from './served.js'
import { median } from './statistics.js'

export interface GrowthPoint {
  readonly verb: string
  readonly crowd: Crowd
  /** Calls a second with ten thousand people, and with as many as were asked for. */
  readonly smallPerSecond: number
  readonly largePerSecond: number
  readonly ratio: number
  /** CPU time of server and database for a call, the large store's to the small one's: holds on a busy machine too. */
  readonly cpuRatio: number
  /** Pages of 16 KiB that the database had to read from the disk for a call, in the large store. */
  readonly pagesRead: number
}

export interface GrowthResult {
  readonly people: number
  readonly poolMib: number
  readonly dataMib: number
  readonly points: readonly GrowthPoint[]
}

const smallPeople = 10_000
const largePeople = 1_000_000
const connections = 16
const checkedAtOnce = 1_000
const apiKey = 'bench-key-0123456789abcdef0123456789'

export async function measureGrowth(options: BenchOptions, say: (text: string) => void): Promise<GrowthResult> {
  const people = options.people ?? largePeople
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'durable-unsubscribe-growth-')))
  try {
    await fillAll(folder, [smallPeople, people], say)
    return await measure(folder, people, options, say)
  } finally {
    if (options.folder === null) await rm(folder, { recursive: true, force: true })
  }
}

// Nothing is lost by a crash here: whoever fills begins again.
const fillSettings = [
  ...['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-buffer-pool-size=2G'],
  ...['--innodb-log-file-size=1G', '--innodb-sort-buffer-size=64M', '--innodb-io-capacity=20000'],
]

const databaseOf = (people: number): string => `people_${people}`

async function fillAll(folder: string, sizes: readonly number[], say: (text: string) => void): Promise<void> {
  const server = await startServer({ directory: folder, settings: [...fillSettings, `--tmpdir=${folder}`] })
  const connection = await createConnection(server.url)
  try {
    for (const people of sizes) {
      if (await has(connection, `${databaseOf(people)}_filled`)) continue
      await connection.query(`drop database if exists ${databaseOf(people)}`)
      await connection.query(`create database ${databaseOf(people)} character set utf8mb4`)
      await fillStore(`${server.url}/${databaseOf(people)}`, people, text => say(`${people} people, ${text}`))
      // The mark that it was filled to the end.
      await connection.query(`create database ${databaseOf(people)}_filled`)
    }
    // A server that is told to end while much is unwritten is killed before it is done.
    await connection.query('set global innodb_max_dirty_pages_pct = 0')
    const isWritten = async (): Promise<boolean> => (await counter(connection, 'buffer_pool_pages_dirty')) < 500
    await eventually(isWritten, { withinMs: 600_000, everyMs: 500, what: 'the pages on disk' })
  } finally {
    await connection.end()
    await server.stop()
  }
}

type Connection = Awaited<ReturnType<typeof createConnection>>

async function has(connection: Connection, database: string): Promise<boolean> {
  const [rows] = await connection.query<RowDataPacket[]>('show databases like ?', [database])
  return rows.length > 0
}

async function counter(connection: Connection, name: string): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(`show global status like 'Innodb_${name}'`)
  return Number(rows[0]?.Value)
}

async function measure(
  folder: string,
  people: number,
  options: BenchOptions,
  say: (text: string) => void,
): Promise<GrowthResult> {
  const settings = [`--innodb-buffer-pool-size=${options.poolMib}M`, '--innodb-log-file-size=1G', `--tmpdir=${folder}`]
  const database = await startServer({ directory: folder, settings })
  const connection = await createConnection(database.url)
  const started: Served[] = []
  try {
    const stores: Store[] = []
    for (const size of [smallPeople, people]) {
      const env = { BOOTSTRAP_API_KEY: apiKey }
      const server = await startServed(`${database.url}/${databaseOf(size)}`, { env })
      started.push(server)
      stores.push({ server, loads: loadsOf(size, server) })
    }
    const rounds: Figure[][] = []
    for (let round = 0; round <= options.rounds; round++) {
      // The first is for the compilers and the caches.
      if (round > 0) say(`round ${round} of ${options.rounds}`)
      const figures = await oneRound(stores, connection, database, round % 2 === 0, options)
      if (round > 0) rounds.push(figures)
    }
    const points = rounds[0]!.map((_, index) => middle(rounds.map(figures => figures[index]!)))
    return { people, poolMib: options.poolMib, dataMib: await dataMib(connection, people), points }
  } finally {
    for (const server of started) await server.stop()
    await connection.end()
    await database.stop()
  }
}

interface Store {
  readonly server: Served
  readonly loads: readonly Load[]
}

interface Load {
  readonly verb: string
  readonly crowd: Crowd
  readonly target: Omit<Parameters<typeof sendLoad>[0], 'seconds'>
  /** As many calls as it takes until caches are as they stay, or each of a few people was met. */
  readonly warmUp: number
}

function loadsOf(people: number, { port }: Served): Load[] {
  const soap = { port, path: soapPath, connections }
  const json = {
    ...{ port, path: '/v1/checks', connections: 1 },
    headers: ['Content-Type: application/json', `Authorization: Bearer ${apiKey}`],
  }
  return (['a few', 'everybody'] as const).flatMap(crowd => [
    { verb: 'syncLead', crowd, target: { ...soap, nextBody: flagMessages(people, crowd) }, warmUp: 1_800 },
    { verb: 'getLead', crowd, target: { ...soap, nextBody: readMessages(people, crowd) }, warmUp: 1_800 },
    {
      ...{ verb: `check of ${checkedAtOnce}`, crowd, warmUp: 50 },
      target: { ...json, nextBody: checkBodies(people, crowd, checkedAtOnce) },
    },
    { verb: 'getLeadChanges', crowd, target: { ...soap, nextBody: changeMessages(people, crowd) }, warmUp: 100 },
  ])
}

interface Figure {
  readonly verb: string
  readonly crowd: Crowd
  readonly small: number
  readonly large: number
  readonly cpuRatio: number
  readonly pagesRead: number
}

interface Rate {
  readonly perSecond: number
  readonly cpuMicros: number
  readonly pagesRead: number
}

async function oneRound(
  stores: readonly Store[],
  connection: Connection,
  database: DatabaseServer,
  isLargeFirst: boolean,
  { seconds }: BenchOptions,
): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const [index, { verb, crowd }] of stores[0]!.loads.entries()) {
    const rates: Rate[] = []
    for (const place of isLargeFirst ? [1, 0] : [0, 1]) {
      const { server, loads } = stores[place]!
      const { target, warmUp } = loads[index]!
      const cpu = (): number => server.cpuMicros() + cpuMicrosOf(database.pid ?? Number.NaN)
      await sendLoad({ ...target, seconds, callsMax: warmUp })
      const readBefore = await counter(connection, 'buffer_pool_reads')
      const cpuBefore = cpu()
      const load = await sendLoad({ ...target, seconds })
      const cpuMicros = (cpu() - cpuBefore) / load.calls
      const pagesRead = ((await counter(connection, 'buffer_pool_reads')) - readBefore) / load.calls
      rates[place] = { perSecond: load.calls / load.seconds, cpuMicros, pagesRead }
    }
    const [small, large] = rates as [Rate, Rate]
    const cpuRatio = large.cpuMicros / small.cpuMicros
    figures.push({
      ...{ verb, crowd, small: small.perSecond, large: large.perSecond, cpuRatio, pagesRead: large.pagesRead },
    })
  }
  return figures
}

// Ratios are taken within a round, where both stores met the same machine.
function middle(figures: readonly Figure[]): GrowthPoint {
  const { verb, crowd } = figures[0]!
  const of = (read: (figure: Figure) => number): number => median(figures.map(read))
  return {
    ...{ verb, crowd, smallPerSecond: of(({ small }) => small), largePerSecond: of(({ large }) => large) },
    ...{ ratio: of(({ small, large }) => large / small), cpuRatio: of(({ cpuRatio }) => cpuRatio) },
    pagesRead: of(({ pagesRead }) => pagesRead),
  }
}

async function dataMib(connection: Connection, people: number): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'select sum(data_length + index_length) / 1048576 as mib from information_schema.tables where table_schema = ?',
    [databaseOf(people)],
  )
  return Number(rows[0]?.mib)
}

const twoDigits = (value: number): string => value.toFixed(2)

export function growthTable({ people, poolMib, dataMib, points }: GrowthResult): string {
  const rows = points.map(({ verb, crowd, smallPerSecond, largePerSecond, ratio, cpuRatio, pagesRead }) => {
    const figures = [
      smallPerSecond.toFixed(0),
      largePerSecond.toFixed(0),
      ...[ratio, cpuRatio, pagesRead].map(twoDigits),
    ]
    return `| ${[verb, crowd, ...figures].join(' | ')} |`
  })
  return [
    `${people} people in ${dataMib.toFixed(0)} MiB, a buffer pool of ${poolMib} MiB`,
    '',
    `| call | about | calls/s with ${smallPeople} | with ${people} | ratio | CPU | pages read a call |`,
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
