// getLeadChanges in a loop while ten thousand writes commit: each activity comes exactly once, in order, whichever way
// the client goes on. The writers do not wait for the readers, nor for each other.
import t, { type Test } from 'tap'
import { Credentials } from '../../src/service/access/credentials.js'
import { createSeal } from '../../src/service/access/seal.js'
import { Fields } from '../../src/service/fields.js'
import type { GroupCommit } from '../../src/service/writes/group-commit.js'
import { createEndpoint } from '../../src/soap/endpoint.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aGetLeadChanges, aPosition, longAgo, type Page, pageIn, xml } from '../support/activity-calls.js'
import { aDelete, aPolicy, aSave, aSubmission } from '../support/builders.js'
import { enginesToTest, type FreshDatabase, onEachEngine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { aGroupCommit, personIdOf } from '../support/group-commits.js'
import { requires } from '../support/requirements.js'
import { callTime, readReply, theContracts, users } from '../support/soap-face.js'
import { readActivities } from '../support/store-inspection.js'
import { drawFrom } from '../support/xml-mutants.js'

const writesTotal = 10_000
const writersPerProcess = 5
/** Writes that one writer has under way at once. */
const atOnce = 50

type GoOn = (page: Page) => string

const habits: Readonly<Record<string, GoOn>> = {
  'everything echoed': page => page.echo,
  'only the offset': page =>
    aPosition({ ...(page.offset === undefined ? { oldest: longAgo } : { offset: page.offset }) }),
}

await onEachEngine(t, 'a reader under ten thousand writes sees each activity once, in order', async (t, database) => {
  await readUnderWrites(t, database, 1)
})

// The embedded store has one process; a server is shared by many.
for (const { engine, requirement } of enginesToTest().filter(({ engine }) => engine !== 'sqlite')) {
  await t.test(`and so under the writes of two processes (${engine})`, async t => {
    if (requirement !== null && !requires(t, requirement)) return
    await readUnderWrites(t, await withDatabase(t, engine), 2)
  })
}

async function readUnderWrites(t: Test, database: FreshDatabase, processes: number): Promise<void> {
  const open = (): Store => {
    const store = openStore(database.url)
    t.teardown(() => store.close())
    return store
  }
  await open().migrate()
  let writing = true
  const commits = Array.from({ length: processes }, () => aGroupCommit(open(), { batchMax: 128 }).writes)
  const reading = Object.entries(habits).map(async ([habit, goOn], index) => {
    const read = await readAll(open(), { batchSize: 60 + index * 17, goOn, isWriting: () => writing })
    return { habit, ...read }
  })
  const writers = commits.flatMap((writes, process) =>
    Array.from({ length: writersPerProcess }, (_, writer) =>
      write(writes, process * writersPerProcess + writer + 1, processes),
    ),
  )
  await Promise.all(writers).finally(() => {
    writing = false
  })

  const expected = (await readActivities(database.url)).map(({ id }) => id)
  t.ok(expected.length >= writesTotal, `${expected.length} activities were written`)
  for (const { habit, ids, pagesMeanwhile } of await Promise.all(reading)) {
    t.ok(pagesMeanwhile > 20, `${habit}: ${pagesMeanwhile} pages were read while others wrote`)
    t.equal(firstDifference(ids, expected), null, habit)
  }
}

/** Goes on until nothing comes any more from a store that nobody writes to. */
async function readAll(
  store: Store,
  { batchSize, goOn, isWriting }: { batchSize: number; goOn: GoOn; isWriting: () => boolean },
): Promise<{ readonly ids: readonly number[]; readonly pagesMeanwhile: number }> {
  const call = await caller(store)
  const ids: number[] = []
  let pagesMeanwhile = 0
  let position = aPosition({ oldest: longAgo })
  for (;;) {
    const wasWriting = isWriting()
    const page = await call(position + xml('batchSize', batchSize))
    ids.push(...page.ids)
    position = goOn(page)
    if (page.returned > 0) {
      if (wasWriting) pagesMeanwhile++
      continue
    }
    if (!wasWriting) return { ids, pagesMeanwhile }
    const isMore = async (): Promise<boolean> => !isWriting() || (await store.head()).activityId > (ids.at(-1) ?? 0)
    await eventually(isMore, { withinMs: 30_000, everyMs: 2, what: 'another activity' })
  }
}

/** Sends getLeadChanges to an endpoint of its own over the store. */
async function caller(store: Store): Promise<(inside: string) => Promise<Page>> {
  const credentials = new Credentials(store, createSeal(null))
  await credentials.addSoap(users.writer.id, 'writer', users.writer.key)
  const { writes } = aGroupCommit(store)
  const fields = await Fields.load(store, { acceptUnknown: false })
  const endpoint = createEndpoint({
    service: { writes, reads: store, fields, credentials, lists: store, flows: store, jobs: store },
    face: { source: 'SOAP API', defaultReason: 'SOAP API', policy: aPolicy() },
    signatureWindowMs: 1_000,
    now: () => callTime,
    observer: { called() {}, refused() {}, defect() {} },
  })
  const contract = (await theContracts()).get('3_1')!
  return async inside => {
    const body = Buffer.from(aGetLeadChanges(inside))
    return pageIn(readReply(await endpoint.answer(contract, { body, contentType: 'text/xml', requestId: 'request-1' })))
  }
}

/** Its share of the writes: people made, changed, opted out with all who share their address, and deleted. */
async function write(writes: GroupCommit, seed: number, processes: number): Promise<void> {
  const draw = drawFrom(seed)
  const made: number[] = []
  for (let left = writesTotal / processes / writersPerProcess; left > 0; left -= atOnce) {
    const commands = Array.from({ length: atOnce }, (_, index) => {
      const id = made[draw(made.length)]
      const mark = `${seed}-${left}-${index}`
      if (id === undefined || draw(3) === 0) return aSave({ address: `${mark}@example.org` })
      if (draw(20) === 0) return aDelete(made.splice(made.indexOf(id), 1)[0]!)
      // Several people come to share an address; a flag then makes history for all of them.
      if (draw(4) === 0) return aSave({ id, address: `shared-${draw(300)}@example.org`, unsubscribed: draw(2) === 0 })
      return aSave({ id, fields: { City: mark } })
    })
    const answers = await writes.submitAll(commands.map(command => aSubmission({ command })))
    for (const answer of answers) {
      if (answer instanceof Error) throw answer
      if (answer.type === 'carried-out' && answer.outcome.type === 'created') made.push(personIdOf(answer))
    }
  }
}

/** Where the first comes to differ from the second, as a sentence: thousands of ids are nothing to look at. */
function firstDifference(ids: readonly number[], expected: readonly number[]): string | null {
  const index = expected.findIndex((id, at) => ids[at] !== id)
  if (index === -1 && ids.length === expected.length) return null
  const at = index === -1 ? expected.length : index
  return `number ${at} of ${ids.length}: expected ${expected[at]}, got ${ids[at]} after ${ids[at - 1]}`
}
