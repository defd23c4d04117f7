// The line between server and database is slow, cut or silent: callers get an answer or are told to try again, in time,
// and the server finds back by itself. FAULT_LONG=1 gives the times that the promise names, otherwise shorter ones.
import t, { type Test } from 'tap'
import { readConfig } from '../../src/config.js'
import { serve } from '../../src/serve.js'
import { type Engine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { type LegacyClient, LegacyFault, legacyClient } from '../support/legacy-client.js'
import { requires } from '../support/requirements.js'
import { account } from '../support/server-child.js'
import { isVerified, readLog } from '../support/store-inspection.js'
import { type CommitFault, startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js'

const isLong = process.env.FAULT_LONG === '1'
const awayMs = isLong ? 60_000 : 4_000
const slowMs = isLong ? 2_000 : 700
const deadlines = { STATEMENT_MS: isLong ? '10000' : '1500', PATIENCE_MS: isLong ? '15000' : '3000' }
/** Far more than every deadline, far less than TCP's own patience. */
const inTime = { withinMs: isLong ? 120_000 : 60_000, what: 'an answer' }
/** A batch takes a second over such a line. */
const thinBytesPerSecond = 30_000
const queueMax = 30
const crowdCount = 100

t.setTimeout(600_000)

interface Scene {
  readonly proxy: TcpProxy
  readonly databaseUrl: string
  client(): LegacyClient
}

const faults: readonly CommitFault[] = ['cut before', 'cut during', 'cut after', 'dead before', 'dead after']

for (const engine of ['mysql', 'mysql9'] satisfies Engine[]) {
  onBadLine(
    'a COMMIT that is spoilt in any way is carried out once, and its caller gets an answer',
    engine,
    async (t, scene) => {
      const client = scene.client()
      await client.syncLead({ email: 'warm@example.org' })
      for (const fault of faults) {
        const mark = fault.replace(' ', '-')
        const spoilt = scene.proxy.spoilCommit(fault, mark)
        const attempts = await untilTaken(client, mark)
        await inLimit(spoilt)
        const logged = await timesInLog(scene.databaseUrl, mark)
        t.ok(logged >= 1 && logged <= attempts, `${fault}: ${logged} entries for ${attempts} attempts`)
        // A line that is cut shows at once; only one that is silent may cost a caller its patience.
        if (fault.startsWith('cut')) t.equal(attempts, 1, `${fault}: the caller noticed nothing`)
      }
    },
  )

  onBadLine('behind a line that went silent everybody is told in time to try again', engine, async (t, scene) => {
    await outage(t, scene, async () => scene.proxy.goDead())
  })

  // What these two show lies on our side of the line; one kind of server is enough for an ordinary run.
  if (engine === 'mysql9' && !isLong) continue

  onBadLine(
    `a database that is away for ${awayMs / 1_000} s is told of at once, and found again`,
    engine,
    async (t, scene) => {
      await outage(t, scene, () => scene.proxy.goAway())
    },
  )

  onBadLine(
    `a database that takes ${slowMs} ms a statement loses nothing, nor does a thin line, and nobody waits`,
    engine,
    async (t, scene) => {
      const client = scene.client()
      await client.syncLead({ email: 'warm@example.org' })
      scene.proxy.delay(slowMs)
      const marks = Array.from({ length: 8 }, (_, index) => `slow-${index}`)

      const first = await Promise.all(marks.map(mark => inLimit(attempt(scene.client(), mark))))

      t.ok(
        first.every(answer => answer === 'taken' || answer === '20011'),
        `answers: ${[...new Set(first)].join(', ')}`,
      )
      scene.proxy.delay(0)
      scene.proxy.throttle(thinBytesPerSecond)
      await Promise.all(marks.map(mark => untilTaken(scene.client(), mark)))
      for (const mark of marks) t.ok((await timesInLog(scene.databaseUrl, mark)) >= 1, mark)
    },
  )
}

function onBadLine(claim: string, engine: Engine, body: (t: Test, scene: Scene) => Promise<void>): void {
  t.test(`${claim} (${engine})`, async t => {
    if (engine !== 'sqlite' && !requires(t, engine)) return
    const { url: databaseUrl } = await withDatabase(t, engine)
    const proxy = await startTcpProxy(t, databaseUrl)
    const server = await serve(
      readConfig({
        DATABASE_URL: proxy.url,
        PORT: '0',
        LOG_LEVEL: 'silent',
        QUEUE_MAX: String(queueMax),
        DRAIN_MS: '0',
        BOOTSTRAP_SOAP_USER: account.user,
        BOOTSTRAP_SOAP_KEY: account.key,
        BOOTSTRAP_API_KEY: account.apiKey,
        ...deadlines,
      }),
    )
    const clients: LegacyClient[] = []
    t.teardown(async () => {
      for (const client of clients) client.close()
      await server.close()
    })
    await body(t, {
      proxy,
      databaseUrl,
      client() {
        const client = legacyClient({ url: server.url, ...account })
        clients.push(client)
        return client
      },
    })
    await isVerified(t, databaseUrl, 'after all')
  })
}

/** More callers than may wait, of both faces, while the database cannot be reached; then it can again. */
async function outage(t: Test, scene: Scene, begin: () => Promise<void>): Promise<void> {
  const marks = Array.from({ length: crowdCount }, (_, index) => `crowd-${index}`)
  await scene.client().syncLead({ email: 'warm@example.org' })
  await begin()
  const endsAt = Date.now() + awayMs

  const soap = await Promise.all(marks.map(mark => inLimit(attempt(scene.client(), mark))))
  const suppressed = await inLimit(
    scene.client().json('PUT', '/v1/addresses/ada@example.org/subscription', suppression),
  )
  const read = await inLimit(scene.client().json('GET', '/v1/addresses/ada@example.org'))
  const ready = await inLimit(scene.client().json('GET', '/health/ready'))

  t.same(
    [...new Set(soap)].filter(answer => answer !== '20011' && answer !== '20024'),
    [],
    'SOAP: try again',
  )
  t.same([suppressed.status, read.status, ready.status], [503, 503, 503], 'JSON: try again')
  t.ok(Number(suppressed.headers['retry-after']) > 0 && Number(read.headers['retry-after']) > 0, 'and when')
  await eventually(() => Date.now() > endsAt, { withinMs: awayMs * 2, everyMs: 100 })
  await scene.proxy.comeBack()

  await eventually(async () => (await scene.client().json('GET', '/health/ready')).status === 200, inTime)
  // No more at once than the queue takes: the rest would only learn that it is full.
  for (let at = 0; at < marks.length; at += queueMax) {
    await Promise.all(marks.slice(at, at + queueMax).map(mark => untilTaken(scene.client(), mark)))
  }
  const log = await readLog(scene.databaseUrl)
  for (const mark of marks) {
    const entries = log.filter(({ detail }) => JSON.stringify(detail.command).includes(`"${mark}"`)).length
    if (entries < 1 || entries > 2) t.fail(`${mark} is ${entries} times in the log`)
  }
}

const suppression = { status: 'unsubscribed', reason: 'asked by mail' }

type Attempt = 'taken' | string

/** `taken`, or the code of the fault. */
async function attempt(client: LegacyClient, mark: string): Promise<Attempt> {
  try {
    await client.syncLead({ email: `${mark}@example.org`, attributes: { Company: mark } })
    return 'taken'
  } catch (cause) {
    if (cause instanceof LegacyFault) return cause.code
    throw cause
  }
}

/** How many calls it took. Any fault but one that asks to try again is an error. */
async function untilTaken(client: LegacyClient, mark: string): Promise<number> {
  let attempts = 0
  const refused = await eventually(async () => {
    attempts++
    const answer = await attempt(client, mark)
    if (answer === 'taken') return 'no'
    return answer === '20011' || answer === '20024' ? null : answer
  }, inTime)
  if (refused !== 'no') throw new Error(`${mark} was refused with ${refused}`)
  return attempts
}

async function inLimit<T>(answer: Promise<T>): Promise<T> {
  let answered: { readonly value: T } | undefined
  let failed: unknown
  answer.then(
    value => {
      answered = { value }
    },
    cause => {
      failed = cause
    },
  )
  await eventually(() => answered !== undefined || failed !== undefined, inTime)
  if (answered === undefined) throw failed
  return answered.value
}

async function timesInLog(databaseUrl: string, mark: string): Promise<number> {
  const log = await readLog(databaseUrl)
  return log.filter(({ detail }) => JSON.stringify(detail.command).includes(`"${mark}"`)).length
}
