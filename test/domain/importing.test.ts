// R11: what a bulk import says about the flag.
import t from 'tap'
import { aPerson, aPolicy, aSave, aSituation, aStatus, carryOut, effectsOf, flagHistory } from '../support/builders.js'

const ada = 'ada@example.org'
const ignored = [{ type: 'flag-ignored' }]

t.test('R11: an import neither opts out nor subscribes, and its answer says so', async t => {
  for (const [status, unsubscribed] of [
    ['subscribed', true],
    ['unsubscribed', false],
  ] as const) {
    const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, status, 4)] })

    const save = aSave({ by: ada, unsubscribed, flagMode: 'ignore', fields: { City: 'Turin' } })
    const decision = carryOut(situation, save)

    t.match(decision, { outcome: { type: 'updated', warnings: ignored } })
    t.match(situation.status(aPerson().address!.key), { status, version: 4 })
    t.equal(situation.person(1)?.fields.City, 'Turin', 'the rest of the row is saved')
    t.strictSame(flagHistory(effectsOf(decision)), [])
  }
})

t.test('R11: a person that an import makes meets the status of its address', async t => {
  const situation = aSituation({ statuses: [aStatus(ada, 'unsubscribed')] })

  const decision = carryOut(situation, aSave({ address: ada, unsubscribed: false, flagMode: 'ignore' }))

  t.strictSame(decision.type === 'carried-out' && decision.outcome, {
    type: 'created',
    personId: 1001,
    warnings: ignored,
  })
  t.equal(situation.status(aPerson().address!.key).status, 'unsubscribed')
})

t.test('R11: without an address the own flag stays too', async t => {
  const situation = aSituation({ people: [aPerson({ address: null })] })

  carryOut(situation, aSave({ id: 1, unsubscribed: true, flagMode: 'ignore', fields: { City: 'Turin' } }))

  t.match(situation.person(1), { ownUnsubscribed: false, fields: { City: 'Turin' } })
})

t.test('R11: where the flag is all that is said, nothing happens', async t => {
  const decision = carryOut(
    aSituation({ people: [aPerson()] }),
    aSave({ by: ada, unsubscribed: true, flagMode: 'ignore' }),
  )

  t.match(decision, { outcome: { type: 'updated', warnings: ignored } })
  t.strictSame(effectsOf(decision), [])
})

t.test('R11: a row without a word about the flag has nothing to warn of', async t => {
  const decision = carryOut(aSituation({ people: [aPerson()] }), aSave({ by: ada, flagMode: 'ignore' }))

  t.match(decision, { outcome: { warnings: [] } })
})

t.test('R11: an import may be told to apply what it says', async t => {
  const situation = aSituation({ people: [aPerson()] })

  const decision = carryOut(situation, aSave({ by: ada, unsubscribed: true, flagMode: 'correct' }))

  t.match(decision, { outcome: { warnings: [] } })
  t.equal(situation.status(aPerson().address!.key).status, 'unsubscribed')
})

t.test('R11: whoever is not there is refused all the same', async t => {
  const situation = aSituation({ addresses: [ada] })

  const save = aSave({ by: ada, unsubscribed: true, flagMode: 'ignore', mode: 'update' })

  t.match(carryOut(situation, save), { type: 'rejected', rejection: { type: 'person-not-found' } })
})

t.test('a person that has nothing but an id is made under it where the command says so, and only there', async t => {
  const situation = aSituation()
  const command = aSave({ id: 4711, fields: { FirstName: 'Ada' } })

  t.match(carryOut(situation, command), { type: 'rejected', rejection: { type: 'person-not-found', by: 'id' } })
  t.match(carryOut(situation, { ...command, makesById: true }), { outcome: { type: 'created', personId: 4711 } })
  t.match(carryOut(situation, { ...command, makesById: true }), { outcome: { type: 'updated', personId: 4711 } })
  t.match(carryOut(situation, { ...command, makesById: true, mode: 'update', identity: { id: 5 } }), {
    rejection: { type: 'person-not-found' },
  })
})

t.test('R11: an import that may suppress opts out, and never back in', async t => {
  const out = aSituation({ people: [aPerson()] })
  const back = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed', 4)] })

  const opted = carryOut(out, aSave({ by: ada, unsubscribed: true, flagMode: 'suppress' }))
  const left = carryOut(back, aSave({ by: ada, unsubscribed: false, flagMode: 'suppress' }))

  t.match(opted, { outcome: { warnings: [] } })
  t.match(out.status(aPerson().address!.key), { status: 'unsubscribed', version: 1 })
  t.match(left, { outcome: { warnings: ignored } })
  t.match(back.status(aPerson().address!.key), { status: 'unsubscribed', version: 4 })
})

t.test('R11: an import that corrects ends opt-outs of people who are there, never by making somebody', async t => {
  const there = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed')] })
  const nobody = aSituation({ statuses: [aStatus(ada, 'unsubscribed')] })
  const save = aSave({ by: ada, unsubscribed: false, flagMode: 'correct' })

  carryOut(there, save)
  const made = carryOut(nobody, save)

  t.equal(there.status(aPerson().address!.key).status, 'subscribed')
  t.match(made, { outcome: { type: 'created', warnings: [{ type: 'opt-out-stands' }] } })
  t.equal(nobody.status(aPerson().address!.key).status, 'unsubscribed')
})

t.test('R11: an import that corrects is bound by a guarded policy like anybody else', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed')] })
  const save = aSave({ by: ada, unsubscribed: false, flagMode: 'correct', fields: { City: 'Turin' } })

  const decision = carryOut(situation, save, { policy: aPolicy({ resubscribe: 'guarded' }) })

  t.match(decision, { type: 'rejected', rejection: { type: 'resubscribe-refused' } })
  t.equal(situation.person(1)?.fields.City, undefined)
})
