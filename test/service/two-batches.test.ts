// Two batches on their way at a time, on a database: the second one is read while the first one is being written. The
// order of the log, what each command sees, and what a failure of the first one leaves are as with one at a time.
import fc from 'fast-check'
import t, { type Test } from 'tap'
import type { Command } from '../../src/domain/command.js'
import { type CommandStore, StoreUnavailable } from '../../src/service/ports.js'
import { type Answer, namedReplay, partReplay, type Submission } from '../../src/service/writes/submission.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aDelete, aForeignId, aHashAddress, aSave, aSubmission, aSubscription } from '../support/builders.js'
import { withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { aGroupCommit } from '../support/group-commits.js'
import { createMemoryStore } from '../support/memory-store.js'
import { requires } from '../support/requirements.js'
import { isVerified } from '../support/store-inspection.js'

const within = { withinMs: 30_000, everyMs: 2 }

interface Steps {
  readonly store: CommandStore
  /** What transactions did, each with its number: `1 read`, `1 append`, `2 read`, `1 end` ... */
  readonly said: readonly string[]
}

/** `before` may hold a step up, or throw. */
function inSteps(store: Store, before: (step: string) => Promise<void> = async () => {}): Steps {
  const said: string[] = []
  let transactions = 0
  return {
    said,
    store: {
      ...store,
      transact: work => {
        const number = ++transactions
        const take = async <T>(name: string, done: () => Promise<T>): Promise<T> => {
          await before(`${number} ${name}`)
          said.push(`${number} ${name}`)
          return done()
        }
        return store
          .transact(inner =>
            work({
              open: async (keys, wanted, locksHead) => ({
                found: await inner.findAnswers(keys),
                situation: await take('read', () => inner.read(wanted)),
                head: locksHead ? await take('lock head', () => inner.lockHead()) : null,
              }),
              findAnswers: keys => inner.findAnswers(keys),
              read: wanted => take('read', () => inner.read(wanted)),
              lockHead: () => take('lock head', () => inner.lockHead()),
              append: append => take('append', () => inner.append(append)),
            }),
          )
          .finally(() => said.push(`${number} end`))
      },
    },
  }
}

async function aStore(t: Test): Promise<{ store: Store; url: string }> {
  const { url } = await withDatabase(t, 'mysql')
  const store = openStore(url)
  t.teardown(() => store.close())
  store.hashAddressesBy(aHashAddress)
  await store.migrate()
  return { store, url }
}

const suppress = (name: string) => aSubmission({ command: aSubscription('unsubscribed', `${name}@example.org`) })
const four = (name: string) => ['a', 'b', 'c', 'd'].map(letter => suppress(`${letter}.${name}`))
const positions = (answers: readonly (Answer | Error)[]) =>
  answers.map(answer => (!(answer instanceof Error) && 'seq' in answer ? answer.seq : answer))

t.test('the second batch is read before the first one is written, and stands behind it in the log', async t => {
  if (!requires(t, 'mysql')) return
  const { store, url } = await aStore(t)
  const steps = inSteps(store, async step => {
    if (step === '1 append') await eventually(() => steps.said.includes('2 read'), within)
  })
  const { writes } = aGroupCommit(steps.store, { batchMax: 4 })

  const [first, second] = await Promise.all([writes.submitAll(four('one')), writes.submitAll(four('two'))])

  t.strictSame(steps.said, ['1 read', '1 lock head', '2 read', '1 append', '1 end', '2 lock head', '2 append', '2 end'])
  t.strictSame(
    [positions(first), positions(second)],
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
  )
  await isVerified(t, url, 'after two batches')
})

t.test('where another process writes in between, the second batch takes the place behind that', async t => {
  if (!requires(t, 'mysql')) return
  const { store, url } = await aStore(t)
  const other = aGroupCommit(store).writes
  const steps = inSteps(store, async step => {
    if (step === '1 append') await eventually(() => steps.said.includes('2 read'), within)
    // The first one is committed; whoever takes the head now comes before the second one.
    if (step === '2 lock head') t.match(await other.submit(suppress('other')), { seq: 5 })
  })
  const { writes } = aGroupCommit(steps.store, { batchMax: 4 })

  const [first, second] = await Promise.all([writes.submitAll(four('one')), writes.submitAll(four('two'))])

  t.strictSame(
    [positions(first), positions(second)],
    [
      [1, 2, 3, 4],
      [6, 7, 8, 9],
    ],
  )
  t.match(second, [{ outcome: { version: 1 } }, {}, {}, { outcome: { version: 1 } }])
  await isVerified(t, url, 'after a stranger in between')
})

t.test('where the first batch fails once, the second one begins again behind it', async t => {
  if (!requires(t, 'mysql')) return
  const { store, url } = await aStore(t)
  const steps = inSteps(store, async step => {
    if (step !== '1 append') return
    await eventually(() => steps.said.includes('2 read'), within)
    throw new StoreUnavailable('deadlock')
  })
  const { writes, reported } = aGroupCommit(steps.store, { batchMax: 4 })

  const [first, second] = await Promise.all([writes.submitAll(four('one')), writes.submitAll(four('two'))])

  t.strictSame(
    [positions(first), positions(second)],
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
  )
  t.equal(reported.retries.length, 1, 'of the second one nobody hears')
  t.notOk(steps.said.includes('2 append'))
  await isVerified(t, url, 'after a failure')
})

t.test('where the second batch fails once, the first one never learns of it', async t => {
  if (!requires(t, 'mysql')) return
  const { store } = await aStore(t)
  const steps = inSteps(store, async step => {
    if (step === '1 append') await eventually(() => steps.said.includes('2 read'), within)
    if (step === '2 append') throw new RangeError('nobody thought of this')
  })
  const { writes, reported } = aGroupCommit(steps.store, { batchMax: 4 })

  const [first, second] = await Promise.all([writes.submitAll(four('one')), writes.submitAll(four('two'))])

  t.strictSame(
    [positions(first), positions(second)],
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
  )
  t.strictSame(reported.defects, [])
})

const shared: readonly (readonly [what: string, ahead: Command, behind: Command])[] = [
  ['an address', aSave({ address: 'x@example.org' }), aSubscription('unsubscribed', 'x@example.org')],
  ['a new address', aSave({ by: 'x@example.org', address: 'y@example.org' }), aSave({ address: 'y@example.org' })],
  ['an id', aSave({ id: 7, by: 'x@example.org' }), aSave({ id: 7, by: 'y@example.org' })],
  [
    'a foreign id',
    aSave({ foreignId: aForeignId('f'), address: 'x@example.org' }),
    aSave({ foreignId: aForeignId('f'), address: 'y@example.org' }),
  ],
  ['a cookie', aSave({ cookie: 'c', address: 'x@example.org' }), aSave({ cookie: 'c', address: 'y@example.org' })],
  ['people that it does not name', aSave({ address: 'x@example.org' }), aDelete(1)],
]

for (const [what, ahead, behind] of shared) {
  t.test(`where both name ${what}, the second batch is read once the first one is written`, async t => {
    if (!requires(t, 'mysql')) return
    await followNot(
      t,
      [ahead, behind].map(command => aSubmission({ command })),
    )
  })
}

t.test('of those that wait, as many follow as come before the first that names what the batch ahead names', async t => {
  if (!requires(t, 'mysql')) return
  const { store, url } = await aStore(t)
  const steps = inSteps(store, async step => {
    if (step === '1 append') await eventually(() => steps.said.includes('2 read'), within)
  })
  const { writes, reported } = aGroupCommit(steps.store, { batchMax: 4 })
  const behind = ['e', 'f', 'a', 'g'].map(letter => suppress(`${letter}.one`))

  const [first, second] = await Promise.all([writes.submitAll(four('one')), writes.submitAll(behind)])

  t.ok(steps.said.indexOf('2 read') < steps.said.indexOf('1 end'))
  t.ok(steps.said.indexOf('3 read') > steps.said.indexOf('1 end'))
  t.strictSame(
    [positions(first), positions(second)],
    [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ],
  )
  t.strictSame(reported.batches, [4, 2, 2])
  await isVerified(t, url, 'after a part of a batch')
})

t.test('the parts of one named request do not follow each other: the first of them keeps its name', async t => {
  if (!requires(t, 'mysql')) return
  const whole = namedReplay('caller', 'key', 'request')
  await followNot(
    t,
    ['x@example.org', 'y@example.org'].map((address, part) =>
      aSubmission({ command: aSave({ address }), replay: partReplay(whole, part) }),
    ),
  )
})

async function followNot(t: Test, submissions: readonly Submission[]): Promise<void> {
  const { store } = await aStore(t)
  const steps = inSteps(store)
  const { writes, reported } = aGroupCommit(steps.store, { batchMax: 1 })

  await writes.submitAll(submissions)

  const [read, end] = [steps.said.indexOf('2 read'), steps.said.indexOf('1 end')]
  t.ok(end >= 0 && end < read, `${steps.said}`)
  t.strictSame(reported.defects, [])
}

// Mostly different ones, so that batches may follow each other, and a few that many want.
const number = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 4, max: 900 }) }, fc.integer({ min: 1, max: 3 }))
const address = number.map(number => `p${number}@example.org`)
const id = number
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: address.map(text => aSubscription('unsubscribed', text)) },
  { weight: 4, arbitrary: address.map(text => aSubscription('subscribed', text)) },
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.option(id, { nil: undefined }), address, fc.option(fc.boolean(), { nil: undefined }), fc.nat(3))
      .map(([id, text, unsubscribed, city]) =>
        aSave({
          ...(id === undefined ? { by: text } : { id, address: text }),
          ...(unsubscribed === undefined ? {} : { unsubscribed }),
          fields: { City: `City ${city}` },
        }),
      ),
  },
  {
    weight: 8,
    arbitrary: fc
      .tuple(id, address)
      .map(([id, text]) => aSave({ foreignId: aForeignId(`f${id}`), address: text, fields: { City: text } })),
  },
  { weight: 1, arbitrary: id.map(aDelete) },
)

t.test('what comes of many commands is what comes of them one at a time', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  let together = 0
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 30, maxLength: 60, size: 'max' }), async commands => {
      const store = openStore(url)
      try {
        store.hashAddressesBy(aHashAddress)
        await store.migrate()
        const before = await store.head()
        const domain = `${before.seq}.example.org`
        const steps = inSteps(store)
        const submissions = commands.map(each => aSubmission({ command: elsewhere(each, domain, before.seq) }))
        const model = aGroupCommit(createMemoryStore(), { batchMax: 1 }).writes

        const answers = await aGroupCommit(steps.store, { batchMax: 4 }).writes.submitAll(submissions)

        together += steps.said.filter(isEarly).length
        same(told(answers, before.seq), told(await model.submitAll(submissions), 0))
      } finally {
        await store.close()
      }
    }),
    { numRuns: 8 },
  )
  t.ok(together > 3, `batches that were begun inside of another: ${together}`)
  await isVerified(t, url, 'after all of it')
})

// Each run has people and addresses of its own in the one database.
function elsewhere(command: Command, domain: string, base: number): Command {
  const text = JSON.stringify(command)
  const moved = JSON.parse(text.replaceAll('example.org', domain), (key, value) =>
    key === 'id' ? value + base * 1_000 : key === 'value' ? `${value}.${base}` : value,
  )
  return moved as Command // the same, with other names in it
}

const isEarly = (step: string, index: number, steps: readonly string[]): boolean => {
  const [number, name] = step.split(' ')
  return name === 'read' && steps.indexOf(`${Number(number) - 1} end`) > index
}

// Positions count from the beginning of the run. Drawn ids need not rise, and so neither need the people of an address
// be told in the order in which they came: each has the number of the command that made it.
function told(answers: readonly (Answer | Error)[], seq: number): string {
  const drawn = new Map<string, string>()
  const plain = answers.map((answer, index) => {
    if (answer instanceof Error) throw answer
    if (!('seq' in answer)) return JSON.stringify(answer)
    const { outcome, effects } = answer
    if (outcome.type === 'created') drawn.set(`${outcome.personId}`, `"made by ${index}"`)
    const text = JSON.stringify([answer.seq - seq, outcome, effects])
    const named = text.replaceAll(/\b10000\d{5}\b/g, id => drawn.get(id) ?? id)
    const [at, what, facts] = JSON.parse(named) as [number, unknown, unknown[]]
    return JSON.stringify([at, what, facts.map(fact => JSON.stringify(fact)).sort()])
  })
  return plain.join('\n')
}

function same(ours: string, expected: string): void {
  const lines = ours.split('\n')
  const at = expected.split('\n').findIndex((line, index) => line !== lines[index])
  if (at >= 0) throw new Error(`command ${at}: expected ${expected.split('\n')[at]}\n     got ${lines[at]}`)
}
