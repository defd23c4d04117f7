// How many leads a second come in by calls of 300, beside what the same statements reach without the server. It knows
// the order of the measurement; it must not know how calls or statements are made.
import { replay } from './bare.js'
import { addressCount, manyLeadsMessages } from './calls.js'
import { type BenchEngine, type Databases, inFresh } from './databases.js'
import type { BenchOptions } from './options.js'
import { measurePoint, medianPoint, type Point } from './point.js'
import { manyLeadsScript, record } from './recording.js'
import { startServed } from './served.js'
import { median } from './statistics.js'

export interface ManyLeadsResult {
  readonly engine: BenchEngine
  readonly leadsPerSecond: number
  readonly barePerSecond: number
  readonly ratio: number
  /** Of one call of 300. */
  readonly point: Point
}

const leads = 300
const connections = 4

export async function measureManyLeads(
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<readonly ManyLeadsResult[]> {
  const results: ManyLeadsResult[] = []
  for (const engine of options.engines) {
    const recording = await inFresh(databases, engine, url => record(url, manyLeadsScript(leads)))
    const rounds: { readonly point: Point; readonly bare: number }[] = []
    for (let round = 0; round < options.rounds; round++) {
      say(`${engine}: round ${round + 1} of ${options.rounds}`)
      let bare = Number.NaN
      let point: Point | null = null
      const tasks: ((databaseUrl: string) => Promise<void>)[] = [
        async url => {
          bare = (await replay(recording, url, options.seconds)).get(leads)!
        },
        async url => {
          point = await served(url, engine, databases, options)
        },
      ]
      for (const task of round % 2 === 0 ? tasks : tasks.reverse()) await inFresh(databases, engine, task)
      rounds.push({ point: point!, bare })
    }
    const rate = ({ callsPerSecond }: Point): number => callsPerSecond * leads
    results.push({
      engine,
      leadsPerSecond: median(rounds.map(({ point }) => rate(point))),
      barePerSecond: median(rounds.map(({ bare }) => bare)),
      ratio: median(rounds.map(({ point, bare }) => rate(point) / bare)),
      point: medianPoint(rounds.map(({ point }) => point)),
    })
  }
  return results
}

async function served(
  databaseUrl: string,
  engine: BenchEngine,
  databases: Databases,
  options: BenchOptions,
): Promise<Point> {
  const running = await startServed(databaseUrl)
  try {
    const where = { running, engine, databases, nextBody: manyLeadsMessages(leads), connections }
    // Everybody, and then some more until the compiler has seen every path.
    const warmUp = Math.ceil(addressCount / leads) + 60
    await measurePoint({ ...where, connections: 1 }, { ...options, seconds: 60, calls: warmUp })
    return await measurePoint(where, options)
  } finally {
    await running.stop()
  }
}
