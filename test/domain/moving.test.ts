// R3, R4, R5 and R7: a person takes another address, loses it, or gets its first one.
import t from 'tap'
import {
  aKey,
  aPerson,
  aPolicy,
  aSave,
  aSituation,
  aStatus,
  aSubscription,
  carryOut,
  effectsOf,
  flagHistory,
} from '../support/builders.js'

const ada = 'ada@example.org'
const lovelace = 'lovelace@example.org'
const carryOver = { policy: aPolicy({ addressChange: 'carry-over' }) }

t.test('R3: a person that moves to an unsubscribed address is unsubscribed, and both statuses stay', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(lovelace, 'unsubscribed', 2)] })

  const decision = carryOut(situation, aSave({ id: 1, address: lovelace }))

  t.strictSame(flagHistory(effectsOf(decision)), [[1, '0', '1', 'resetLeadEmailStatus']])
  t.strictSame([situation.status(aKey(ada)).version, situation.status(aKey(lovelace)).version], [0, 2])
  t.equal(situation.person(1)?.address?.key, lovelace)
})

t.test('R3: a person that leaves an unsubscribed address for a subscribed one is subscribed', async t => {
  const situation = aSituation({
    people: [aPerson()],
    statuses: [aStatus(ada, 'unsubscribed')],
    addresses: [lovelace],
  })

  const decision = carryOut(situation, aSave({ id: 1, address: lovelace }))

  t.strictSame(flagHistory(effectsOf(decision)), [[1, '1', '0', 'resetLeadEmailStatus']])
  t.equal(situation.status(aKey(ada)).status, 'unsubscribed')
  t.equal(situation.status(aKey(lovelace)).version, 0)
})

t.test('R3: between two addresses of the same status only the address changes', async t => {
  for (const status of ['subscribed', 'unsubscribed'] as const) {
    const statuses = [aStatus(ada, status), aStatus(lovelace, status)]
    const situation = aSituation({ people: [aPerson()], statuses })

    const decision = carryOut(situation, aSave({ id: 1, address: lovelace }))

    t.strictSame(flagHistory(effectsOf(decision)), [])
    t.strictSame(
      effectsOf(decision).flatMap(effect => (effect.type === 'activity' ? [[effect.from, effect.to]] : [])),
      [[ada, lovelace]],
    )
  }
})

t.test('R3: the policy carry-over takes an opt-out along, to everybody at the new address', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2, address: lovelace })],
    statuses: [aStatus(ada, 'unsubscribed')],
  })

  const decision = carryOut(situation, aSave({ id: 1, address: lovelace }), carryOver)

  t.equal(situation.status(aKey(lovelace)).status, 'unsubscribed')
  t.equal(situation.status(aKey(ada)).status, 'unsubscribed')
  // The person itself showed an opt-out before and shows one now.
  t.strictSame(flagHistory(effectsOf(decision)), [[2, '0', '1', 'updateLeadEmailStatus']])
})

t.test('R3: the policy carry-over never carries a subscription to an address that opted out', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(lovelace, 'unsubscribed')] })

  carryOut(situation, aSave({ id: 1, address: lovelace }), carryOver)

  t.equal(situation.status(aKey(lovelace)).status, 'unsubscribed')
})

t.test('R4: the address moves first, then the opt-out applies to the new one', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2, address: ada }), aPerson({ id: 3, address: lovelace })],
  })

  const decision = carryOut(situation, aSave({ id: 1, address: lovelace, unsubscribed: true }))

  t.equal(situation.status(aKey(ada)).version, 0)
  t.equal(situation.status(aKey(lovelace)).status, 'unsubscribed')
  t.strictSame(flagHistory(effectsOf(decision)), [
    [3, '0', '1', 'updateLeadEmailStatus'],
    [1, '0', '1', 'Web service API'],
  ])
})

t.test(
  'R4: a move to an unsubscribed address with a re-subscribe ends subscribed, in two steps of history',
  async t => {
    const situation = aSituation({ people: [aPerson()], statuses: [aStatus(lovelace, 'unsubscribed', 1)] })

    const decision = carryOut(situation, aSave({ id: 1, address: lovelace, unsubscribed: false }))

    t.equal(situation.status(aKey(lovelace)).status, 'subscribed')
    t.strictSame(flagHistory(effectsOf(decision)), [
      [1, '0', '1', 'resetLeadEmailStatus'],
      [1, '1', '0', 'Web service API'],
    ])
  },
)

t.test('R4: a guarded policy refuses the re-subscribe of the new address and the move with it', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(lovelace, 'unsubscribed')] })
  const policy = aPolicy({ resubscribe: 'guarded' })

  const decision = carryOut(situation, aSave({ id: 1, address: lovelace, unsubscribed: false }), { policy })

  t.equal(decision.type === 'rejected' && decision.rejection.type, 'resubscribe-refused')
  t.equal(situation.person(1)?.address?.key, ada)
})

t.test('R4: what is said about the flag goes before what would be carried over', async t => {
  const situation = aSituation({
    people: [aPerson()],
    statuses: [aStatus(ada, 'unsubscribed')],
    addresses: [lovelace],
  })

  carryOut(situation, aSave({ id: 1, address: lovelace, unsubscribed: false }), carryOver)

  t.equal(situation.status(aKey(lovelace)).status, 'subscribed')
  t.equal(situation.status(aKey(ada)).status, 'unsubscribed')
})

t.test('R4: an opt-out that is both carried over and stated happens once', async t => {
  const situation = aSituation({
    people: [aPerson()],
    statuses: [aStatus(ada, 'unsubscribed')],
    addresses: [lovelace],
  })

  const decision = carryOut(situation, aSave({ id: 1, address: lovelace, unsubscribed: true }), carryOver)

  t.equal(situation.status(aKey(lovelace)).version, 1)
  t.strictSame(flagHistory(effectsOf(decision)), [])
})

t.test("R5: without an address the flag is the person's own and touches no status", async t => {
  const situation = aSituation({ people: [aPerson({ address: null })] })

  const out = carryOut(situation, aSave({ id: 1, unsubscribed: true }))

  t.equal(situation.person(1)?.ownUnsubscribed, true)
  t.strictSame(flagHistory(effectsOf(out)), [[1, '0', '1', 'Web service API']])
  t.strictSame(situation.difference().statuses, [])

  t.strictSame(effectsOf(carryOut(situation, aSave({ id: 1, unsubscribed: true }))), [])

  const back = carryOut(situation, aSave({ id: 1, unsubscribed: false }))
  t.equal(situation.person(1)?.ownUnsubscribed, false)
  t.strictSame(flagHistory(effectsOf(back)), [[1, '1', '0', 'Web service API']])
})

t.test('R5: an own opt-out counts as an unsubscribe of the first address', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1, address: null, ownUnsubscribed: true }), aPerson({ id: 2 })],
  })

  const decision = carryOut(situation, aSave({ id: 1, address: ada }))

  t.equal(situation.status(aKey()).status, 'unsubscribed')
  t.equal(situation.person(1)?.ownUnsubscribed, false)
  t.strictSame(flagHistory(effectsOf(decision)), [[2, '0', '1', 'updateLeadEmailStatus']])
})

t.test('R5: without an own opt-out the first address decides', async t => {
  const situation = aSituation({
    people: [aPerson({ address: null })],
    statuses: [aStatus(ada, 'unsubscribed')],
  })

  const decision = carryOut(situation, aSave({ id: 1, address: ada }))

  t.strictSame(flagHistory(effectsOf(decision)), [[1, '0', '1', 'resetLeadEmailStatus']])
})

t.test('R5: a person made without an address may be opted out from the start', async t => {
  const situation = aSituation({})

  const decision = carryOut(situation, aSave({ cookie: 'id:1&token:a', unsubscribed: true }))

  t.equal(situation.person(1001)?.ownUnsubscribed, true)
  t.strictSame(flagHistory(effectsOf(decision)), [[1001, '0', '1', 'Web service API']])
})

t.test(
  'R5: a person whose address is cleared keeps the flag that it showed, and no flag is in its history',
  async t => {
    for (const status of ['subscribed', 'unsubscribed'] as const) {
      const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, status, 3)] })

      const decision = carryOut(situation, aSave({ id: 1, address: null }))

      t.equal(situation.person(1)?.address, null)
      t.equal(situation.person(1)?.ownUnsubscribed, status === 'unsubscribed')
      t.strictSame(flagHistory(effectsOf(decision)), [])
      t.equal(situation.status(aKey()).version, 3)
    }
  },
)

t.test(
  'R5: clearing the address and setting the flag sets the own flag, never the status of the old address',
  async t => {
    const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed', 3)] })

    const decision = carryOut(situation, aSave({ id: 1, address: null, unsubscribed: false }))

    t.equal(situation.person(1)?.ownUnsubscribed, false)
    t.equal(situation.status(aKey()).status, 'unsubscribed')
    t.strictSame(flagHistory(effectsOf(decision)), [[1, '1', '0', 'Web service API']])
  },
)

t.test('R5: an opt-out survives the way through having no address', async t => {
  const situation = aSituation({ people: [aPerson()], addresses: [lovelace] })

  carryOut(situation, aSubscription('unsubscribed'))
  carryOut(situation, aSave({ id: 1, address: null }))
  carryOut(situation, aSave({ id: 1, address: lovelace }))

  t.equal(situation.status(aKey(lovelace)).status, 'unsubscribed')
})

t.test('R7: another spelling of the same address is a change of text and no more', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed', 2)] })

  const decision = carryOut(situation, aSave({ id: 1, address: 'Ada@EXAMPLE.org' }), carryOver, { seq: 99 })

  t.equal(situation.person(1)?.address?.text, 'Ada@EXAMPLE.org')
  t.equal(situation.person(1)?.addressSeq, 1, 'its history at this address did not begin anew')
  t.equal(situation.status(aKey()).version, 2)
  t.strictSame(flagHistory(effectsOf(decision)), [])
  t.strictSame(situation.difference().statuses, [], 'no count changed')
})
