// How many syncLead calls a second the server carries out, beside what the same statements reach without it. It knows
// the order of the measurement; it must not know how calls, statements or tables are made.
import { replay } from './bare.js'
import { addressCount, syncLeadMessages } from './calls.js'
import type { BenchEngine, Databases } from './databases.js'
import { sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import { type Recording, record } from './recording.js'
import { type Served, soapPath, startServed } from './served.js'
import { between, median, quantile } from './statistics.js'

/** One point of one round. */
export interface ServedPoint {
  readonly connections: number
  readonly callsPerSecond: number
  readonly medianMs: number
  readonly p99Ms: number
  /** CPU time of the server process, all of its threads, user and system. */
  readonly cpuMicrosPerCall: number
  /** Part of that, in the garbage collector. */
  readonly gcMicrosPerCall: number
  /** Mean number of commands in one transaction. */
  readonly batchSize: number
  /** What the bare statements reach in batches of that size. */
  readonly barePerSecond: number
  readonly ratio: number
}

export interface BarePoint {
  readonly batchSize: number
  readonly commandsPerSecond: number
}

export interface EngineResult {
  readonly engine: BenchEngine
  readonly served: readonly ServedPoint[]
  readonly bare: readonly BarePoint[]
  readonly rounds: readonly Round[]
}

export interface Round {
  readonly served: readonly ServedPoint[]
  readonly bare: readonly BarePoint[]
}

/** Enough for the compiler of the server's engine to have seen every path. */
const warmUp = { connections: 32, seconds: 3, callsMax: 8_000 } as const

export async function measureSyncLead(
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<readonly EngineResult[]> {
  const recordings = new Map<BenchEngine, Recording>()
  for (const engine of options.engines) {
    say(`${engine}: recording batches`)
    recordings.set(engine, await inFresh(databases, engine, url => record(url)))
  }
  const rounds = new Map<BenchEngine, Round[]>(options.engines.map(engine => [engine, []]))
  for (let round = 0; round < options.rounds; round++) {
    for (const engine of options.engines) {
      say(`${engine}: round ${round + 1} of ${options.rounds}`)
      const measured = await measureRound(engine, recordings.get(engine)!, round, options, databases)
      rounds.get(engine)!.push(measured)
    }
  }
  return [...rounds].map(([engine, all]) => ({ engine, ...medians(all), rounds: all }))
}

// The two sides alternate in who goes first, so that a machine that gets slower or faster favours neither.
async function measureRound(
  engine: BenchEngine,
  recording: Recording,
  round: number,
  options: BenchOptions,
  databases: Databases,
): Promise<Round> {
  const measureBare = () => inFresh(databases, engine, url => replay(recording, url, options.seconds))
  const measureServed = () => inFresh(databases, engine, url => servedPoints(url, options))
  let bare = round % 2 === 0 ? await measureBare() : null
  const points = await measureServed()
  bare ??= await measureBare()

  // A transaction costs so much, and so much more for each command: between the sizes measured that is a straight line.
  const costs = [...bare].map(([size, rate]) => ({ x: size, y: size / rate })).sort((a, b) => a.x - b.x)
  const served = points.map(point => {
    const barePerSecond = point.batchSize / between(costs, point.batchSize)
    return { ...point, barePerSecond, ratio: point.callsPerSecond / barePerSecond }
  })
  return { served, bare: [...bare].map(([batchSize, commandsPerSecond]) => ({ batchSize, commandsPerSecond })) }
}

type UncomparedPoint = Omit<ServedPoint, 'barePerSecond' | 'ratio'>

async function servedPoints(databaseUrl: string, options: BenchOptions): Promise<UncomparedPoint[]> {
  const served = await startServed(databaseUrl)
  try {
    const nextBody = syncLeadMessages()
    await prepare(served, nextBody)
    const points: UncomparedPoint[] = []
    for (const connections of options.connections) points.push(await point(served, nextBody, connections, options))
    return points
  } finally {
    await served.stop()
  }
}

/** Makes the people, and lets the server get warm. */
export async function prepare(served: Served, nextBody: () => string): Promise<void> {
  const target = { port: served.port, path: soapPath, nextBody }
  await sendLoad({ ...target, connections: warmUp.connections, seconds: 60, callsMax: addressCount })
  await sendLoad({ ...target, ...warmUp })
}

async function point(
  served: Served,
  nextBody: () => string,
  connections: number,
  { seconds, calls: callsMax }: BenchOptions,
): Promise<UncomparedPoint> {
  const before = await served.metrics()
  const load = await sendLoad({ port: served.port, path: soapPath, nextBody, connections, seconds, callsMax })
  const after = await served.metrics()
  const grown = (sample: string): number => (after.get(sample) ?? Number.NaN) - (before.get(sample) ?? 0)
  const kinds = ['major', 'minor', 'incremental', 'weakcb']
  const gcSeconds = kinds.map(kind => grown(`nodejs_gc_duration_seconds_sum{kind="${kind}"}`) || 0)
  const microsPerCall = (all: number): number => (all * 1e6) / load.calls
  return {
    connections,
    callsPerSecond: load.calls / load.seconds,
    medianMs: median(load.latenciesMs),
    p99Ms: quantile(load.latenciesMs, 0.99),
    cpuMicrosPerCall: microsPerCall(grown('process_cpu_seconds_total')),
    gcMicrosPerCall: microsPerCall(gcSeconds.reduce((sum, value) => sum + value, 0)),
    batchSize: grown('durable_unsubscribe_batch_size_sum') / grown('durable_unsubscribe_batch_size_count'),
  }
}

async function inFresh<T>(
  databases: Databases,
  engine: BenchEngine,
  work: (databaseUrl: string) => Promise<T>,
): Promise<T> {
  const database = await databases.fresh(engine)
  try {
    return await work(database.url)
  } finally {
    await database.drop()
  }
}

// Ratios are taken within a round, where both sides met the same machine, and only then is their median.
function medians(rounds: readonly Round[]): Round {
  const over = <Point extends object>(points: readonly Point[], name: keyof Point): number =>
    median(points.map(point => Number(point[name])))
  const served = rounds[0]!.served.map((first, index) => {
    const points = rounds.map(round => round.served[index]!)
    return {
      connections: first.connections,
      callsPerSecond: over(points, 'callsPerSecond'),
      medianMs: over(points, 'medianMs'),
      p99Ms: over(points, 'p99Ms'),
      cpuMicrosPerCall: over(points, 'cpuMicrosPerCall'),
      gcMicrosPerCall: over(points, 'gcMicrosPerCall'),
      batchSize: over(points, 'batchSize'),
      barePerSecond: over(points, 'barePerSecond'),
      ratio: over(points, 'ratio'),
    }
  })
  const bare = rounds[0]!.bare.map(({ batchSize }, index) => {
    const points = rounds.map(round => round.bare[index]!)
    return { batchSize, commandsPerSecond: over(points, 'commandsPerSecond') }
  })
  return { served, bare }
}
