// The database dies by SIGKILL while many callers ask for changes, and comes back: they had to wait or to try again,
// and nothing that was acknowledged is lost. FAULT_SEED repeats the calls and the moments of a run,
// FAULT_ROUNDS=20 kills each so often.
import { setTimeout as pause } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import t from 'tap'
import { eventually } from '../support/eventually.js'
import { findMysql9Program, startServer } from '../support/mariadb-server.js'
import { requires } from '../support/requirements.js'
import { startServerChild } from '../support/server-child.js'
import { isVerified, readLog } from '../support/store-inspection.js'
import { drawFrom } from '../support/xml-mutants.js'
import { Caller, compareWithLog, importsOver, prepareForEverything } from './mixed-load.js'

const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 0x100000000))
const asked = process.env.FAULT_ROUNDS
const callersCount = 12

// The limit of all files is too short for this one on a busy machine.
t.setTimeout(asked === undefined ? 300_000 : 3_600_000)

const places = [
  { name: 'MariaDB', requirement: 'mariadbd', program: null, rounds: 2 },
  { name: 'MySQL 9', requirement: 'mysql9-program', program: findMysql9Program(), rounds: 1 },
] as const

for (const { name, requirement, program, rounds: usual } of places)
  t.test(`a killed database costs callers time, and no answer (${name}, FAULT_SEED=${seed})`, async t => {
    if (!requires(t, requirement)) return
    const rounds = Number(asked ?? usual)
    const draw = drawFrom(seed - 1)
    const database = await startServer({ program })
    t.teardown(() => database.stop())
    const connection = await createConnection(database.url)
    await connection.query('create database durable')
    await connection.end()
    const databaseUrl = `${database.url}/durable`
    const server = await startServerChild(t, { databaseUrl })
    const callers = Array.from(
      { length: callersCount },
      (_, index) => new Caller(`caller-${index}`, drawFrom(seed + index), { asksForEverything: true }),
    )

    await prepareForEverything(databaseUrl)
    const acknowledged = (): number => callers.reduce((sum, caller) => sum + caller.acknowledged, 0)
    let isOver = false
    const running = Promise.all(callers.map(caller => caller.run(server.client(), () => isOver)))
    const more = async (count: number): Promise<void> => {
      const enough = acknowledged() + count
      const patience = { withinMs: 60_000, everyMs: 1, what: `${enough} answers` }
      await Promise.race([running, eventually(() => acknowledged() >= enough, patience)])
    }
    for (let round = 1; round <= rounds; round++) {
      await more(100 + draw(200))
      // Nothing is waited for: answers come in the rhythm of the batches, and the kill must be free of it.
      await pause(draw(40))
      await database.kill()
      await database.start()
    }
    await more(100)
    isOver = true
    await running

    await importsOver(server.client())
    t.same(compareWithLog(callers, await readLog(databaseUrl)), { lost: [], doubled: [], strangers: [] })
    const losses = await Promise.all(callers.map(caller => caller.findLosses(server.client())))
    t.same(losses.flat(), [], 'everybody has the state of its last acknowledged call')
    await isVerified(t, databaseUrl, 'after all')
    t.same(await server.stop(), { code: 0, signal: null })
    const defects = server.errors().filter(line => !/"(?:StoreUnavailable|CommitUnknown)"/.test(line))
    t.same(defects, [], 'what it logged as errors was the absence of the database alone')
  })
