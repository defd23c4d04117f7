// R1, R2, R6, R12 and R13: what happens to the status of one address, and whom it reaches.
import t from 'tap'
import {
  aCause,
  aKey,
  aPerson,
  aPolicy,
  aProvenCause,
  aSave,
  aSituation,
  aStatus,
  aSubscription,
  carryOut,
  effectsOf,
  flagHistory,
  noon,
} from '../support/builders.js'

const ada = 'ada@example.org'

t.test('R1: an unsubscribe reaches every person of the address, in every partition', async t => {
  const people = [aPerson({ id: 1 }), aPerson({ id: 2, partition: 'Europe' }), aPerson({ id: 3, partition: 'Asia' })]
  const situation = aSituation({ people })

  const decision = carryOut(situation, aSave({ id: 2, unsubscribed: true }))

  t.strictSame(decision.type === 'carried-out' && decision.outcome, { type: 'updated', personId: 2, warnings: [] })
  t.strictSame(
    { status: situation.status(aKey()).status, version: situation.status(aKey()).version },
    { status: 'unsubscribed', version: 1 },
  )
  t.strictSame(flagHistory(effectsOf(decision)), [
    [1, '0', '1', 'updateLeadEmailStatus'],
    [3, '0', '1', 'updateLeadEmailStatus'],
    [2, '0', '1', 'Web service API'],
  ])
})

t.test('R1: an unsubscribe leaves every other address alone', async t => {
  const people = [aPerson({ id: 1 }), aPerson({ id: 2, address: 'grace@example.org' })]
  const situation = aSituation({ people })

  const decision = carryOut(situation, aSave({ id: 1, unsubscribed: true }))

  t.equal(situation.status(aKey('grace@example.org')).status, 'subscribed')
  t.strictSame(flagHistory(effectsOf(decision)), [[1, '0', '1', 'Web service API']])
})

t.test('R1: the status remembers who set it, where, when, why and by which command', async t => {
  const situation = aSituation({ people: [aPerson()] })
  const cause = aCause({ actor: 'etl', source: 'JSON API', reason: 'letter', evidence: 'scan 12' })

  carryOut(situation, aSave({ id: 1, unsubscribed: true }), { cause }, { cause, seq: 77, at: 123_456 })

  t.strictSame(situation.status(aKey()), {
    key: aKey(),
    status: 'unsubscribed',
    version: 1,
    since: 123_456,
    reason: 'letter',
    source: 'JSON API',
    actor: 'etl',
    evidence: 'scan 12',
    origin: 'operator',
    seq: 77,
  })
})

t.test('R1: a reason that is written into its field in the same call is the reason of the status', async t => {
  const situation = aSituation({ people: [aPerson()] })

  carryOut(situation, aSave({ id: 1, unsubscribed: true, fields: { UnsubscribedReason: 'too many mails' } }))

  t.equal(situation.status(aKey()).reason, 'too many mails')
  t.equal(situation.person(1)?.fields.UnsubscribedReason, 'too many mails')
})

t.test('R2: a re-subscribe of an existing person reaches every person of the address', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2 })],
    statuses: [aStatus(ada, 'unsubscribed', 4)],
  })

  const decision = carryOut(situation, aSave({ id: 1, unsubscribed: false }))

  t.strictSame(
    { status: situation.status(aKey()).status, version: situation.status(aKey()).version },
    { status: 'subscribed', version: 5 },
  )
  t.strictSame(flagHistory(effectsOf(decision)), [
    [2, '1', '0', 'updateLeadEmailStatus'],
    [1, '1', '0', 'Web service API'],
  ])
})

t.test('R2: a guarded policy names everything that a re-subscribe lacks, and changes nothing', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed')] })
  const policy = aPolicy({ resubscribe: 'guarded' })

  for (const command of [aSave({ id: 1, unsubscribed: false }), aSubscription('subscribed')]) {
    const decision = carryOut(situation, command, { policy })

    t.strictSame(decision, {
      type: 'rejected',
      rejection: {
        type: 'resubscribe-refused',
        key: aKey(),
        personId: command.type === 'save-person' ? 1 : null,
        missing: ['admin-role', 'reason', 'evidence'],
        reasons: ['asked to be back', 'our mistake'],
      },
    })
  }
  t.equal(situation.status(aKey()).status, 'unsubscribed')
})

t.test('R2: a guarded policy asks for each of role, stated reason and evidence', async t => {
  const policy = aPolicy({ resubscribe: 'guarded' })
  const lacking = [
    [aProvenCause({ role: 'writer' }), 'admin-role'],
    [aProvenCause({ role: 'reader' }), 'admin-role'],
    [aProvenCause({ reasonGiven: false }), 'reason'],
    [aProvenCause({ reason: ' \t' }), 'reason'],
    [aProvenCause({ reason: 'because' }), 'listed-reason'],
    [aProvenCause({ evidence: null }), 'evidence'],
    [aProvenCause({ evidence: ' ' }), 'evidence'],
  ] as const

  for (const [cause, missing] of lacking) {
    const situation = aSituation({ statuses: [aStatus(ada, 'unsubscribed')] })
    const decision = carryOut(situation, aSubscription('subscribed'), { cause, policy })
    t.strictSame(decision.type === 'rejected' && decision.rejection, {
      type: 'resubscribe-refused',
      key: aKey(),
      personId: null,
      missing: [missing],
      reasons: ['asked to be back', 'our mistake'],
    })
  }
})

t.test('R2: a guarded policy lets a proven re-subscribe through, and its evidence is kept', async t => {
  const situation = aSituation({ statuses: [aStatus(ada, 'unsubscribed')] })
  const cause = aProvenCause()

  carryOut(situation, aSubscription('subscribed'), { cause, policy: aPolicy({ resubscribe: 'guarded' }) }, { cause })

  t.equal(situation.status(aKey()).status, 'subscribed')
  t.equal(situation.status(aKey()).evidence, 'ticket 4711')
})

t.test('R2: a guarded policy never stands in the way of an opt-out, nor of what is so already', async t => {
  const policy = aPolicy({ resubscribe: 'guarded' })
  const situation = aSituation({ people: [aPerson()] })

  t.equal(carryOut(situation, aSave({ id: 1, unsubscribed: false }), { policy }).type, 'carried-out')
  t.equal(carryOut(situation, aSubscription('subscribed'), { policy }).type, 'carried-out')
  t.equal(carryOut(situation, aSave({ id: 1, unsubscribed: true }), { policy }).type, 'carried-out')
  t.equal(situation.status(aKey()).status, 'unsubscribed')
})

t.test('R2: a refused re-subscribe takes the rest of its call with it', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed')] })
  const command = aSave({ id: 1, unsubscribed: false, fields: { City: 'London' } })

  const decision = carryOut(situation, command, { policy: aPolicy({ resubscribe: 'guarded' }) })

  t.equal(decision.type, 'rejected')
  t.strictSame(situation.person(1)?.fields, {})
})

t.test('R6: what is so already succeeds and leaves no trace', async t => {
  const before = aPerson({ fields: { City: 'London' } })
  const cases = [
    { statuses: [aStatus(ada, 'unsubscribed')], command: aSave({ id: 1, unsubscribed: true }) },
    { statuses: [aStatus(ada, 'subscribed')], command: aSave({ id: 1, unsubscribed: false }) },
    { statuses: [], command: aSave({ id: 1, unsubscribed: false }) },
    { statuses: [], command: aSave({ id: 1, fields: { City: 'London', Country: null }, address: ada }) },
    { statuses: [aStatus(ada, 'unsubscribed')], command: aSubscription('unsubscribed') },
    { statuses: [], command: aSubscription('subscribed') },
  ]

  for (const { statuses, command } of cases) {
    const situation = aSituation({ people: [before], statuses })
    const decision = carryOut(situation, command)
    t.equal(decision.type, 'carried-out')
    t.strictSame(effectsOf(decision), [])
    t.strictSame(situation.person(1), before)
  }
})

t.test('R6: only the flag is so already; the rest of the call is done', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed', 3)] })

  const decision = carryOut(situation, aSave({ id: 1, unsubscribed: true, fields: { City: 'London' } }))

  t.strictSame(flagHistory(effectsOf(decision)), [])
  t.equal(situation.status(aKey()).version, 3)
  t.equal(situation.person(1)?.fields.City, 'London')
})

t.test('R12: an address without a person is suppressed, and no person is made', async t => {
  const situation = aSituation({ addresses: [ada] })

  const decision = carryOut(situation, aSubscription('unsubscribed'))

  t.strictSame(decision.type === 'carried-out' && decision.outcome, {
    type: 'status-set',
    key: aKey(),
    status: 'unsubscribed',
    version: 1,
  })
  t.strictSame(
    effectsOf(decision).map(effect => effect.type),
    ['status-changed'],
  )
  t.strictSame(situation.difference().created, [])
})

t.test('R12: suppressing an address tells everybody that has it', async t => {
  const situation = aSituation({ people: [aPerson({ id: 1 }), aPerson({ id: 2 })] })

  t.strictSame(flagHistory(effectsOf(carryOut(situation, aSubscription('unsubscribed')))), [
    [1, '0', '1', 'updateLeadEmailStatus'],
    [2, '0', '1', 'updateLeadEmailStatus'],
  ])
})

t.test('a status that moved on since the caller saw it is not changed, and the answer says where it is', async t => {
  const situation = aSituation({ statuses: [aStatus(ada, 'unsubscribed', 5)] })

  const decision = carryOut(situation, { ...aSubscription('subscribed'), expectedVersion: 4 })

  t.strictSame(decision, {
    type: 'rejected',
    rejection: { type: 'version-moved', key: aKey(), expected: 4, actual: 5 },
  })
  t.equal(carryOut(situation, { ...aSubscription('unsubscribed'), expectedVersion: 4 }).type, 'carried-out')
  t.equal(carryOut(situation, { ...aSubscription('subscribed'), expectedVersion: 5 }).type, 'carried-out')
  t.equal(situation.status(aKey()).version, 6)
})

t.test('R13: an identical re-subscribe after a newer opt-out changes nothing and gives the first answer', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed', 7)] })
  const first = { type: 'updated', personId: 1, warnings: [] } as const
  const command = aSave({ id: 1, unsubscribed: false, fields: { City: 'London' } })

  const decision = carryOut(situation, command, { answeredBefore: first })

  t.strictSame(decision, { type: 'carried-out', outcome: { type: 'not-repeated', first }, effects: [] })
  t.equal(situation.status(aKey()).version, 7)
})

t.test('R13: an identical opt-out after a newer re-subscribe is applied', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'subscribed', 7)] })
  const first = { type: 'updated', personId: 1, warnings: [] } as const

  carryOut(situation, aSave({ id: 1, unsubscribed: true }), { answeredBefore: first })

  t.equal(situation.status(aKey()).status, 'unsubscribed')
})

t.test('R13: an identical call that touches no status is applied again', async t => {
  const situation = aSituation({ people: [aPerson({ fields: { City: 'Paris' } })] })
  const first = { type: 'updated', personId: 1, warnings: [] } as const

  carryOut(situation, aSave({ id: 1, unsubscribed: false, fields: { City: 'London' } }), { answeredBefore: first })

  t.equal(situation.person(1)?.fields.City, 'London')
})

t.test('an opt-out from an older list has been so since then, and nothing has been so since tomorrow', async t => {
  const [before, after] = [aSituation({ addresses: [ada] }), aSituation({ addresses: [ada] })]

  carryOut(before, { ...aSubscription('unsubscribed'), since: noon - 1_000_000 }, {}, { at: noon })
  carryOut(after, { ...aSubscription('unsubscribed'), since: noon + 1_000_000 }, {}, { at: noon })

  t.equal(before.status(aKey()).since, noon - 1_000_000)
  t.equal(after.status(aKey()).since, noon)
})
