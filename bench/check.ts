// How long a check before sending takes, beside the bare prepared SELECT that finds the same rows, over as many
// connections, and beside Node's bare HTTP server with that statement behind it. It knows the calls and the statements;
// it must not know how servers and databases are made.
import { type Connection, createConnection } from 'mysql2/promise'
import { type BareStatement, bareStatements } from './bare-statements.js'
import { startBareCheck } from './baselines.js'
import { addressCount, addressOf, syncLeadMessages } from './calls.js'
import { type Databases, inFresh } from './databases.js'
import { type Load, sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import type { RunningServer } from './processes.js'
import { soapPath, startServed } from './served.js'
import { median } from './statistics.js'

export interface CheckPoint {
  /** In one call, and in one statement. */
  readonly addresses: number
  /** Callers, and connections of the bare statement, each with one question in flight. */
  readonly connections: number
  /** Time by number of calls: with one connection how long a call takes, with more how many are answered. */
  readonly callMs: number
  /** The fastest of the statements that ask for the same. */
  readonly bareMs: number
  /** Which one that is. */
  readonly bare: string
  readonly ratio: number
  /** What Node's bare HTTP server reaches with the same statement. */
  readonly bareServerRatio: number
  readonly serverMicrosPerCall: number
}

export const apiKey = 'bench-key-0123456789abcdef0123456789'
const loads = [
  { addresses: 1, connections: 1 },
  { addresses: 1, connections: 16 },
  { addresses: 1_000, connections: 1 },
  { addresses: 1_000, connections: 8 },
] as const
type CheckLoad = (typeof loads)[number]
/** Part of the addresses that opted out: for these the server also writes down what it stopped. */
const optedOut = addressCount / 20

export async function measureCheck(
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<readonly CheckPoint[]> {
  return inFresh(databases, 'mariadb', async url => {
    const env = { BOOTSTRAP_API_KEY: apiKey }
    const running = await startServed(url, { env })
    const bareServer = await startBareCheck(url)
    try {
      const people = { path: soapPath, connections: 32, seconds: 60, callsMax: addressCount + optedOut }
      await sendLoad({ port: running.port, nextBody: syncLeadMessages(), ...people })
      const rounds: CheckPoint[][] = []
      // The first round is for the compilers, on all sides.
      for (let round = 0; round <= options.rounds; round++) {
        if (round > 0) say(`mariadb: round ${round} of ${options.rounds}`)
        const points: CheckPoint[] = []
        for (const load of loads) {
          const isBareFirst = round % 2 === 0
          const bareBefore = isBareFirst ? await fastestBare(url, load, options) : null
          const served = await servedCalls(running, load, options)
          const bareServed = await servedCalls(bareServer, load, options)
          const bare = bareBefore ?? (await fastestBare(url, load, options))
          points.push({
            ...{ ...load, callMs: served.ms, bareMs: bare.ms, bare: bare.statement, ratio: served.ms / bare.ms },
            ...{ bareServerRatio: bareServed.ms / bare.ms, serverMicrosPerCall: served.micros },
          })
        }
        if (round > 0) rounds.push(points)
      }
      return loads.map((_, index) => middle(rounds.map(points => points[index]!)))
    } finally {
      await Promise.all([running.stop(), bareServer.stop()])
    }
  })
}

// Ratios are taken within a round, where all sides met the same machine.
function middle(points: readonly CheckPoint[]): CheckPoint {
  const of = (figure: 'callMs' | 'bareMs' | 'ratio' | 'bareServerRatio' | 'serverMicrosPerCall'): number =>
    median(points.map(point => point[figure]))
  return {
    ...points[0]!,
    ...{ callMs: of('callMs'), bareMs: of('bareMs'), ratio: of('ratio') },
    ...{ bareServerRatio: of('bareServerRatio'), serverMicrosPerCall: of('serverMicrosPerCall') },
  }
}

/** Some people's addresses, others each time, all of them there. */
function somebody(count: number, turn: number): string[] {
  return Array.from({ length: count }, (_, index) => addressOf((turn * 7 + index) % addressCount))
}

/** What is sent to check so many addresses at a time, with the key that the server was started with. */
export function checkCalls(addresses: number): Pick<Load, 'path' | 'headers' | 'nextBody'> {
  let turn = 0
  return {
    path: '/v1/checks',
    headers: ['Content-Type: application/json', `Authorization: Bearer ${apiKey}`],
    nextBody: () => JSON.stringify({ addresses: somebody(addresses, turn++) }),
  }
}

async function servedCalls(
  running: RunningServer,
  { addresses, connections }: CheckLoad,
  { seconds, calls: callsMax }: BenchOptions,
): Promise<{ ms: number; micros: number }> {
  const cpu = running.cpuMicros()
  const load = await sendLoad({ port: running.port, connections, seconds, callsMax, ...checkCalls(addresses) })
  const ms = connections === 1 ? median(load.latenciesMs) : (load.seconds * 1_000) / load.calls
  return { ms, micros: (running.cpuMicros() - cpu) / load.calls }
}

/** One statement at a time on each connection, prepared once; sessions are set up as the store sets up its own. */
async function fastestBare(
  url: string,
  { addresses, connections }: CheckLoad,
  options: BenchOptions,
): Promise<{ ms: number; statement: string }> {
  const settings = { uri: url, charset: 'utf8mb4', timezone: 'Z', supportBigNumbers: true }
  const open = await Promise.all(Array.from({ length: connections }, () => createConnection(settings)))
  try {
    for (const connection of open) await connection.query('set session transaction isolation level read committed')
    const figures: { ms: number; statement: string }[] = []
    const statements = bareStatements(addresses)
    for (const statement of statements) {
      const seconds = options.seconds / statements.length
      figures.push({ ms: await bareMs(open, statement, addresses, seconds, options), statement: statement.name })
    }
    return figures.reduce((best, figure) => (figure.ms < best.ms ? figure : best))
  } finally {
    await Promise.all(open.map(connection => connection.end()))
  }
}

async function bareMs(
  open: readonly Connection[],
  { name, sql, valuesOf }: BareStatement,
  addresses: number,
  seconds: number,
  { calls }: BenchOptions,
): Promise<number> {
  const times: number[] = []
  const beganAt = performance.now()
  const deadline = beganAt + seconds * 1_000
  let turn = 0
  await Promise.all(
    open.map(async connection => {
      while (turn < calls && performance.now() < deadline) {
        const keys = somebody(addresses, turn++)
        const startedAt = performance.now()
        const [rows] = await connection.execute(sql, valuesOf(keys))
        times.push(performance.now() - startedAt)
        if ((rows as unknown[]).length !== addresses) throw new Error(`expected ${addresses} rows of ${name}`)
      }
    }),
  )
  return open.length === 1 ? median(times) : (performance.now() - beganAt) / times.length
}
