// How long the server takes from its start to its first answer, and how much memory it holds then and under load. It
// must not know what it does in between.
import { syncLeadMessages } from './calls.js'
import { type Databases, inFresh } from './databases.js'
import { sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import { soapPath, startServed } from './served.js'
import { median } from './statistics.js'

export interface StartResult {
  readonly firstAnswerMs: number
  readonly cpuMs: number
  readonly residentMiB: number
  readonly residentUnderLoadMiB: number
}

const connections = 64

export async function measureStart(
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<StartResult> {
  const rounds: StartResult[] = []
  for (let round = 0; round < options.rounds; round++) {
    say(`round ${round + 1} of ${options.rounds}`)
    await inFresh(databases, 'sqlite', async url => {
      // The first start makes the schema; what counts is the one that everybody waits for each time.
      await (await startServed(url)).stop()
      rounds.push(await oneStart(url, options))
    })
  }
  const over = (name: keyof StartResult): number => median(rounds.map(round => round[name]))
  return {
    firstAnswerMs: over('firstAnswerMs'),
    cpuMs: over('cpuMs'),
    residentMiB: over('residentMiB'),
    residentUnderLoadMiB: over('residentUnderLoadMiB'),
  }
}

async function oneStart(databaseUrl: string, { seconds, calls: callsMax }: BenchOptions): Promise<StartResult> {
  const startedAt = performance.now()
  const running = await startServed(databaseUrl)
  try {
    const nextBody = syncLeadMessages()
    const target = { port: running.port, path: soapPath, nextBody }
    await sendLoad({ ...target, connections: 1, seconds: 60, callsMax: 1 })
    const firstAnswerMs = performance.now() - startedAt
    const cpuMs = running.cpuMicros() / 1000
    const residentMiB = running.residentBytes() / 2 ** 20
    await sendLoad({ ...target, connections, seconds, callsMax })
    return { firstAnswerMs, cpuMs, residentMiB, residentUnderLoadMiB: running.residentBytes() / 2 ** 20 }
  } finally {
    await running.stop()
  }
}
