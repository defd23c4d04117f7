// The fold over a batch: whatever the commands and however they are cut into batches, the store ends the same, to the
// last hash of the log; and no failure of a store makes a command happen twice or not at all.
import fc from 'fast-check'
import t from 'tap'
import type { Command } from '../../src/domain/command.js'
import { CommitUnknown, StoreConflict, StoreUnavailable } from '../../src/service/ports.js'
import { type BatchEnvironment, carryOut, type Named } from '../../src/service/writes/batch.js'
import { type Answer, fingerprintReplay, namedReplay, type Replay } from '../../src/service/writes/submission.js'
import {
  aDelete,
  aForeignId,
  aHashAddress,
  anAddress,
  aPolicy,
  aSave,
  aSubmission,
  aSubscription,
  noon,
} from '../support/builders.js'
import { aGroupCommit } from '../support/group-commits.js'
import { createMemoryStore, type Fault, type MemoryStore } from '../support/memory-store.js'

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const address = fc.constantFrom('ada@x.org', 'Ada@x.org', 'bob@x.org', 'eve@x.org')
// Ids that callers bring along are far from those that the store gives.
const id = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1_000_000_001, max: 1_000_000_006 }))
const identity = fc.record(
  {
    id: fc.integer({ min: 1, max: 3 }),
    foreignId: fc.constantFrom('f1', 'f2').map(value => aForeignId(value)),
    cookie: fc.constantFrom('c1', 'c2'),
    moveCookie: fc.boolean(),
    address: address.map(anAddress),
  },
  { requiredKeys: [] },
)
const save = fc
  .record({
    identity,
    address: maybe(fc.oneof(address.map(anAddress), fc.constant(null))),
    unsubscribed: maybe(fc.boolean()),
    city: maybe(fc.constantFrom('London', 'Paris', null)),
    mode: fc.constantFrom('upsert' as const, 'upsert' as const, 'update' as const, 'duplicate' as const),
  })
  .map(({ city, ...rest }): Command => ({ ...aSave(), ...rest, fields: city === undefined ? {} : { City: city } }))
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: save },
  { weight: 2, arbitrary: id.map(aDelete) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('subscribed' as const, 'unsubscribed' as const), address)
      .map(([status, text]) => aSubscription(status, text)),
  },
)
const replay: fc.Arbitrary<Replay> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'none' } as const) },
  { weight: 1, arbitrary: fc.constantFrom('a', 'b').map(call => fingerprintReplay('crm', call, 0)) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('k1', 'k2'), fc.constantFrom('body 1', 'body 2'))
      .map(([key, body]) => namedReplay('crm', key, body)),
  },
)
const policy = fc.constantFrom(aPolicy(), aPolicy({ resubscribe: 'guarded' }), aPolicy({ addressChange: 'carry-over' }))
const submissions = fc
  .array(fc.record({ command, replay, policy }), { minLength: 1, maxLength: 30, size: 'max' })
  .map(list =>
    list.map((part, index): Named => ({ ...aSubmission(part), commandId: index.toString(16).padStart(32, '0') })),
  )

t.test('any cut into batches gives the same answers and the same store as one command at a time', async t => {
  await fc.assert(
    fc.asyncProperty(submissions, fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }), async (list, cuts) => {
      const [alone, cut] = [createMemoryStore(), createMemoryStore()]

      const oneByOne = await commit(alone, list, [1])
      const inBatches = await commit(cut, list, cuts)

      same(inBatches, oneByOne, 'answers')
      same(tablesOf(cut), tablesOf(alone), 'tables')
    }),
    { numRuns: 400 },
  )
  t.pass()
})

t.test('the number of people at each address is the number of people that are there', async t => {
  await fc.assert(
    fc.asyncProperty(submissions, async list => {
      const store = createMemoryStore()
      await commit(store, list, [7])
      const { people, statuses } = store.dump()
      for (const [key, row] of statuses) {
        same(row.people, [...people.values()].filter(person => person.address?.key === key).length, key)
      }
    }),
    { numRuns: 150 },
  )
  t.pass()
})

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    at: fc.constant('before-commit' as const),
    error: fc.constantFrom(
      new StoreUnavailable('deadlock'),
      new StoreConflict('another was first'),
      new CommitUnknown('lost before it landed'),
    ),
  }),
  fc.constant({ at: 'after-commit', error: new CommitUnknown('lost after it landed') } as const),
  fc.constant({ at: 'late', error: new CommitUnknown('lost, and landing late') } as const),
)

t.test('whatever passes at commits, every command is in the log once and its answer says where', async t => {
  await fc.assert(
    fc.asyncProperty(submissions, fc.array(fault, { maxLength: 4 }), async (list, faults) => {
      const store = createMemoryStore()
      const { writes } = aGroupCommit(store, { batchMax: 8 })
      for (const each of faults) store.failNext(each)

      const answers = await writes.submitAll(list.map(submission => ({ ...submission, replay: { type: 'none' } })))

      const positions = answers.flatMap(answer => (!(answer instanceof Error) && 'seq' in answer ? [answer.seq] : []))
      const { log } = store.dump()
      // Refused re-subscribes are in the log too; their answers have no place in it.
      const carriedOut = log.filter(({ detail }) => !detail!.includes('"outcome":{"type":"refused"'))
      same(
        carriedOut.map(entry => entry.seq),
        positions,
        'positions',
      )
      same(
        answers.filter(answer => answer instanceof Error),
        [],
        'errors',
      )
      for (const answer of answers)
        if (!(answer instanceof Error) && 'seq' in answer)
          same(log[answer.seq - 1]?.commandId, answer.commandId, 'name')
    }),
    { numRuns: 40 },
  )
  t.pass()
})

async function commit(store: MemoryStore, list: readonly Named[], cuts: readonly number[]): Promise<Answer[]> {
  const answers: Answer[] = []
  let freshPersonIds = await store.reservePersonIds(list.length)
  for (let at = 0, round = 0; at < list.length; round++) {
    const batch = list.slice(at, at + cuts[round % cuts.length]!)
    at += batch.length
    const env: BatchEnvironment = {
      now: () => noon,
      freshPersonIds,
      hashAddress: aHashAddress,
      salt: () => 'salt',
      resubscribeReasons: [],
      answersKeptMs: 1_000,
    }
    const result = await store.transact(transaction => carryOut(batch, transaction, env))
    freshPersonIds = freshPersonIds.slice(result.idsUsed)
    answers.push(...result.answers)
  }
  return answers
}

// Which rows come first in a table means nothing, but in the log and in histories it does.
function tablesOf(store: MemoryStore): unknown {
  const sorted = (map: ReadonlyMap<string | number, unknown>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1))
  const { people, statuses, foreignIds, cookies, answers, activities, statusHistory, log, head } = store.dump()
  const unordered = [people, statuses, foreignIds, cookies, answers].map(sorted)
  return [...unordered, activities, statusHistory, log, head]
}

function same(ours: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(ours), JSON.stringify(expected)]
  if (one !== other) throw new Error(`${what}:\nexpected ${other}\n     got ${one}`)
}
