// The one write path: gathering, answering after the commit, failing alone, retrying, and stopping.
import t from 'tap'
import { CommitUnknown, StoreConflict, StoreUnavailable } from '../../src/service/ports.js'
import { QueueFull, Stopping } from '../../src/service/writes/submission.js'
import { aKey, anAddress, aSave, aSubmission, aSubscription } from '../support/builders.js'
import { eventually } from '../support/eventually.js'
import { aGroupCommit, personIdOf } from '../support/group-commits.js'
import { createMemoryStore } from '../support/memory-store.js'

const within = { withinMs: 5_000, everyMs: 1 }
const suppress = (address: string) => aSubmission({ command: aSubscription('unsubscribed', address) })
const many = (count: number) => Array.from({ length: count }, (_, index) => suppress(`p${index}@example.org`))

t.test('a command alone is a batch of one', async t => {
  const store = createMemoryStore()
  const { writes, reported } = aGroupCommit(store)

  const answer = await writes.submit(suppress('ada@example.org'))

  t.match(answer, { type: 'carried-out', seq: 1, outcome: { type: 'status-set', status: 'unsubscribed', version: 1 } })
  t.strictSame(reported.batches, [1])
  t.strictSame(reported.commands, ['carried-out'])
})

t.test('while one batch commits, the next one gathers all that arrive, up to its maximum and in order', async t => {
  const store = createMemoryStore()
  const { writes, reported } = aGroupCommit(store, { batchMax: 4 })
  const letGo = store.holdCommits()

  const first = writes.submit(suppress('first@example.org'))
  await eventually(() => store.isHolding, within)
  const later = many(6).map(submission => writes.submit(submission))
  t.equal(writes.waiting, 6)
  letGo()
  await Promise.all([first, ...later])

  t.strictSame(reported.batches, [1, 4, 2])
  const addresses = store.dump().statusHistory.map(({ key }) => key)
  t.strictSame(
    addresses.slice(1),
    many(6).map((_, index) => `p${index}@example.org`),
  )
})

t.test('nobody is answered before the commit', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  const letGo = store.holdCommits()
  let isAnswered = false

  const answer = writes.submit(suppress('ada@example.org')).finally(() => {
    isAnswered = true
  })
  await eventually(() => store.isHolding, within)
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  t.equal(isAnswered, false)
  t.equal((await store.status(aKey())).status.version, 0)

  letGo()
  await answer
  t.equal((await store.status(aKey())).status.version, 1)
})

t.test('commands of one batch see each other', async t => {
  const { writes } = aGroupCommit(createMemoryStore())
  const commands = [
    aSave({ address: 'ada@example.org' }),
    aSubscription('unsubscribed'),
    aSave({ by: 'ada@example.org', unsubscribed: true }),
    aSave({ by: 'ada@example.org', unsubscribed: false }),
  ]

  const answers = await writes.submitAll(commands.map(command => aSubmission({ command })))

  t.strictSame(new Set([answers[0], answers[2], answers[3]].map(personIdOf)).size, 1)
  t.match(answers, [{ seq: 1 }, { seq: 2 }, { seq: 3 }, { seq: 4 }])
})

t.test('a batch is also bounded by what its values weigh', async t => {
  const { writes, reported } = aGroupCommit(createMemoryStore())
  const heavy = Array.from({ length: 5 }, (_, index) =>
    aSubmission({ command: aSave({ address: `p${index}@example.org`, fields: { Notes: 'x'.repeat(1_500_000) } }) }),
  )

  await writes.submitAll(heavy)

  t.strictSame(reported.batches, [2, 2, 1])
})

t.test('a poisonous command fails alone, the other 255 commit once each', async t => {
  const store = createMemoryStore()
  const { writes, reported } = aGroupCommit(store)
  const poison = aKey('p100@example.org')
  store.watchAppends(({ details }) => {
    const hurts = details.some(({ command }) => command.type === 'set-subscription' && command.address.key === poison)
    if (hurts) throw new RangeError('nobody thought of this')
  })

  const answers = await writes.submitAll(many(256))

  const failed = answers.filter(answer => answer instanceof Error)
  t.strictSame(
    failed.map(error => error.message),
    ['nobody thought of this'],
  )
  t.ok(answers[100] instanceof RangeError)
  t.equal(store.dump().log.length, 255)
  t.equal((await store.status(poison)).status.version, 0)
  t.equal(reported.defects.length, 1)
})

t.test('a store that cannot for a moment is asked again, and the caller sees nothing of it', async t => {
  for (const error of [new StoreUnavailable('deadlock'), new StoreConflict('another was first')]) {
    const store = createMemoryStore()
    const { writes, reported } = aGroupCommit(store)
    store.failNext({ at: 'before-commit', error })
    store.failNext({ at: 'before-commit', error })

    const answers = await writes.submitAll(many(3))

    t.match(answers, [{ seq: 1 }, { seq: 2 }, { seq: 3 }])
    t.strictSame(reported.retries, [error, error])
    t.equal(store.counted.transactions, 3)
  }
})

t.test(
  'whoever waits longer than their patience is told to try again, also in the queue, and nothing is written',
  async t => {
    const store = createMemoryStore()
    const { writes } = aGroupCommit(store, { patienceMs: 500, batchMax: 1 })
    store.watchAppends(() => {
      throw new StoreUnavailable('the disk is full')
    })

    const answers = await writes.submitAll(many(3))

    for (const answer of answers) t.ok(answer instanceof StoreUnavailable)
    t.equal(store.dump().log.length, 0)
    t.equal(writes.waiting, 0)

    store.watchAppends(() => {})
    t.match(await writes.submit(suppress('ada@example.org')), { seq: 1 }, 'it works again afterwards')
  },
)

t.test('a conflict that never ends is a defect and not a loop', async t => {
  const store = createMemoryStore()
  const { writes, reported } = aGroupCommit(store)
  store.watchAppends(() => {
    throw new StoreConflict('always somebody else')
  })

  await t.rejects(writes.submit(suppress('ada@example.org')), /always somebody else/)

  t.equal(reported.defects.length, 1)
  t.ok(store.counted.transactions < 20)
})

t.test('a commit that landed although its answer was lost is answered and not repeated', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  store.failNext({ at: 'after-commit', error: new CommitUnknown('connection lost') })
  const [save, subscription] = [aSave({ address: 'ada@example.org' }), aSubscription('unsubscribed')]

  const answers = await writes.submitAll([save, subscription].map(command => aSubmission({ command })))

  t.match(answers, [{ seq: 1 }, { seq: 2, outcome: { version: 1 } }])
  t.equal(store.dump().log.length, 2)
  t.equal(store.dump().people.size, 1)
  t.equal(store.counted.transactions, 1)
})

t.test('a commit that did not land is repeated', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  store.failNext({ at: 'before-commit', error: new CommitUnknown('connection lost') })

  t.match(await writes.submit(suppress('ada@example.org')), { seq: 1 })
  t.equal(store.dump().log.length, 1)
  t.equal(store.counted.transactions, 2)
})

t.test('a commit that lands after it was looked for in vain is answered and not repeated', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  store.failNext({ at: 'late', error: new CommitUnknown('connection lost') })
  const [save, subscription] = [aSave({ address: 'ada@example.org' }), aSubscription('unsubscribed')]

  const answers = await writes.submitAll([save, subscription].map(command => aSubmission({ command })))

  t.match(answers, [{ seq: 1 }, { seq: 2, outcome: { version: 1 } }])
  t.equal(store.dump().log.length, 2)
})

t.test('ids given by a commit whose answer was lost are not given again', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)
  const save = (address: string) => writes.submit(aSubmission({ command: aSave({ address }) }))
  store.failNext({ at: 'after-commit', error: new CommitUnknown('connection lost') })

  const first = personIdOf(await save('ada@example.org'))
  const second = personIdOf(await save('grace@example.org'))

  t.not(first, second)
  t.strictSame([...store.dump().people.keys()], [first, second])
})

t.test('an id that somebody brought along is not given to another person, in no batch', async t => {
  for (const batchMax of [256, 1]) {
    const store = createMemoryStore()
    const { writes } = aGroupCommit(store, { batchMax })
    const brought = aSave({ id: 1_000_000_002, by: 'brought@example.org' })
    const others = ['a', 'b', 'c'].map(name => aSave({ address: `${name}@example.org` }))

    const answers = await writes.submitAll([brought, ...others].map(command => aSubmission({ command })))

    const ids = answers.map(personIdOf)
    t.equal(new Set(ids).size, 4, `${ids}`)
    t.equal(store.dump().people.get(1_000_000_002)?.address?.key, 'brought@example.org')
    t.equal(store.dump().people.size, 4)
  }
})

t.test('past its bound the queue refuses at once, and takes what comes when there is room again', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store, { queueMax: 3 })
  const letGo = store.holdCommits()
  const first = writes.submit(suppress('first@example.org'))
  await eventually(() => store.isHolding, within)

  const waiting = writes.submitAll(many(3))
  await t.rejects(writes.submit(suppress('one too many@example.org'.replaceAll(' ', '-'))), QueueFull)
  t.throws(() => writes.submitAll(many(1)), QueueFull)

  letGo()
  await Promise.all([first, waiting])
  t.match(await writes.submit(suppress('later@example.org')), { seq: 5 })
})

const large = (number: number) =>
  aSubmission({ command: aSave({ address: `p${number}@example.org`, fields: { Notes: 'x'.repeat(1_000_000) } }) })
const tooLarge = () => Array.from({ length: 140 }, (_, number) => large(number))

t.test('what waits is bounded by its size too, and counts no more once it is given up', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store, { patienceMs: 400 })

  for (const round of ['first', 'second']) {
    const letGo = store.holdCommits()
    const first = writes.submit(suppress(`${round}@example.org`)).catch(cause => cause)
    await eventually(() => store.isHolding, within)
    const waiting = writes.submitAll(tooLarge())
    await t.rejects(writes.submit(large(0)), { name: 'QueueFull', message: /more than 128000000 characters/ })
    t.match(await waiting, [StoreUnavailable], `given up in the ${round} round`)
    letGo()
    await first
  }
})

t.test('what was taken into a batch counts no more among what waits', async t => {
  const { writes } = aGroupCommit(createMemoryStore())

  t.match(await writes.submitAll(tooLarge()), [{ type: 'carried-out' }])
  t.match(await writes.submit(suppress('later@example.org')), { type: 'carried-out' })
})

t.test('draining finishes what waits and takes nothing new', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store, { batchMax: 2 })

  const answers = writes.submitAll(many(5))
  const drained = writes.drain()
  await t.rejects(writes.submit(suppress('late@example.org')), Stopping)
  await drained

  t.equal(store.dump().log.length, 5)
  t.match(await answers, [{ seq: 1 }, { seq: 2 }, { seq: 3 }, { seq: 4 }, { seq: 5 }])
  await writes.drain()
})

t.test('a rejection is an answer: it writes nothing and counts as no failure', async t => {
  const store = createMemoryStore()
  const { writes, reported } = aGroupCommit(store)

  const answer = await writes.submit(aSubmission({ command: aSave({ id: 5, mode: 'update' }) }))

  t.strictSame(answer, { type: 'rejected', rejection: { type: 'person-not-found', by: 'id', value: '5' } })
  t.equal(store.dump().log.length, 0)
  t.strictSame([reported.commands, reported.defects], [['rejected'], []])
})

t.test('what is so already is in the log all the same: the caller was told yes', async t => {
  const store = createMemoryStore()
  const { writes } = aGroupCommit(store)

  for (let time = 0; time < 2; time++) await writes.submit(suppress('ada@example.org'))

  t.equal(store.dump().log.length, 2)
  t.equal((await store.status(anAddress().key)).status.version, 1)
})
