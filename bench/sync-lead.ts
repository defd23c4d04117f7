// How many syncLead calls a second the server carries out, beside what the same statements reach without it. It knows
// the order of the measurement; it must not know how calls, statements or tables are made.
import { type BareRates, replay } from './bare.js'
import { phpProblem, type Side, type SideName, sides } from './baselines.js'
import { addressCount, syncLeadMessages } from './calls.js'
import { type BenchEngine, type Databases, inFresh } from './databases.js'
import { sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import { type Measured, measurePoint, medianPoint, type Point } from './point.js'
import type { RunningServer } from './processes.js'
import { type Recording, record, syncLeadScript } from './recording.js'
import { soapPath, startServed } from './served.js'
import { between, median } from './statistics.js'

/** One point of one round, of our server. */
export interface ServedPoint extends Point {
  /** Part of the CPU time, in the garbage collector. */
  readonly gcMicrosPerCall: number
  /** Mean number of commands in one transaction. */
  readonly batchSize: number
  /** What the bare statements reach in batches of that size. */
  readonly barePerSecond: number
  readonly ratio: number
}

/** The same of a server that is compared with ours, and how ours compares in the same round. */
export interface ComparedPoint extends ComparedMeasured {
  /** How many times as many calls ours carries out. */
  readonly oursCalls: number
  /** Our median latency by theirs. */
  readonly oursMedian: number
  /** Our 99th percentile by theirs. */
  readonly oursP99: number
  /** CPU time of the whole machine for one of their calls, by that for one of ours. */
  readonly oursCpu: number
}

type ComparedMeasured = Point & { readonly side: SideName }

export interface BarePoint {
  readonly batchSize: number
  readonly commandsPerSecond: number
}

export interface EngineResult extends Round {
  readonly engine: BenchEngine
  readonly rounds: readonly Round[]
}

export interface Round {
  readonly served: readonly ServedPoint[]
  readonly compared: readonly ComparedPoint[]
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
    recordings.set(engine, await inFresh(databases, engine, url => record(url, syncLeadScript())))
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

// The order alternates, so that a machine that gets slower or faster favours nobody.
async function measureRound(
  engine: BenchEngine,
  recording: Recording,
  round: number,
  options: BenchOptions,
  databases: Databases,
): Promise<Round> {
  let bare: BareRates = new Map()
  let points: readonly UncomparedPoint[] = []
  const others: ComparedMeasured[] = []
  const tasks: ((databaseUrl: string) => Promise<void>)[] = [
    async url => {
      bare = await replay(recording, url, options.seconds)
    },
    async url => {
      points = await servedPoints(url, options, { engine, databases })
    },
    ...sidesToCompare(engine, options).map(side => async (url: string) => {
      others.push(...(await comparedPoints(side, url, options, { engine, databases })))
    }),
  ]
  for (const task of round % 2 === 0 ? tasks : tasks.reverse()) await inFresh(databases, engine, task)

  // A transaction costs so much, and so much more for each command: between the sizes measured that is a straight line.
  const costs = [...bare].map(([size, rate]) => ({ x: size, y: size / rate })).sort((a, b) => a.x - b.x)
  const served = points.map(point => {
    const barePerSecond = point.batchSize / between(costs, point.batchSize)
    return { ...point, barePerSecond, ratio: point.callsPerSecond / barePerSecond }
  })
  const compared = others.map(point => comparedWith(served, point))
  const barePoints = [...bare].map(([batchSize, commandsPerSecond]) => ({ batchSize, commandsPerSecond }))
  return { served, compared, bare: barePoints }
}

function comparedWith(served: readonly Point[], theirs: ComparedMeasured): ComparedPoint {
  const ours = served.find(({ connections }) => connections === theirs.connections)!
  return {
    ...theirs,
    oursCalls: ours.callsPerSecond / theirs.callsPerSecond,
    oursMedian: ours.medianMs / theirs.medianMs,
    oursP99: ours.p99Ms / theirs.p99Ms,
    oursCpu: allMicros(theirs) / allMicros(ours),
  }
}

const allMicros = ({ cpuMicrosPerCall, databaseMicrosPerCall, callerMicrosPerCall }: Point): number =>
  cpuMicrosPerCall + databaseMicrosPerCall + callerMicrosPerCall

function sidesToCompare(engine: BenchEngine, { baselines }: BenchOptions): readonly Side[] {
  if (!baselines) return []
  const isThere = ({ name }: Side): boolean => name !== 'ours' && (name !== 'php' || phpProblem() === null)
  return sides.filter(side => side.engines.includes(engine) && isThere(side))
}

type Where = Pick<Measured, 'engine' | 'databases'>

async function comparedPoints(
  side: Side,
  databaseUrl: string,
  options: BenchOptions,
  where: Where,
): Promise<ComparedMeasured[]> {
  const running = await side.start(databaseUrl)
  try {
    const nextBody = syncLeadMessages()
    await prepare(running, nextBody)
    const points: ComparedMeasured[] = []
    for (const connections of options.connections) {
      points.push({ side: side.name, ...(await measurePoint({ running, nextBody, connections, ...where }, options)) })
    }
    return points
  } finally {
    await running.stop()
  }
}

type UncomparedPoint = Omit<ServedPoint, 'barePerSecond' | 'ratio'>

async function servedPoints(databaseUrl: string, options: BenchOptions, where: Where): Promise<UncomparedPoint[]> {
  const running = await startServed(databaseUrl)
  try {
    const nextBody = syncLeadMessages()
    await prepare(running, nextBody)
    const points: UncomparedPoint[] = []
    for (const connections of options.connections) {
      const before = await running.metrics()
      const point = await measurePoint({ running, nextBody, connections, ...where }, options)
      points.push({ ...point, ...fromMetrics(before, await running.metrics()) })
    }
    return points
  } finally {
    await running.stop()
  }
}

type Samples = ReadonlyMap<string, number>

function fromMetrics(before: Samples, after: Samples): Pick<ServedPoint, 'gcMicrosPerCall' | 'batchSize'> {
  const grown = (sample: string): number => (after.get(sample) ?? Number.NaN) - (before.get(sample) ?? 0)
  const kinds = ['major', 'minor', 'incremental', 'weakcb']
  const gcSeconds = kinds.map(kind => grown(`nodejs_gc_duration_seconds_sum{kind="${kind}"}`) || 0)
  const commands = grown('durable_unsubscribe_batch_size_sum')
  return {
    gcMicrosPerCall: (gcSeconds.reduce((sum, value) => sum + value, 0) * 1e6) / commands,
    batchSize: commands / grown('durable_unsubscribe_batch_size_count'),
  }
}

/** Makes the people, and lets the server get warm. */
export async function prepare(served: RunningServer, nextBody: () => string): Promise<void> {
  const target = { port: served.port, path: soapPath, nextBody }
  await sendLoad({ ...target, connections: warmUp.connections, seconds: 60, callsMax: addressCount })
  await sendLoad({ ...target, ...warmUp })
}

// Ratios are taken within a round, where both sides met the same machine, and only then is their median.
function medians(rounds: readonly Round[]): Round {
  const [first] = rounds
  const served = first!.served.map((_, index) => medianPoint(rounds.map(round => round.served[index]!)))
  const compared = first!.compared.map(({ side, connections }) => {
    const isSame = (point: ComparedPoint): boolean => point.side === side && point.connections === connections
    return medianPoint(rounds.map(round => round.compared.find(isSame)!))
  })
  const bare = first!.bare.map(({ batchSize }, index) => {
    const rates = rounds.map(round => round.bare[index]!.commandsPerSecond)
    return { batchSize, commandsPerSecond: median(rates) }
  })
  return { served, compared, bare }
}
