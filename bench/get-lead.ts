// How many people a second are read by address, by our server, by the baseline, and by the bare statement. It knows the
// order of the measurement; it must not know how servers are made.
import { createConnection } from 'mysql2/promise'
import { sides } from './baselines.js'
import { addressCount, addressOf, getLeadMessages, syncLeadMessages } from './calls.js'
import { type Databases, inFresh } from './databases.js'
import { sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import { measurePoint, medianPoint, type Point } from './point.js'
import { soapPath } from './served.js'

export interface GetLeadPoint extends Point {
  readonly server: string
}

const connections = 16

export async function measureGetLead(
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<readonly GetLeadPoint[]> {
  const rounds: GetLeadPoint[][] = []
  for (let round = 0; round < options.rounds; round++) {
    say(`mariadb: round ${round + 1} of ${options.rounds}`)
    const points: GetLeadPoint[] = []
    for (const name of round % 2 === 0 ? ['ours', 'npm-soap'] : ['npm-soap', 'ours']) {
      await inFresh(databases, 'mariadb', async url => {
        points.push(...(await servedAndBare(name, url, databases, options)))
      })
    }
    rounds.push(points)
  }
  const servers = [...new Set(rounds[0]!.map(({ server }) => server))]
  return servers.map(server => medianPoint(rounds.map(points => points.find(point => point.server === server)!)))
}

async function servedAndBare(
  name: string,
  databaseUrl: string,
  databases: Databases,
  options: BenchOptions,
): Promise<GetLeadPoint[]> {
  const side = sides.find(side => side.name === name)!
  const running = await side.start(databaseUrl)
  try {
    const target = { port: running.port, path: soapPath, seconds: 60, connections }
    await sendLoad({ ...target, nextBody: syncLeadMessages(), callsMax: addressCount })
    const nextBody = getLeadMessages()
    await sendLoad({ ...target, nextBody, callsMax: 4_000 })
    const where = { running, databases, engine: 'mariadb', nextBody, connections } as const
    const point = { server: side.title, ...(await measurePoint(where, options)) }
    if (name !== 'ours') return [point]
    return [point, { server: 'bare prepared SELECT', ...(await barePoint(databaseUrl, databases, options)) }]
  } finally {
    await running.stop()
  }
}

/** As many connections, each with one statement in flight. */
async function barePoint(databaseUrl: string, databases: Databases, { seconds }: BenchOptions): Promise<Point> {
  const all = await Promise.all(Array.from({ length: connections }, () => createConnection(databaseUrl)))
  const sql =
    'select people.*, email_status.* from people left join email_status on email_status.address_key = ' +
    'people.address_key where people.address_key = ? order by people.id desc limit 100'
  const database = databases.cpuMicros('mariadb')
  const caller = process.cpuUsage()
  const startedAt = performance.now()
  let count = 0
  await Promise.all(
    all.map(async connection => {
      while (performance.now() - startedAt < seconds * 1000) {
        await connection.execute(sql, [addressOf(count++ % addressCount)])
      }
      await connection.end()
    }),
  )
  const passed = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(caller)
  return {
    ...{ connections, callsPerSecond: count / passed, medianMs: Number.NaN, p99Ms: Number.NaN },
    cpuMicrosPerCall: 0,
    databaseMicrosPerCall: (databases.cpuMicros('mariadb') - database) / count,
    callerMicrosPerCall: (user + system) / count,
  }
}
