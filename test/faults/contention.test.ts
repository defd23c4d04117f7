// Many callers want opposite things of the same few addresses, through two server processes on one database: every
// call succeeds, and what the last log entry says is what the address has. FAULT_PROCESSES=8 starts so many servers.
import t, { type Test } from 'tap'
import { type Engine, withDatabase } from '../support/database.js'
import type { LegacyClient } from '../support/legacy-client.js'
import { requires } from '../support/requirements.js'
import { type ServerChild, startServerChild } from '../support/server-child.js'
import { isVerified, readLog } from '../support/store-inspection.js'

const clientsCount = 32
const callsEach = 20
const foughtOver = Array.from({ length: 10 }, (_, index) => `fought-${index}@example.org`)

for (const [engine, processes] of [
  ['sqlite', 1],
  ['mysql', Number(process.env.FAULT_PROCESSES ?? 2)],
] satisfies [Engine, number][]) {
  const claim = `${clientsCount} clients with opposite flags get no error, and the last one in the log has its way`
  t.test(`${claim} (${engine}, processes: ${processes})`, async t => {
    if (engine === 'mysql' && !requires(t, 'mysql')) return
    const { url: databaseUrl } = await withDatabase(t, engine)
    const servers = await startServers(t, databaseUrl, processes)
    const clients = Array.from({ length: clientsCount }, (_, index) => servers[index % processes]!.client())

    await Promise.all(clients.map((client, index) => (index % 2 === 0 ? fight(client, index) : mind(client, index))))

    for (const server of servers) t.same(server.errors(), [])
    const wanted = await lastFlagInLog(databaseUrl)
    t.same([...wanted.keys()].sort(), [...foughtOver].sort(), 'every address was fought over')
    for (const address of foughtOver) {
      const leads = await clients[0]!.getLead('EMAIL', address)
      const flags = leads.map(lead => lead.attributes.Unsubscribed === '1')
      t.same(flags, [wanted.get(address)], `${address}: one person, with the flag that the log had last`)
    }
    await isVerified(t, databaseUrl, 'after the fight')
  })
}

/** One after the other, since the first one migrates and makes the credentials that all share. */
async function startServers(t: Test, databaseUrl: string, count: number): Promise<ServerChild[]> {
  const servers: ServerChild[] = []
  for (let index = 0; index < count; index++) servers.push(await startServerChild(t, { databaseUrl }))
  return servers
}

async function fight(client: LegacyClient, who: number): Promise<void> {
  for (let call = 0; call < callsEach; call++) {
    const flag = (call + who / 2) % 2 === 0 ? '1' : '0'
    const email = foughtOver[(call * 3 + who) % foughtOver.length]!
    await client.syncLead({ email, attributes: { Unsubscribed: flag, Company: `${who}-${call}` } })
  }
}

/** Their own business, so that the fight is not all that a batch holds. */
async function mind(client: LegacyClient, who: number): Promise<void> {
  for (let call = 0; call < callsEach; call++) {
    const email = `own-${who}-${call % 5}@example.org`
    await client.syncLead({ email, attributes: { Unsubscribed: String(call % 2), Company: `${who}-${call}` } })
  }
}

async function lastFlagInLog(databaseUrl: string): Promise<ReadonlyMap<string, boolean>> {
  const flags = new Map<string, boolean>()
  for (const { detail } of await readLog(databaseUrl)) {
    const { command, outcome } = detail
    if (command.type !== 'save-person' || command.unsubscribed === undefined) continue
    const key = command.identity.address?.key ?? ''
    // R8: who makes a person subscribes nobody. The status is then what it was, and so it is here.
    const isIgnored = outcome.type === 'created' && !command.unsubscribed && flags.get(key) === true
    if (foughtOver.includes(key) && !isIgnored) flags.set(key, command.unsubscribed)
  }
  return flags
}
