// Histories that are too long for one transaction: begun with the change, told in chunks, dropped when superseded.
import t from 'tap'
import type { FanOut } from '../../src/domain/person.js'
import {
  aKey,
  aMoment,
  aPerson,
  aSave,
  aSituation,
  aStatus,
  aSubscription,
  carryOut,
  effectsOf,
  flagHistory,
} from '../support/builders.js'

const ada = 'ada@example.org'
const aFanOut = (traits: Partial<FanOut> = {}): FanOut => ({
  key: aKey(),
  version: 1,
  seq: 3,
  to: 'unsubscribed',
  except: null,
  upTo: 0,
  ...traits,
})
const continueIt = (version = 1) => ({ type: 'continue-fan-out', key: aKey(), version }) as const
const people = [aPerson({ id: 1 }), aPerson({ id: 2 }), aPerson({ id: 3 })]
const statuses = [aStatus(ada, 'unsubscribed')]

t.test('a change at a crowded address tells the direct person at once and leaves a fan-out for the others', async t => {
  const situation = aSituation({ people: [aPerson({ id: 5 })], crowded: [ada] })

  const decision = carryOut(situation, aSave({ id: 5, unsubscribed: true }), {}, { seq: 42 })

  t.equal(situation.status(aKey()).status, 'unsubscribed')
  t.strictSame(flagHistory(effectsOf(decision)), [[5, '0', '1', 'Web service API']])
  t.strictSame(situation.difference().fanOuts, [aFanOut({ seq: 42, except: 5 })])
})

t.test('a chunk tells its people, but not the one whose history is written already', async t => {
  const fanOut = aFanOut({ except: 2 })
  const situation = aSituation({ people, statuses, fanOuts: [{ fanOut, chunk: [1, 2], last: false }] })

  const decision = carryOut(situation, continueIt())

  t.strictSame(flagHistory(effectsOf(decision)), [[1, '0', '1', 'updateLeadEmailStatus']])
  t.strictSame(decision.type === 'carried-out' && decision.outcome, { type: 'fan-out-continued', done: false })
  t.strictSame(situation.difference().fanOuts, [{ ...fanOut, upTo: 2 }])
})

t.test('the last chunk ends the fan-out', async t => {
  const situation = aSituation({ people, statuses, fanOuts: [{ fanOut: aFanOut(), chunk: [1, 2, 3], last: true }] })

  const decision = carryOut(situation, continueIt())

  t.strictSame(decision.type === 'carried-out' && decision.outcome, { type: 'fan-out-continued', done: true })
  t.strictSame(situation.difference().fanOutsEnded, [aKey()])
  t.strictSame(situation.difference().fanOuts, [])
})

t.test('a fan-out with nobody left to tell ends', async t => {
  const situation = aSituation({ statuses, fanOuts: [{ fanOut: aFanOut({ upTo: 9 }), chunk: [], last: true }] })

  const decision = carryOut(situation, continueIt())

  t.strictSame(effectsOf(decision), [{ type: 'fan-out-advanced', key: aKey(), version: 1, upTo: 9, done: true }])
})

t.test('a status that moves on ends the fan-out before it, and nothing stale is told', async t => {
  const situation = aSituation({ people, statuses, fanOuts: [{ fanOut: aFanOut(), chunk: [1, 2], last: false }] })

  carryOut(situation, aSubscription('subscribed'))
  const late = carryOut(situation, continueIt(1))

  t.strictSame(effectsOf(late), [])
  t.strictSame(late.type === 'carried-out' && late.outcome, { type: 'fan-out-continued', done: true })
  t.strictSame(situation.difference().fanOutsEnded, [aKey()])
})

t.test('a fan-out of another version than the one asked for is left alone', async t => {
  const fanOut = aFanOut({ version: 2 })
  const situation = aSituation({ people, statuses, fanOuts: [{ fanOut, chunk: [1], last: true }] })

  t.strictSame(effectsOf(carryOut(situation, continueIt(1))), [])
  t.strictSame(situation.difference().fanOutsEnded, [])
})

t.test('a change at a crowded address puts its fan-out in the place of the one before', async t => {
  const fanOuts = [{ fanOut: aFanOut({ upTo: 700 }), chunk: [], last: false }]
  const situation = aSituation({ statuses, crowded: [ada], fanOuts })

  carryOut(situation, aSubscription('subscribed'), {}, { seq: 50 })

  t.strictSame(situation.difference().fanOuts, [aFanOut({ version: 2, seq: 50, to: 'subscribed', upTo: 0 })])
  t.strictSame(situation.difference().fanOutsEnded, [])
})

t.test(
  'a person that moved away, or was deleted, within the batch is told nothing more of the old address',
  async t => {
    const fanOuts = [{ fanOut: aFanOut(), chunk: [1, 2, 3], last: true }]
    const situation = aSituation({ people, statuses, fanOuts, addresses: ['new@example.org'] })

    carryOut(situation, aSave({ id: 1, address: 'new@example.org' }))
    carryOut(situation, { type: 'delete-person', id: 3 })

    t.strictSame(flagHistory(effectsOf(carryOut(situation, continueIt()))), [[2, '0', '1', 'updateLeadEmailStatus']])
  },
)

t.test('a person that is told of a change was touched, not saved', async t => {
  const situation = aSituation({ people, statuses, fanOuts: [{ fanOut: aFanOut(), chunk: [1], last: true }] })

  carryOut(situation, continueIt())

  const { at } = aMoment()
  t.strictSame([situation.person(1)?.updatedAt, situation.person(1)?.savedAt], [at, aPerson().savedAt])
})
