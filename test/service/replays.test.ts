// Calls that come again: named ones get their answer again, unnamed identical ones may be retries (R13).
import t from 'tap'
import { fingerprintReplay, namedReplay, partReplay, type Submission } from '../../src/service/writes/submission.js'
import { aKey, aSave, aSubmission, aSubscription } from '../support/builders.js'
import { eventually } from '../support/eventually.js'
import { aGroupCommit } from '../support/group-commits.js'
import { createMemoryStore } from '../support/memory-store.js'

const ada = 'ada@example.org'
const named = (key: string, body: string, traits: Partial<Submission> = {}): Submission =>
  aSubmission({ replay: namedReplay('crm', key, body), ...traits })
const call = (text: string, command: Submission['command']) =>
  aSubmission({ command, replay: fingerprintReplay('crm', text, 0) })
const resubscribe = aSubscription('subscribed')
const unsubscribe = aSubscription('unsubscribed')

t.test('a named call that comes again gets its first answer and is not carried out again', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)

  const first = await writes.submit(named('k', 'body'))
  await writes.submit(aSubmission({ command: resubscribe }))
  const again = await writes.submit(named('k', 'body'))

  t.match(first, { type: 'carried-out', outcome: { version: 1 } })
  t.match(again, { type: 'replayed', outcome: { version: 1, status: 'unsubscribed' } })
  t.equal((await store.status(aKey())).status.status, 'subscribed')
  t.equal(store.dump().log.length, 2)
})

t.test('the same name with another body is refused and changes nothing', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)

  await writes.submit(named('k', 'body'))
  const answer = await writes.submit(named('k', 'another body', { command: resubscribe }))

  t.strictSame(answer, { type: 'key-reused' })
  t.equal((await store.status(aKey())).status.status, 'unsubscribed')
})

t.test('two callers may use the same name', async t => {
  const { writes } = aGroupCommit(createMemoryStore())

  await writes.submit(named('k', 'body'))
  const other = await writes.submit(aSubmission({ replay: namedReplay('other', 'k', 'another body') }))

  t.equal(other.type, 'carried-out')
})

t.test('a name that is being carried out at this moment is said to be in progress', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  const letGo = store.holdCommits()

  const first = writes.submit(named('k', 'body'))
  await eventually(() => store.isHolding, { withinMs: 5_000, everyMs: 1 })
  t.strictSame(await writes.submit(named('k', 'body')), { type: 'in-progress' })
  letGo()
  await first

  t.equal((await writes.submit(named('k', 'body'))).type, 'replayed')
})

t.test('a name whose call failed is free again', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  store.watchAppends(() => {
    throw new Error('broken')
  })

  await t.rejects(writes.submit(named('k', 'body')), { message: 'broken' })
  store.watchAppends(() => {})

  t.equal((await writes.submit(named('k', 'body'))).type, 'carried-out')
})

t.test('a rejected call leaves its name free: the caller may mend the body and try again', async t => {
  const { writes } = aGroupCommit(createMemoryStore())

  const first = await writes.submit(named('k', 'no such id', { command: aSave({ id: 5, mode: 'update' }) }))
  const second = await writes.submit(named('k', 'mended'))

  t.strictSame([first.type, second.type], ['rejected', 'carried-out'])
})

t.test('an answer is kept until its time is over', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store, { answersKeptMs: 60_000 })
  const before = Date.now()

  await writes.submit(named('k', 'body'))

  t.equal(await store.forgetAnswers(before + 59_000, 10), 0)
  t.equal((await writes.submit(named('k', 'body'))).type, 'replayed')
  t.equal(await store.forgetAnswers(Date.now() + 61_000, 10), 1)
  t.equal((await writes.submit(named('k', 'body'))).type, 'carried-out')
})

t.test('R13: an identical re-subscribe after a newer opt-out changes nothing, and the log says so', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  await writes.submit(aSubmission({ command: unsubscribe }))

  const first = await writes.submit(call('signed at noon', resubscribe))
  await writes.submit(aSubmission({ command: unsubscribe }))
  const late = await writes.submit(call('signed at noon', resubscribe))

  const { outcome } = first as Extract<typeof first, { type: 'carried-out' }>
  t.match(late, { type: 'carried-out', outcome: { type: 'not-repeated', first: outcome } })
  t.match((await store.status(aKey())).status, { status: 'unsubscribed', version: 3 })
  t.match(JSON.parse(store.dump().log.at(-1)!.detail!), { outcome: { type: 'not-repeated' }, effects: [] })
})

t.test('R13: an identical opt-out after a newer re-subscribe is applied', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)

  await writes.submit(call('signed at noon', unsubscribe))
  await writes.submit(aSubmission({ command: resubscribe }))
  await writes.submit(call('signed at noon', unsubscribe))

  t.match((await store.status(aKey())).status, { status: 'unsubscribed', version: 3 })
})

t.test('R13: holds within one batch, and for every repetition', async t => {
  const store = createMemoryStore()
  const { writes, reported } = aGroupCommit(store)
  const late = call('signed at noon', resubscribe)
  const out = aSubmission({ command: unsubscribe })

  const answers = await writes.submitAll([out, late, out, late, late])
  await writes.submit(late)

  t.strictSame(reported.batches, [5, 1])
  t.match(answers.slice(3), [{ outcome: { type: 'not-repeated' } }, { outcome: { type: 'not-repeated' } }])
  t.match((await store.status(aKey())).status, { status: 'unsubscribed', version: 3 })
})

t.test('R13: other bytes are another call, and another caller too', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  const out = aSubmission({ command: unsubscribe })

  await writes.submitAll([out, call('signed at noon', resubscribe), out])
  await writes.submit(call('signed a second later', resubscribe))
  t.equal((await store.status(aKey())).status.status, 'subscribed')

  await writes.submit(out)
  await writes.submit(aSubmission({ command: resubscribe, replay: fingerprintReplay('other', 'signed at noon', 0) }))
  t.equal((await store.status(aKey())).status.status, 'subscribed')
})

t.test('R13: the parts of one call are told apart', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  const parts = [ada, 'grace@example.org'].map((address, part) =>
    aSubmission({ command: aSave({ address }), replay: fingerprintReplay('crm', 'one call', part) }),
  )

  await writes.submitAll(parts)

  t.equal(store.dump().answers.size, 2)
})

const unknownId = aSave({ id: 4711, mode: 'update' })
const parts = (key: string, body: string, ...commands: readonly Submission['command'][]) =>
  commands.map((command, part) => aSubmission({ command, replay: partReplay(namedReplay('crm', key, body), part) }))
const person = (name: string) => aSave({ address: `${name}@example.org` })
const typesOf = (answers: readonly unknown[]) => answers.map(answer => (answer as { readonly type: string }).type)

t.test('of a named request of many commands each part gets its own first answer again', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store, { batchMax: 2 })
  const request = () => parts('k', 'body', person('a'), person('b'), unknownId, person('c'), person('d'))

  const first = await writes.submitAll(request())
  const again = await writes.submitAll(request())

  t.strictSame(typesOf(first), ['carried-out', 'carried-out', 'rejected', 'carried-out', 'carried-out'])
  t.strictSame(typesOf(again), ['replayed', 'replayed', 'rejected', 'replayed', 'replayed'])
  t.strictSame(again.map(outcomeIn), first.map(outcomeIn))
  t.equal(store.dump().log.length, 4)
})

t.test('the name of a request of many belongs to it alone, whatever became of its first parts', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  await writes.submitAll(parts('k', 'body', unknownId, person('a')))

  const longer = await writes.submitAll(parts('k', 'another body', person('x'), person('y'), person('z')))
  const single = await writes.submit(named('k', 'a third body'))

  t.strictSame(typesOf([...longer, single]), ['key-reused', 'key-reused', 'key-reused', 'key-reused'])
  t.equal(store.dump().people.size, 1)
  t.equal(store.dump().log.length, 1)
})

t.test('a request of many that is being carried out is in progress as a whole', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store, { batchMax: 1 })
  const letGo = store.holdCommits()
  const first = writes.submitAll(parts('k', 'body', person('a'), person('b')))
  await eventually(() => store.isHolding, { withinMs: 5_000, everyMs: 1 })

  const other = await writes.submitAll(parts('k', 'another body', person('x'), person('y'), person('z')))
  letGo()
  await first
  const later = await writes.submitAll(parts('k', 'body', person('a'), person('b')))

  t.strictSame(typesOf(other), ['in-progress', 'in-progress', 'in-progress'])
  t.strictSame(typesOf(later), ['replayed', 'replayed'])
  t.equal(store.dump().people.size, 2)
})

const outcomeIn = (answer: unknown): unknown => (answer as { readonly outcome?: unknown }).outcome
