// What a call costs the server without any database: ours, node's bare HTTP server with a constant, and PHP's
// SoapServer. It knows the order of the measurement; it must not know how servers are made.
import { phpProblem, startConstant, startPhp, startSoapPath } from './baselines.js'
import { syncLeadMessages } from './calls.js'
import type { Databases } from './databases.js'
import { sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import { measurePoint, medianPoint, type Point } from './point.js'
import type { RunningServer } from './processes.js'
import { soapPath } from './served.js'

export interface SoapPathPoint extends Point {
  readonly server: string
}

const connections = 16

export async function measureSoapPath(
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<readonly SoapPathPoint[]> {
  const servers: [string, () => Promise<RunningServer>][] = [
    ['SOAP without a database', startSoapPath],
    ['(d) bare HTTP, a constant', () => startConstant('x'.repeat(replyLength))],
    ...(phpProblem() === null ? [['PHP SoapServer', () => startPhp(null)] as [string, typeof startSoapPath]] : []),
  ]
  const rounds: SoapPathPoint[][] = []
  for (let round = 0; round < options.rounds; round++) {
    say(`round ${round + 1} of ${options.rounds}`)
    const points: SoapPathPoint[] = []
    for (const [server, start] of round % 2 === 0 ? servers : [...servers].reverse()) {
      const running = await start()
      try {
        const nextBody = syncLeadMessages()
        await sendLoad({ port: running.port, path: soapPath, nextBody, connections, seconds: 60, callsMax: 6_000 })
        const where = { running, databases, engine: 'sqlite', nextBody, connections } as const
        points.push({ server, ...(await measurePoint(where, options)) })
      } finally {
        await running.stop()
      }
    }
    rounds.push(points)
  }
  return servers.map(([server]) => medianPoint(rounds.map(points => points.find(point => point.server === server)!)))
}

/** Of the reply to a syncLead that asks for no record. */
const replyLength = 460
