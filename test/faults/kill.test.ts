// The process dies by SIGKILL while many callers ask for changes: nothing that was acknowledged is lost, nothing that
// was not is half there (scenarios 26 and 27). What callers were told is remembered here, outside of the server.
// FAULT_SEED repeats the calls and the moments of a run, as far as two processes can be repeated.
// FAULT_ROUNDS=50 kills so often at each place.
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { type Engine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { startServer } from '../support/mariadb-server.js'
import { requires } from '../support/requirements.js'
import { type ServerChild, startServerChild } from '../support/server-child.js'
import { isVerified, readLog } from '../support/store-inspection.js'
import { type Draw, drawFrom } from '../support/xml-mutants.js'
import { Caller, compareWithLog, importsOver, prepareForEverything } from './mixed-load.js'

const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 0x100000000))
const asked = process.env.FAULT_ROUNDS
const rounds = Number(asked ?? 3)
/** No further round begins after this time, so that a busy machine does not run for minutes. */
const roundsBeginWithinMs = asked === undefined ? 12_000 : Number.POSITIVE_INFINITY
/** In a long run: what verify reads grows with each round, and the log is held against the callers in each. */
const verifiedEvery = 10
const callersCount = 12
const claim = 'scenarios 26 and 27: SIGKILL under load loses nothing acknowledged and halves nothing else'

// Servers and verifications are started many times over; the limit of all files is too short for a busy machine.
t.setTimeout(asked === undefined ? 300_000 : 3_600_000)

/** Where the store lies, and what dies together with the process. */
interface Place {
  readonly databaseUrl: string
  die(): Promise<void>
  comeBack(): Promise<void>
}

const places: Readonly<Record<string, (t: Test) => Promise<Place | null>>> = {
  sqlite: t => survivingPlace(t, 'sqlite'),
  mysql: async t => (requires(t, 'mysql') ? survivingPlace(t, 'mysql') : null),
  // An answer that was given before its commit would show here alone: any other database goes on to commit.
  'a power cut, with MariaDB': async t => (requires(t, 'mariadbd') ? dyingPlace(t) : null),
}

for (const [name, prepare] of Object.entries(places)) {
  t.test(`${claim} (${name}, FAULT_SEED=${seed})`, async t => {
    const place = await prepare(t)
    if (place === null) return
    const { databaseUrl } = place
    t.comment(`FAULT_SEED=${seed}`)
    const draw = drawFrom(seed - 1)
    const callers = Array.from(
      { length: callersCount },
      (_, index) => new Caller(`caller-${index}`, drawFrom(seed + index), { asksForEverything: true }),
    )

    let server = await startServerChild(t, { databaseUrl })
    await prepareForEverything(databaseUrl)
    const lastBeginning = Date.now() + roundsBeginWithinMs
    for (let round = 1; round <= rounds && (round === 1 || Date.now() < lastBeginning); round++) {
      await loadUntilKilled(server, place, callers, draw)

      const unanswered = callers.flatMap(caller => caller.unanswered)
      t.ok(unanswered.length > 0, `round ${round}: the kill came while ${unanswered.length} calls were under way`)
      await place.comeBack()
      server = await startServerChild(t, { databaseUrl })
      if (asked === undefined || round % verifiedEvery === 0) await isVerified(t, databaseUrl, `round ${round}`)
      const findings = compareWithLog(callers, await readLog(databaseUrl), { importsAreOver: false })
      t.same(findings, nothing, `round ${round}: the log has what was told`)
      await retriesEndAsTold(t, server, callers, `round ${round}`)
    }

    await importsOver(server.client())
    t.same(compareWithLog(callers, await readLog(databaseUrl)), nothing, 'after the retries too')
    t.same(await server.stop(), { code: 0, signal: null })
    await isVerified(t, databaseUrl, 'at the end')
  })
}

const nothing = { lost: [], doubled: [], strangers: [] }

async function survivingPlace(t: Test, engine: Engine): Promise<Place> {
  const { url: databaseUrl } = await withDatabase(t, engine)
  return { databaseUrl, die: async () => {}, comeBack: async () => {} }
}

async function dyingPlace(t: Test): Promise<Place> {
  const database = await startServer()
  t.teardown(() => database.stop())
  const connection = await createConnection(database.url)
  await connection.query('create database durable')
  await connection.end()
  return { databaseUrl: `${database.url}/durable`, die: () => database.kill(), comeBack: () => database.start() }
}

async function loadUntilKilled(
  server: ServerChild,
  place: Place,
  callers: readonly Caller[],
  draw: Draw,
): Promise<void> {
  const acknowledged = (): number => callers.reduce((sum, caller) => sum + caller.acknowledged, 0)
  const enough = acknowledged() + 100 + draw(500)
  const running = Promise.all(callers.map(caller => caller.run(server.client())))
  const patience = { withinMs: 120_000, everyMs: 1, what: `${enough} answers` }
  await Promise.race([running, eventually(() => acknowledged() >= enough, patience)])
  // Nothing is waited for: answers come in the rhythm of the batches, and the kill must be free of it.
  await pause(draw(40))
  await Promise.all([place.die(), server.kill()])
  await running
}

async function retriesEndAsTold(t: Test, server: ServerChild, callers: readonly Caller[], what: string): Promise<void> {
  const losses = await Promise.all(
    callers.map(async caller => {
      const client = server.client()
      await caller.retry(client)
      return client
    }),
  ).then(clients => Promise.all(callers.map((caller, index) => caller.findLosses(clients[index]!))))
  t.same(losses.flat(), [], `${what}: who retries ends with the state of its last acknowledged call`)
}
