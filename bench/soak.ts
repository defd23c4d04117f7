// Memory of a server under steady load, sampled each second: what it holds, what V8 took of it, and what a straight
// line through the second half says of an hour. A short run shows a leak, not its absence: the margin says how far it
// sees.
import { mixedMessages } from './calls.js'
import { type BenchEngine, type Databases, inFresh } from './databases.js'
import { sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import { table } from './report.js'
import { type Served, soapPath, startServed } from './served.js'
import { mean, type Trend, trendOf } from './statistics.js'

export interface SoakResult {
  readonly engine: BenchEngine
  readonly seconds: number
  readonly calls: number
  readonly cpuMicrosPerCall: number
  /** Of that process which holds the most, after the first half, when caches are full. */
  readonly residentMiB: number
  /** Of the whole run. */
  readonly residentMaxMiB: number
  /** Of all processes together: what lives or has not been collected yet, and what V8 has taken for it. */
  readonly heapUsedMiB: number
  readonly heapTotalMiB: number
  /** Buffers, for the most part. */
  readonly externalMiB: number
  readonly residentPerHour: Trend
  readonly heapPerHour: Trend
}

interface Sample {
  readonly atSeconds: number
  readonly resident: number
  readonly heapUsed: number
  readonly heapTotal: number
  readonly external: number
}

// Enough that batches form; so few that a day of a busy installation is not left behind in an hour.
const connections = 8
const sampleEveryMs = 1_000
const samplesMin = 40
const mebibyte = 1024 * 1024

export async function measureSoak(
  { engines, seconds, workers }: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<readonly SoakResult[]> {
  const results: SoakResult[] = []
  for (const engine of engines) {
    say(`${engine}: ${seconds} s`)
    await inFresh(databases, engine, async url => {
      const server = await startServed(url, { env: { WORKERS: String(workers) } })
      try {
        results.push(await soak(server, engine, seconds))
      } finally {
        await server.stop()
      }
    })
  }
  return results
}

async function soak(server: Served, engine: BenchEngine, seconds: number): Promise<SoakResult> {
  const samples: Sample[] = []
  const startedAt = performance.now()
  const timer = setInterval(async () => {
    const found = await server.metrics()
    const of = (name: string): number => (found.get(name) ?? Number.NaN) / mebibyte
    samples.push({
      atSeconds: (performance.now() - startedAt) / 1000,
      resident: server.residentBytesOfLargest() / mebibyte,
      heapUsed: of('nodejs_heap_size_used_bytes'),
      heapTotal: of('nodejs_heap_size_total_bytes'),
      external: of('nodejs_external_memory_bytes'),
    })
  }, sampleEveryMs)
  const cpu = server.cpuMicros()
  const load = { port: server.port, path: soapPath, connections, nextBody: mixedMessages(), seconds }
  const { calls } = await sendLoad(load).finally(() => clearInterval(timer))
  const cpuMicrosPerCall = (server.cpuMicros() - cpu) / calls
  if (samples.length < samplesMin) throw new Error(`soak: expected ${samplesMin} samples or more; let it take longer`)
  const settled = samples.slice(samples.length >> 1)
  const meanOf = (of: (sample: Sample) => number): number => mean(settled.map(of))
  return {
    ...{ engine, seconds, calls, cpuMicrosPerCall },
    residentMiB: meanOf(({ resident }) => resident),
    residentMaxMiB: Math.max(...samples.map(({ resident }) => resident)),
    heapUsedMiB: meanOf(({ heapUsed }) => heapUsed),
    heapTotalMiB: meanOf(({ heapTotal }) => heapTotal),
    externalMiB: meanOf(({ external }) => external),
    residentPerHour: perHour(settled, ({ resident }) => resident),
    heapPerHour: perHour(settled, ({ heapUsed }) => heapUsed),
  }
}

const perHour = (samples: readonly Sample[], of: (sample: Sample) => number): Trend =>
  trendOf(samples.map(sample => ({ x: sample.atSeconds / 3600, y: of(sample) })))

export function soakTable(results: readonly SoakResult[]): string {
  const rows = results.map(result => {
    const { engine, seconds, calls, cpuMicrosPerCall, residentMiB, residentMaxMiB } = result
    const { heapUsedMiB, heapTotalMiB, externalMiB } = result
    return [
      ...[engine, String(seconds), String(calls), cpuMicrosPerCall.toFixed(0)],
      ...[residentMiB, residentMaxMiB, heapUsedMiB, heapTotalMiB, externalMiB].map(figure => figure.toFixed(1)),
      ...[result.residentPerHour, result.heapPerHour].map(shown),
    ]
  })
  const head = ['store', 's', 'calls', 'CPU us/call', 'resident MiB', 'at most', 'heap', 'heap taken', 'external']
  return table([[...head, 'resident MiB/h', 'heap MiB/h'], ...rows])
}

const shown = ({ slope, margin }: Trend): string => `${slope.toFixed(0)} ± ${margin.toFixed(0)}`
