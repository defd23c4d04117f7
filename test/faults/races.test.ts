// Two calls about the same addresses at the same moment, through two processes on one database: whatever comes first,
// no error reaches a caller and the rules hold (scenarios 20 to 23 and 30). Each race is run many times.
import t, { type Test } from 'tap'
import { type Engine, withDatabase } from '../support/database.js'
import type { LegacyClient } from '../support/legacy-client.js'
import { requires } from '../support/requirements.js'
import { type ServerChild, startServerChild } from '../support/server-child.js'
import { inStore, isVerified } from '../support/store-inspection.js'

// The limit of all files is too short for this one on a busy machine.
t.setTimeout(300_000)

const racesCount = 40
const racesAtOnce = 8

interface Rivals {
  readonly a: LegacyClient
  readonly b: LegacyClient
}

type Race = (t: Test, rivals: Rivals, address: (name: string) => string) => Promise<void>

const races: Readonly<Record<string, Race>> = {
  'scenario 20: two opposite flags at once both succeed, and everybody of the address has the later one': async (
    t,
    { a, b },
    address,
  ) => {
    const x = address('x')
    for (const foreignId of [`${x}-1`, `${x}-2`]) await a.syncLead({ foreignId, email: x })
    await Promise.all([
      a.syncLead({ email: x, attributes: { Unsubscribed: '1' } }),
      b.syncLead({ email: x, attributes: { Unsubscribed: '0' } }),
    ])

    const { status, version } = await statusOf(a, x)
    // The false that comes first finds nothing to do; the one that comes second is version 2.
    t.match([status, version], status === 'subscribed' ? ['subscribed', 2] : ['unsubscribed', 1])
    const flags = (await b.getLead('EMAIL', x)).map(isOut)
    t.same(flags, [status === 'unsubscribed', status === 'unsubscribed'])
  },

  'scenario 21: who moves to an address while it opts out ends opted out': async (t, { a, b }, address) => {
    const [x, y] = [address('x'), address('y')]
    const { leadId } = await a.syncLead({ email: x })
    await Promise.all([a.syncLead({ id: leadId, email: y }), suppress(b, y)])

    const [lead] = await a.getLead('IDNUM', String(leadId))
    t.same([lead?.email, isOut(lead!)], [y, true])
    t.match([await statusOf(a, x), await statusOf(a, y)], [{ status: 'subscribed' }, { status: 'unsubscribed' }])
  },

  'scenario 22: who moves away from an address while it opts out has the status of the new one': async (
    t,
    { a, b },
    address,
  ) => {
    const [x, y] = [address('x'), address('y')]
    const { leadId } = await a.syncLead({ email: x })
    await Promise.all([a.syncLead({ id: leadId, email: y }), suppress(b, x)])

    const [lead] = await a.getLead('IDNUM', String(leadId))
    t.same([lead?.email, isOut(lead!)], [y, false])
    t.match([await statusOf(a, x), await statusOf(a, y)], [{ status: 'unsubscribed' }, { status: 'subscribed' }])
  },

  'scenario 23: two people who swap their addresses do not block each other': async (t, { a, b }, address) => {
    const [x, y] = [address('x'), address('y')]
    const [one, two] = [(await a.syncLead({ email: x })).leadId, (await b.syncLead({ email: y })).leadId]
    await Promise.all([a.syncLead({ id: one, email: y }), b.syncLead({ id: two, email: x })])

    const leads = [...(await a.getLead('IDNUM', String(one))), ...(await b.getLead('IDNUM', String(two)))]
    t.same(
      leads.map(({ email }) => email),
      [y, x],
    )
  },

  'scenario 30: the first commands for a new address make one status and one person': async (t, { a, b }, address) => {
    const x = address('x')
    const synced = await Promise.all([
      a.syncLead({ email: x, attributes: { Unsubscribed: '1' } }),
      b.syncLead({ email: x, attributes: { FirstName: 'Ada' } }),
    ])

    t.same(synced.map(({ status }) => status).sort(), ['CREATED', 'UPDATED'])
    t.equal(synced[0].leadId, synced[1].leadId)
    t.match(await statusOf(b, x), { status: 'unsubscribed', version: 1, peopleCount: 1 })
  },
}

for (const engine of ['mysql', 'mysql9'] satisfies Engine[]) {
  t.test(`races between two processes (${engine})`, async t => {
    if (!requires(t, engine)) return
    const { url: databaseUrl } = await withDatabase(t, engine)
    const first = await startServerChild(t, { databaseUrl })
    const servers = [first, await startServerChild(t, { databaseUrl })] as const

    let number = 0
    for (const [title, race] of Object.entries(races)) {
      number++
      await t.test(title, t => runMany(t, race, servers, `race-${number}`))
    }

    for (const server of servers) t.same(server.errors(), [])
    await hasOneStatusEach(t, databaseUrl)
    await isVerified(t, databaseUrl, 'after all races')
  })
}

/** Some at the same time, so that the rivals also meet the batches of others. */
async function runMany(t: Test, race: Race, servers: readonly [ServerChild, ServerChild], name: string): Promise<void> {
  const lane = async (lane: number): Promise<void> => {
    const rivals = { a: servers[0].client(), b: servers[1].client() }
    for (let index = lane; index < racesCount; index += racesAtOnce) {
      await race(t, rivals, letter => `${letter}-${name}-${index}@example.org`)
    }
  }
  await Promise.all(Array.from({ length: racesAtOnce }, (_, index) => lane(index)))
}

async function hasOneStatusEach(t: Test, databaseUrl: string): Promise<void> {
  const keys = await inStore(databaseUrl, store =>
    store.snapshot(async ({ tables }) => (await tables.statuses(null, 10_000)).map(({ status }) => status.key)),
  )
  t.ok(keys.length > racesCount, 'there are master rows')
  t.equal(new Set(keys).size, keys.length, 'one for each address')
}

const isOut = ({ attributes }: { readonly attributes: Readonly<Record<string, string>> }): boolean =>
  attributes.Unsubscribed === '1'

async function statusOf(client: LegacyClient, address: string): Promise<Readonly<Record<string, unknown>>> {
  return (await client.json('GET', `/v1/addresses/${address}`)).body
}

async function suppress(client: LegacyClient, address: string): Promise<void> {
  const { status, body } = await client.json('PUT', `/v1/addresses/${address}/subscription`, { status: 'unsubscribed' })
  if (status !== 200) throw new Error(`the opt-out was answered with ${status}`, { cause: body })
}
