// An address that hundreds of thousands of people share opts out: how soon its caller is answered, beside the caller of
// an address with one person, and what everybody else notices while the histories are written. It knows the order of
// the measurement; how a history is written it does not know.
import { setTimeout as delay } from 'node:timers/promises'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { openStore } from '../src/store/store.js'
import { eventually } from '../test/support/eventually.js'
import { addressCount, closingOf, passOpenings, syncLeadMessages } from './calls.js'
import { type Databases, inFresh } from './databases.js'
import { type LoadResult, sendLoad } from './load.js'
import type { BenchOptions } from './options.js'
import { soapPath, startServed } from './served.js'
import { median, quantile } from './statistics.js'

export interface FanOutResult {
  readonly people: number
  /** Milliseconds until an opt-out was answered: of an address with one person, and of the crowded one. */
  readonly aloneMs: number
  readonly crowdedMs: number
  /** From its answer until everybody's history was written, with nothing else to do. */
  readonly wholeSeconds: number
  readonly points: readonly FanOutPoint[]
}

export interface FanOutPoint {
  readonly connections: number
  readonly before: Latency
  readonly during: Latency
  /** Of the 99th percentiles, taken within a round. */
  readonly p99Ratio: number
  /** Histories written a second beside the calls. */
  readonly toldPerSecond: number
}

interface Latency {
  readonly callsPerSecond: number
  readonly medianMs: number
  readonly p99Ms: number
}

const crowd = 200_000
const crowded = 'office@bench.example'
const lonely = 'alone@bench.example'
const firstId = 5_000_000
/** Opt-outs and the re-subscribes between them; each of the crowd's ends the fan-out of the one before. */
const answersMeasured = 40
const apiKey = 'bench-key-0123456789abcdef0123456789'

export async function measureFanOut(
  options: BenchOptions,
  databases: Databases,
  say: (text: string) => void,
): Promise<FanOutResult> {
  const people = options.people ?? crowd
  return inFresh(databases, 'mariadb', async url => {
    await fillCrowd(url, people)
    const server = await startServed(url, { env: { BOOTSTRAP_API_KEY: apiKey } })
    const connection = await createConnection(url)
    try {
      const scene = aScene(server.port, connection)
      const nextBody = syncLeadMessages()
      // Twice: everybody is made, then opted out, which also warms the compilers up.
      await sendLoad({ port: server.port, path: soapPath, connections: 16, nextBody, ...warmUp })
      const [aloneMs, crowdedMs] = await scene.answerTimes()
      await scene.giveUp()
      const startedAt = performance.now()
      await scene.flip(crowded)
      await scene.isRead()
      await scene.over()
      const wholeSeconds = (performance.now() - startedAt) / 1000
      say(`alone ${wholeSeconds.toFixed(1)} s for ${people} histories`)
      const points: FanOutPoint[] = []
      for (const connections of options.connections.filter(each => each > 1)) {
        const load = (): Promise<LoadResult> =>
          sendLoad({ port: server.port, path: soapPath, connections, nextBody, seconds: options.seconds })
        points.push(await besides(connections, scene, load, options.rounds, say))
      }
      return { people, aloneMs, crowdedMs, wholeSeconds, points }
    } finally {
      await connection.end()
      await server.stop()
    }
  })
}

const warmUp = { seconds: 120, callsMax: 2 * addressCount }

type Scene = ReturnType<typeof aScene>

/** Quiet and busy in turns, so that both meet the same machine. */
async function besides(
  connections: number,
  scene: Scene,
  load: () => Promise<LoadResult>,
  rounds: number,
  say: (text: string) => void,
): Promise<FanOutPoint> {
  const measured: { before: Latency; during: Latency; toldPerSecond: number }[] = []
  for (let round = 1; round <= rounds; round++) {
    const before = latencyOf(await load())
    await scene.flip(crowded)
    const told = await scene.told()
    const busy = await load()
    const toldPerSecond = ((await scene.told()) - told) / busy.seconds
    if (!(await scene.isGoingOn())) throw new Error('the histories were written before the load ended: --people N')
    await scene.giveUp()
    measured.push({ before, during: latencyOf(busy), toldPerSecond })
    say(
      `${connections} connections, round ${round}: ${before.p99Ms.toFixed(1)}, ${latencyOf(busy).p99Ms.toFixed(1)} ms`,
    )
  }
  const of = (figure: (round: (typeof measured)[number]) => number): number => median(measured.map(figure))
  const middle = (which: 'before' | 'during'): Latency => ({
    callsPerSecond: of(round => round[which].callsPerSecond),
    medianMs: of(round => round[which].medianMs),
    p99Ms: of(round => round[which].p99Ms),
  })
  return {
    ...{ connections, before: middle('before'), during: middle('during') },
    p99Ratio: of(({ before, during }) => during.p99Ms / before.p99Ms),
    toldPerSecond: of(round => round.toldPerSecond),
  }
}

const latencyOf = ({ calls, seconds, latenciesMs }: LoadResult): Latency => ({
  callsPerSecond: calls / seconds,
  medianMs: median(latenciesMs),
  p99Ms: quantile(latenciesMs, 0.99),
})

function aScene(port: number, connection: Awaited<ReturnType<typeof createConnection>>) {
  const openingAt = passOpenings('<ns1:paramsSyncLead><leadRecord><Email>')
  const passes = new Map<string, number>()
  const figure = async (sql: string): Promise<number> => {
    const [rows] = await connection.query<RowDataPacket[]>(sql)
    return Number(rows[0]?.n)
  }
  const isGoingOn = async (): Promise<boolean> => (await figure('select count(*) as n from fan_outs')) > 0
  const flip = async (address: string): Promise<number> => {
    const pass = (passes.get(address) ?? 0) + 1
    passes.set(address, pass)
    const body = openingAt(pass) + address + closingOf(pass % 2 === 1 ? '1' : '0')
    const { latenciesMs } = await sendLoad({
      ...{ port, path: soapPath, connections: 1, seconds: 60, callsMax: 1, nextBody: () => body },
    })
    return latenciesMs[0]!
  }
  return {
    ...{ flip, isGoingOn },
    /** Taken in turns. */
    async answerTimes(): Promise<readonly [number, number]> {
      const times: [number[], number[]] = [[], []]
      for (let turn = 0; turn < answersMeasured; turn++) {
        times[0].push(await flip(lonely))
        times[1].push(await flip(crowded))
      }
      return [median(times[0]), median(times[1])]
    },
    /** Whoever reads the address now reads what was just said, however many histories are still to be written. */
    async isRead(): Promise<void> {
      const url = `http://127.0.0.1:${port}/v1/addresses/${encodeURIComponent(crowded)}`
      const reply = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` } })
      const { status } = (await reply.json()) as { status?: string }
      const expected = passes.get(crowded)! % 2 === 1 ? 'unsubscribed' : 'subscribed'
      if (status !== expected) throw new Error(`expected ${crowded} to be ${expected}, got ${status}`)
    },
    /** Forgets what is left of it, as no product does, so that the next round need not wait for all of it. */
    async giveUp(): Promise<void> {
      const isForgotten = async (): Promise<boolean> => {
        await connection.query('delete from fan_outs')
        await delay(200)
        return !(await isGoingOn())
      }
      await eventually(isForgotten, { withinMs: 60_000, what: 'the end' })
    },
    told: () => figure('select activity_id as n from log_head'),
    over: () => eventually(async () => !(await isGoingOn()), { withinMs: 1_800_000, everyMs: 20, what: 'the end' }),
  }
}

async function fillCrowd(databaseUrl: string, people: number): Promise<void> {
  const store = openStore(databaseUrl)
  await store.migrate()
  await store.close()
  const connection = await createConnection(databaseUrl)
  const fields = `concat('{"FirstName":"First ', seq, '","Company":"Company"}')`
  try {
    const now = Date.now()
    const row = [`${firstId} + seq`, `'${crowded}'`, `'${crowded}'`, '0', '0', "'Default'", fields, now, now, now]
    await connection.query(
      'insert into people (id, address_key, address, address_seq, own_unsubscribed, partition_name, fields, ' +
        `created_at, saved_at, updated_at) select ${row} from seq_1_to_${people}`,
    )
    await connection.query(
      'insert into email_status (address_key, unsubscribed, version, seq, people) values (?, 0, 0, 0, ?)',
      [crowded, people],
    )
  } finally {
    await connection.end()
  }
}

export function fanOutTable({ people, aloneMs, crowdedMs, wholeSeconds, points }: FanOutResult): string {
  const rows = points.map(({ connections, before, during, p99Ratio, toldPerSecond }) => {
    const figures = [before.callsPerSecond, during.callsPerSecond].map(rate => rate.toFixed(0))
    const times = [before.medianMs, during.medianMs, before.p99Ms, during.p99Ms].map(ms => ms.toFixed(1))
    return `| ${[connections, ...figures, ...times, p99Ratio.toFixed(2), toldPerSecond.toFixed(0)].join(' | ')} |`
  })
  const answered = `${crowdedMs.toFixed(1)} ms beside ${aloneMs.toFixed(1)} ms with one person`
  return [
    `An opt-out of ${people} people is answered after ${answered}: ${(crowdedMs / aloneMs).toFixed(2)} times.`,
    `Their histories are written after ${wholeSeconds.toFixed(0)} s where nothing else is to be done.`,
    '',
    '| connections | calls/s before | during | median ms | during | p99 ms | during | ratio | histories/s |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
