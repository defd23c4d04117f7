// Memory of the server under steady load, sampled each second, and what a straight line through the second half of the
// samples says of an hour. A short run shows a leak, not its absence; the line is as good as the run is long.
import { mixedMessages } from './calls.js'
import { type BenchEngine, type Databases, inFresh } from './databases.js'
import { sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import { type Served, soapPath, startServed } from './served.js'

export interface SoakResult {
  readonly engine: BenchEngine
  readonly seconds: number
  readonly calls: number
  /** After the first half, when caches are full. */
  readonly residentMiB: number
  readonly residentMaxMiB: number
  readonly heapUsedMiB: number
  /** By the line through the second half; with two halves of it that differ in sign it means nothing. */
  readonly residentMiBPerHour: number
  readonly heapMiBPerHour: number
}

interface Sample {
  readonly atSeconds: number
  readonly resident: number
  readonly heapUsed: number
}

// Enough that batches form; so few that a day of a busy installation is not left behind in an hour.
const connections = 8
const sampleEveryMs = 1_000
const mebibyte = 1024 * 1024

export async function measureSoak(
  { engines, seconds }: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<readonly SoakResult[]> {
  const results: SoakResult[] = []
  for (const engine of engines) {
    say(`${engine}: ${seconds} s`)
    await inFresh(databases, engine, async url => {
      const server = await startServed(url)
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
    const heapUsed = (await server.metrics()).get('nodejs_heap_size_used_bytes') ?? Number.NaN
    samples.push({ atSeconds: (performance.now() - startedAt) / 1000, resident: server.residentBytes(), heapUsed })
  }, sampleEveryMs)
  const load = { port: server.port, path: soapPath, connections, nextBody: mixedMessages(), seconds }
  const { calls } = await sendLoad(load).finally(() => clearInterval(timer))
  const settled = samples.slice(samples.length >> 1)
  if (settled.length < 5) throw new Error('soak: expected --seconds 20 or more, there are too few samples')
  const mean = (of: (sample: Sample) => number): number =>
    settled.reduce((sum, sample) => sum + of(sample), 0) / settled.length / mebibyte
  return {
    ...{ engine, seconds, calls },
    residentMiB: mean(({ resident }) => resident),
    residentMaxMiB: Math.max(...samples.map(({ resident }) => resident)) / mebibyte,
    heapUsedMiB: mean(({ heapUsed }) => heapUsed),
    residentMiBPerHour: (slope(settled, ({ resident }) => resident) * 3600) / mebibyte,
    heapMiBPerHour: (slope(settled, ({ heapUsed }) => heapUsed) * 3600) / mebibyte,
  }
}

/** Least squares, bytes a second. */
function slope(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const meanAt = mean(samples.map(({ atSeconds }) => atSeconds))
  const meanOf = mean(samples.map(of))
  const over = samples.map(({ atSeconds }) => (atSeconds - meanAt) ** 2).reduce((sum, square) => sum + square, 0)
  return samples.reduce((sum, sample) => sum + (sample.atSeconds - meanAt) * (of(sample) - meanOf), 0) / over
}

export function soakTable(results: readonly SoakResult[]): string {
  const rows = results.map(result => {
    const { engine, seconds, calls, residentMiB, residentMaxMiB, heapUsedMiB } = result
    const figures = [residentMiB, residentMaxMiB, heapUsedMiB, result.residentMiBPerHour, result.heapMiBPerHour]
    return `| ${[engine, seconds, calls, ...figures.map(figure => figure.toFixed(1))].join(' | ')} |`
  })
  return [
    '| engine | s | calls | resident MiB | at most | heap MiB | resident MiB/h | heap MiB/h |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
