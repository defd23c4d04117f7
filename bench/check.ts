// How long a check before sending takes, beside the bare prepared SELECT that finds the same rows. It knows the calls
// and the statements; it must not know how servers and databases are made.
import { createConnection } from 'mysql2/promise'
import { addressCount, addressOf, syncLeadMessages } from './calls.js'
import { type Databases, inFresh } from './databases.js'
import { sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import { soapPath, startServed } from './served.js'
import { median } from './statistics.js'

export interface CheckPoint {
  /** In one call, and in one statement. */
  readonly addresses: number
  /** From sending the call to having its whole answer. */
  readonly callMs: number
  /** The fastest of the statements that ask for the same. */
  readonly bareMs: number
  /** Which one that is. */
  readonly bare: string
  readonly ratio: number
  readonly serverMicrosPerCall: number
}

const apiKey = 'bench-key-0123456789abcdef0123456789'
const sizes = [1, 1_000] as const
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
    try {
      const people = { path: soapPath, connections: 32, seconds: 60, callsMax: addressCount + optedOut }
      await sendLoad({ port: running.port, nextBody: syncLeadMessages(), ...people })
      const rounds: CheckPoint[][] = []
      // The first round is for the compilers, on either side.
      for (let round = 0; round <= options.rounds; round++) {
        if (round > 0) say(`mariadb: round ${round} of ${options.rounds}`)
        const points: CheckPoint[] = []
        for (const addresses of sizes) {
          const isBareFirst = round % 2 === 0
          const bareBefore = isBareFirst ? await fastestBare(url, addresses, options) : null
          const served = await servedCalls(running, addresses, options)
          const bare = bareBefore ?? (await fastestBare(url, addresses, options))
          points.push({
            ...{ addresses, callMs: served.ms, bareMs: bare.ms, bare: bare.statement, ratio: served.ms / bare.ms },
            serverMicrosPerCall: served.micros,
          })
        }
        if (round > 0) rounds.push(points)
      }
      return sizes.map((_, index) => middle(rounds.map(points => points[index]!)))
    } finally {
      await running.stop()
    }
  })
}

// Ratios are taken within a round, where both sides met the same machine.
function middle(points: readonly CheckPoint[]): CheckPoint {
  const of = (figure: 'callMs' | 'bareMs' | 'ratio' | 'serverMicrosPerCall'): number =>
    median(points.map(point => point[figure]))
  const { addresses, bare } = points[0]!
  const figures = { callMs: of('callMs'), bareMs: of('bareMs'), serverMicrosPerCall: of('serverMicrosPerCall') }
  return { addresses, bare, ratio: of('ratio'), ...figures }
}

/** Some people's addresses, others each time, all of them there. */
function somebody(count: number, turn: number): string[] {
  return Array.from({ length: count }, (_, index) => addressOf((turn * 7 + index) % addressCount))
}

async function servedCalls(
  running: Awaited<ReturnType<typeof startServed>>,
  addresses: number,
  { seconds, calls: callsMax }: BenchOptions,
): Promise<{ ms: number; micros: number }> {
  let turn = 0
  const cpu = running.cpuMicros()
  const load = await sendLoad({
    ...{ port: running.port, path: '/v1/checks', connections: 1, seconds, callsMax },
    headers: ['Content-Type: application/json', `Authorization: Bearer ${apiKey}`],
    nextBody: () => JSON.stringify({ addresses: somebody(addresses, turn++) }),
  })
  return { ms: median(load.latenciesMs), micros: (running.cpuMicros() - cpu) / load.calls }
}

const wanted = ['address_key', 'unsubscribed', 'version', 'since', 'reason']

interface BareStatement {
  readonly name: string
  readonly sql: string
  readonly valuesOf: (keys: string[]) => string[]
}

function bareStatements(count: number): BareStatement[] {
  const select = `select ${wanted.join(', ')} from email_status where address_key`
  if (count === 1) return [{ name: 'address_key = ?', sql: `${select} = ?`, valuesOf: keys => keys }]
  const given = "JSON_TABLE(?, '$[*]' COLUMNS (k varchar(320) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PATH '$'))"
  const columns = wanted.map(column => `found.${column}`).join(', ')
  const joined = `SELECT ${columns} FROM ${given} AS given STRAIGHT_JOIN email_status AS found ON found.address_key = k`
  return [
    { name: 'IN (?, ...)', sql: `${select} in (${Array(count).fill('?').join()})`, valuesOf: keys => keys },
    { name: 'JSON_TABLE(?)', sql: joined, valuesOf: keys => [JSON.stringify(keys)] },
  ]
}

/** One connection, one statement at a time, prepared once; its session is set up as the store sets up its own. */
async function fastestBare(
  url: string,
  count: number,
  { seconds, calls }: BenchOptions,
): Promise<{ ms: number; statement: string }> {
  const connection = await createConnection({ uri: url, charset: 'utf8mb4', timezone: 'Z', supportBigNumbers: true })
  try {
    await connection.query('set session transaction isolation level read committed')
    const figures: { ms: number; statement: string }[] = []
    const statements = bareStatements(count)
    for (const { name, sql, valuesOf } of statements) {
      const times: number[] = []
      const deadline = performance.now() + (seconds * 1000) / statements.length
      for (let turn = 0; turn < calls && performance.now() < deadline; turn++) {
        const keys = somebody(count, turn)
        const startedAt = performance.now()
        const [rows] = await connection.execute(sql, valuesOf(keys))
        times.push(performance.now() - startedAt)
        if ((rows as unknown[]).length !== count) throw new Error(`expected ${count} rows of ${name}`)
      }
      figures.push({ ms: median(times), statement: name })
    }
    return figures.reduce((best, figure) => (figure.ms < best.ms ? figure : best))
  } finally {
    await connection.end()
  }
}
