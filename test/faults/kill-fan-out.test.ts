// A change at an address that thousands share is told to them in chunks, after its caller was answered. The process
// dies in between, newcomers arrive, the status moves on: everybody is told once all the same (scenarios 24 to 26).
import t, { type Test } from 'tap'
import type { ActivityRecord, LogEntry } from '../../src/service/ports.js'
import { aKey } from '../support/builders.js'
import { type Engine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { requires } from '../support/requirements.js'
import { type ServerChild, startServerChild } from '../support/server-child.js'
import { inStore, isVerified, makeCrowd, pendingFanOuts, readActivities, readLog } from '../support/store-inspection.js'

// The limit of all files is too short for this one on a busy machine.
t.setTimeout(300_000)

const crowded = 'office@example.org'
const crowdSize = 3_000

for (const engine of ['sqlite', 'mysql'] satisfies Engine[]) {
  t.test(`scenario 26: a fan-out that SIGKILL cut short tells everybody exactly once (${engine})`, async t => {
    if (engine === 'mysql' && !requires(t, 'mysql')) return
    const { url: databaseUrl } = await withDatabase(t, engine)
    await makeCrowd(databaseUrl, crowded, crowdSize)
    const first = await startServerChild(t, { databaseUrl })

    await setFlag(first, '1')
    await first.kill()
    t.same(await pendingFanOuts(databaseUrl), [crowded], 'the kill came before everybody was told')
    const second = await startServerChild(t, { databaseUrl })
    const newcomer = await second.client().syncLead({ foreignId: 'newcomer', email: crowded, returnLead: true })

    t.equal(newcomer.lead?.attributes.Unsubscribed, '1', 'scenario 24: who comes in the middle is unsubscribed at once')
    await allAreTold(databaseUrl)
    t.ok((await seqOfCreation(databaseUrl, newcomer.leadId)) < (await lastChunk(databaseUrl)), 'it was the middle')
    const told = await timesTold(databaseUrl, 1)
    t.equal(told.size, crowdSize + 1, 'everybody is told')
    t.ok(isOnceEach(told), 'and nobody twice')
    t.same(second.errors(), [])

    await t.test('scenario 25: a re-subscribe in the middle ends it, and all end subscribed', async t => {
      await resubscribesInTheMiddle(t, second, databaseUrl)
    })
  })
}

/** Before: version 1, unsubscribed. A second opt-out (version 3) is overtaken by a re-subscribe (version 4). */
async function resubscribesInTheMiddle(t: Test, server: ServerChild, databaseUrl: string): Promise<void> {
  await setFlag(server, '0')
  await allAreTold(databaseUrl)
  await inStore(databaseUrl, async store => {
    const { seq } = await store.head()
    await setFlag(server, '1')
    const isBegun = async () => (await store.log({ after: seq, limit: 5 })).some(isChunk)
    await eventually(isBegun, { withinMs: 10_000, everyMs: 1, what: 'a first chunk' })
  })
  await setFlag(server, '0')
  await server.kill()
  await startServerChild(t, { databaseUrl })

  await allAreTold(databaseUrl)
  const outdated = await timesTold(databaseUrl, 3)
  t.ok(outdated.size < crowdSize, `the fan-out was half done: ${outdated.size} of ${crowdSize} were told`)
  t.ok(isOnceEach(outdated))
  const told = await timesTold(databaseUrl, 4)
  t.equal(told.size, crowdSize + 1)
  t.ok(isOnceEach(told), 'everybody is told of the re-subscribe once')
  t.same(await staleActivities(databaseUrl), [], 'nothing of the outdated fan-out is told after it')
  const { status } = await inStore(databaseUrl, store => store.status(aKey(crowded)))
  t.match(status, { status: 'subscribed', version: 4 })
  await isVerified(t, databaseUrl, 'after all')
}

// By the foreign id of one of them, so that thousands more are told in the background.
async function setFlag(server: ServerChild, flag: '0' | '1'): Promise<void> {
  await server.client().syncLead({ foreignId: 'crowd-0', attributes: { Unsubscribed: flag } })
}

function allAreTold(databaseUrl: string): Promise<unknown> {
  const patience = { withinMs: 60_000, everyMs: 100, what: 'the end of the fan-out' }
  return inStore(databaseUrl, store => eventually(async () => (await store.pendingFanOuts(1)).length === 0, patience))
}

/** How often each person was told of this version of the status. */
async function timesTold(databaseUrl: string, version: number): Promise<ReadonlyMap<number, number>> {
  const times = new Map<number, number>()
  for (const { personId, statusVersion } of await flagActivities(databaseUrl)) {
    if (statusVersion === version) times.set(personId, (times.get(personId) ?? 0) + 1)
  }
  return times
}

const isOnceEach = (times: ReadonlyMap<number, number>): boolean => [...times.values()].every(count => count === 1)

/** Activities that tell of a version when a later one was in the log already. */
async function staleActivities(databaseUrl: string): Promise<readonly ActivityRecord[]> {
  let newest = 0
  return (await flagActivities(databaseUrl)).filter(({ statusVersion }) => {
    newest = Math.max(newest, statusVersion ?? 0)
    return (statusVersion ?? 0) < newest
  })
}

async function flagActivities(databaseUrl: string): Promise<readonly ActivityRecord[]> {
  const activities = await readActivities(databaseUrl)
  return activities.filter(({ attribute }) => attribute === 'Unsubscribed')
}

const isChunk = ({ kind }: LogEntry): boolean => kind === 'continue-fan-out'

async function lastChunk(databaseUrl: string): Promise<number> {
  const chunks = (await readLog(databaseUrl)).filter(({ entry }) => isChunk(entry))
  return chunks.at(-1)?.entry.seq ?? 0
}

async function seqOfCreation(databaseUrl: string, personId: number): Promise<number> {
  const created = (await readLog(databaseUrl)).find(({ entry }) => entry.personId === personId)
  return created?.entry.seq ?? Number.POSITIVE_INFINITY
}
