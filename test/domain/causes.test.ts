// Whose word an opt-out is: a weaker cause never takes the place of a stronger one, and what the recipient wished is
// ended by a wish of the recipient alone.
import t from 'tap'
import type { Origin } from '../../src/domain/origin.js'
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
} from '../support/builders.js'

const ada = 'ada@example.org'
const lovelace = 'lovelace@example.org'
const optedOut = (origin: Origin | null, address = ada) => ({ ...aStatus(address, 'unsubscribed', 4), origin })
const guarded = aPolicy({ resubscribe: 'guarded' })

t.test('a stronger cause becomes the standing one, as a version of its own; nobody is told', async t => {
  for (const command of [aSubscription('unsubscribed'), aSave({ id: 1, unsubscribed: true })]) {
    const situation = aSituation({ people: [aPerson()], statuses: [optedOut('import')] })
    const before = situation.person(1)
    const cause = aCause({ origin: 'recipient', reason: 'clicked', evidence: 'mail 7' })

    const decision = carryOut(situation, command, { cause }, { cause })

    t.strictSame(effectsOf(decision), [
      {
        type: 'cause-strengthened',
        key: aKey(),
        version: 5,
        reason: 'clicked',
        evidence: 'mail 7',
        origin: 'recipient',
      },
    ])
    const standing = { status: 'unsubscribed', version: 5, reason: 'clicked', origin: 'recipient' }
    t.match(situation.status(aKey()), { ...standing, since: optedOut('import').since })
    t.strictSame(situation.person(1), before, 'nothing of the person changed, not even its times')
  }
})

t.test('R6: an equal or weaker cause leaves everything as it is', async t => {
  for (const [standing, said] of [
    ['recipient', 'operator'],
    ['recipient', 'recipient'],
    ['operator', 'import'],
    [null, 'operator'],
    [null, undefined],
    ['recipient', undefined],
  ] as const) {
    const situation = aSituation({ people: [aPerson()], statuses: [optedOut(standing)] })
    const cause = aCause({ origin: said, reason: 'weaker' })

    const answers = [aSubscription('unsubscribed'), aSave({ id: 1, unsubscribed: true })].map(command =>
      effectsOf(carryOut(situation, command, { cause })),
    )

    t.strictSame(answers, [[], []])
    t.strictSame(situation.status(aKey()), optedOut(standing))
  }
})

t.test('whoever expects another version strengthens nothing', async t => {
  const situation = aSituation({ statuses: [optedOut('import')] })
  const command = { ...aSubscription('unsubscribed'), expectedVersion: 3 }

  const decision = carryOut(situation, command, { cause: aCause({ origin: 'recipient' }) })

  t.match(decision, { type: 'rejected', rejection: { type: 'version-moved', actual: 4 } })
})

t.test('R2: what the recipient wished, an admin does not end for a mistake of ours', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [optedOut('recipient')] })
  const mistake = aProvenCause({ reason: 'our mistake' })

  for (const command of [aSubscription('subscribed'), aSave({ id: 1, unsubscribed: false })]) {
    const refused = carryOut(situation, command, { cause: mistake, policy: guarded })
    t.match(refused, { rejection: { missing: ['recipient-reason'], reasons: ['asked to be back'] } })
  }
  const back = carryOut(situation, aSubscription('subscribed'), { cause: aProvenCause(), policy: guarded })

  t.match(back, { outcome: { status: 'subscribed', version: 5 } })
})

t.test('R2: for a mistake of ours an admin ends what an operator or a list said', async t => {
  for (const origin of ['operator', 'import', null] as const) {
    const situation = aSituation({ statuses: [optedOut(origin)] })

    const cause = aProvenCause({ reason: 'our mistake' })
    const decision = carryOut(situation, aSubscription('subscribed'), { cause, policy: guarded })

    t.match(decision, { outcome: { status: 'subscribed' } })
  }
})

t.test('R3: an opt-out that goes along weighs at the new address what it weighed at the old one', async t => {
  const policy = aPolicy({ addressChange: 'carry-over' })
  const situation = aSituation({ people: [aPerson()], statuses: [optedOut('recipient')], addresses: [lovelace] })

  carryOut(situation, aSave({ id: 1, address: lovelace }), { policy, cause: aCause({ origin: 'import' }) })

  t.match(situation.status(aKey(lovelace)), { status: 'unsubscribed', origin: 'recipient' })
})

t.test('R3: a move that would leave the wish of the recipient behind is guarded as its end', async t => {
  const policy = aPolicy({ resubscribe: 'guarded', addressChange: 'carry-over' })
  const situation = aSituation({ people: [aPerson()], statuses: [optedOut('recipient')], addresses: [lovelace] })
  const move = aSave({ id: 1, address: lovelace, unsubscribed: false })

  const decision = carryOut(situation, move, { policy, cause: aProvenCause({ reason: 'our mistake' }) })

  t.match(decision, { rejection: { missing: ['recipient-reason'] } })
})
