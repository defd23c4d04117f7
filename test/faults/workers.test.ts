// WORKERS=2: several processes behind one port. One may die, and all may be replaced, while callers go on; what was
// acknowledged is in the log once, and a signal to the primary is enough to end them all.
import t, { type Test } from 'tap'
import { freshDatabase, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { Unanswered } from '../support/legacy-client.js'
import { requires } from '../support/requirements.js'
import { type ServerChild, spawnServer, startServerChild } from '../support/server-child.js'
import { isVerified, readLog } from '../support/store-inspection.js'

const callersCount = 4
const replacedWithinMs = 60_000

t.test('a killed worker is replaced; callers of the others notice nothing', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const server = await startWorkers(t, url)
  const load = keepCalling(server)

  const [victim] = workerPids(server)
  process.kill(victim!, 'SIGKILL')
  await eventually(() => workerPids(server).length === 3, { withinMs: replacedWithinMs, what: 'a third worker' })
  await load.stop()

  t.ok(load.answered() > 0)
  t.same(load.failures(), [], 'whoever was not answered was cut off, and nobody was told anything wrong')
  const log = await readLog(url)
  t.ok(log.length >= load.answered(), 'every answered call is in the log')
  await isVerified(t, url, 'after the death of a worker')
})

t.test('SIGHUP replaces every worker without a refused connection or a lost call', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const server = await startWorkers(t, url)
  const before = workerPids(server)
  const load = keepCalling(server)

  process.kill(server.script.pid, 'SIGHUP')
  await server.script.line(/the workers were replaced/, { withinMs: replacedWithinMs })
  await load.stop()

  t.equal(workerPids(server).length, 4)
  for (const pid of before) t.notOk(isAlive(pid), 'an old worker is gone')
  t.same(load.failures(), [])
  t.equal(load.cutOff(), 0, 'every call was answered')
  t.equal((await readLog(url)).length, load.answered())
})

t.test('SIGTERM ends all of them in order, and the metrics are those of all', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const server = await startWorkers(t, url)
  const load = keepCalling(server)
  await eventually(() => load.answered() >= 20, { withinMs: replacedWithinMs, what: 'twenty answers' })
  await load.stop()

  const text = await (await fetch(`${server.url}/metrics`)).text()
  const counted = [...text.matchAll(/^durable_unsubscribe_commands_total\{.*\} (\d+)$/gm)].map(([, count]) =>
    Number(count),
  )
  t.equal(
    counted.reduce((sum, count) => sum + count, 0),
    load.answered(),
  )

  t.same(await server.stop(), { code: 0, signal: null })
  for (const pid of workerPids(server)) t.notOk(isAlive(pid))
})

t.test('an embedded store has one writer: more workers are refused with a reason', async t => {
  const { url, drop } = await freshDatabase('sqlite')
  t.teardown(drop)
  const server = spawnServer(t, { databaseUrl: url, env: { WORKERS: '2' } })

  t.equal((await server.exited).code, 1)
  t.match(server.stderr.join('\n'), /WORKERS: more than one needs a database server/)
})

t.test('what stops the first worker is said once and ends the start', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const first = await startServerChild(t, { databaseUrl: url })
  const server = spawnServer(t, { databaseUrl: url, env: { WORKERS: '2', PORT: new URL(first.url).port } })

  t.equal((await server.exited).code, 1)
  t.equal(server.stderr.filter(line => /is in use/.test(line)).length, 1)
})

async function startWorkers(t: Test, databaseUrl: string): Promise<ServerChild> {
  const server = await startServerChild(t, { databaseUrl, env: { WORKERS: '2' } })
  await eventually(() => workerPids(server).length === 2, { withinMs: replacedWithinMs, what: 'two workers' })
  return server
}

/** In the order in which they began to listen, the dead ones among them. */
function workerPids({ script }: ServerChild): number[] {
  return script.stderr.filter(line => line.includes('"msg":"listening"')).map(line => JSON.parse(line).pid as number)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

// Each call on a connection of its own, so that a port that refuses for a moment is seen.
function keepCalling(server: ServerChild) {
  let isStopping = false
  let answered = 0
  let cutOff = 0
  const failures: unknown[] = []
  const callers = Array.from({ length: callersCount }, async (_, caller) => {
    for (let call = 0; !isStopping; call++) {
      try {
        const client = server.client()
        await client.syncLead({
          email: `c${caller}-${call % 7}@example.org`,
          attributes: { Unsubscribed: call % 2 ? '0' : '1' },
        })
        client.close()
        answered++
      } catch (cause) {
        if (cause instanceof Unanswered && !/REFUSED/.test(String(cause.cause ?? cause))) cutOff++
        else failures.push(String(cause))
      }
    }
  })
  return {
    answered: () => answered,
    cutOff: () => cutOff,
    failures: () => failures,
    stop: async () => {
      isStopping = true
      await Promise.all(callers)
    },
  }
}
