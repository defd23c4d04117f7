// Whether two processes of the server carry out more calls than one, on one machine and one database. It knows the
// order of the measurement; it must not know how processes share the work.
import { syncLeadMessages } from './calls.js'
import { type Databases, inFresh } from './databases.js'
import type { BenchOptions } from './options.js'
import { measurePoint, medianPoint, type Point } from './point.js'
import { startServed } from './served.js'
import { prepare } from './sync-lead.js'

export interface WorkersPoint extends Point {
  readonly server: string
}

const connections = 64

export async function measureWorkers(
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<readonly WorkersPoint[]> {
  const rounds: WorkersPoint[][] = []
  for (let round = 0; round < options.rounds; round++) {
    say(`mariadb: round ${round + 1} of ${options.rounds}`)
    const points: WorkersPoint[] = []
    for (const workers of round % 2 === 0 ? ['1', '2'] : ['2', '1']) {
      await inFresh(databases, 'mariadb', async url => {
        const running = await startServed(url, { env: { WORKERS: workers } })
        try {
          const nextBody = syncLeadMessages()
          await prepare(running, nextBody)
          const where = { running, databases, engine: 'mariadb', nextBody, connections } as const
          points.push({ server: `WORKERS=${workers}`, ...(await measurePoint(where, options)) })
        } finally {
          await running.stop()
        }
      })
    }
    rounds.push(points.sort((a, b) => a.server.localeCompare(b.server)))
  }
  return [0, 1].map(index => medianPoint(rounds.map(points => points[index]!)))
}
