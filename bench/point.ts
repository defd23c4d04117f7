// One measurement of one server under one load: rates, latencies, and the CPU time that everybody takes who shares the
// machine. It must not know which server it is, nor what the calls say.
import type { BenchEngine, Databases } from './databases.js'
import { type LoadResult, sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import type { RunningServer } from './processes.js'
import { soapPath } from './served.js'
import { median, quantile } from './statistics.js'

export interface Point {
  readonly connections: number
  readonly callsPerSecond: number
  readonly medianMs: number
  readonly p99Ms: number
  /** CPU time of the server process, all of its threads and children, user and system. */
  readonly cpuMicrosPerCall: number
  /** The same of the database server; 0 where the store is a file. */
  readonly databaseMicrosPerCall: number
  /** The same of the callers. */
  readonly callerMicrosPerCall: number
}

export interface Measured {
  readonly running: RunningServer
  readonly databases: Databases
  readonly engine: BenchEngine
  readonly nextBody: () => string
  readonly connections: number
}

export async function measurePoint(
  { running, databases, engine, nextBody, connections }: Measured,
  { seconds, calls: callsMax }: BenchOptions,
): Promise<Point> {
  const server = running.cpuMicros()
  const database = databases.cpuMicros(engine)
  const caller = process.cpuUsage()
  const load = await sendLoad({ port: running.port, path: soapPath, nextBody, connections, seconds, callsMax })
  const { user, system } = process.cpuUsage(caller)
  return {
    connections,
    ...ratesOf(load),
    cpuMicrosPerCall: (running.cpuMicros() - server) / load.calls,
    databaseMicrosPerCall: (databases.cpuMicros(engine) - database) / load.calls,
    callerMicrosPerCall: (user + system) / load.calls,
  }
}

const ratesOf = (load: LoadResult): Pick<Point, 'callsPerSecond' | 'medianMs' | 'p99Ms'> => ({
  callsPerSecond: load.calls / load.seconds,
  medianMs: median(load.latenciesMs),
  p99Ms: quantile(load.latenciesMs, 0.99),
})

/** Medians of each figure over the rounds. */
export function medianPoint<Figures extends Point>(points: readonly Figures[]): Figures {
  const names = Object.keys(points[0]!) as (keyof Figures)[]
  return Object.fromEntries(
    names.map(name => {
      const values = points.map(point => point[name])
      return [name, typeof values[0] === 'number' ? median(values as number[]) : values[0]]
    }),
  ) as unknown as Figures // the same names, each with a value of its type
}
