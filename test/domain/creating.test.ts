// R8 and R10: people come and go, the status of an address stays.
import t from 'tap'
import {
  aDelete,
  aForeignId,
  aKey,
  aPerson,
  aSave,
  aSituation,
  aStatus,
  carryOut,
  effectsOf,
  flagHistory,
} from '../support/builders.js'

const ada = 'ada@example.org'

t.test('R8: a person made with false at an address that opted out is unsubscribed, and the answer warns', async t => {
  const situation = aSituation({ statuses: [aStatus(ada, 'unsubscribed', 3)] })

  const decision = carryOut(situation, aSave({ address: ada, unsubscribed: false }))

  t.strictSame(decision.type === 'carried-out' && decision.outcome, {
    type: 'created',
    personId: 1001,
    warnings: [{ type: 'opt-out-stands', key: aKey() }],
  })
  t.equal(situation.status(aKey()).version, 3)
  t.strictSame(flagHistory(effectsOf(decision)), [[1001, '0', '1', 'resetLeadEmailStatus']])
})

t.test('R8: without a word about the flag there is nothing to warn of', async t => {
  for (const unsubscribed of [true, undefined]) {
    const situation = aSituation({ statuses: [aStatus(ada, 'unsubscribed', 3)] })
    const decision = carryOut(situation, { ...aSave({ address: ada }), unsubscribed })
    t.strictSame(decision.type === 'carried-out' && decision.outcome, {
      type: 'created',
      personId: 1001,
      warnings: [],
    })
    t.equal(situation.status(aKey()).version, 3)
  }
})

t.test('R8: a person made with true opts its address out, for everybody there', async t => {
  const situation = aSituation({ people: [aPerson({ id: 1 }), aPerson({ id: 2 })] })

  const decision = carryOut(situation, aSave({ address: ada, unsubscribed: true, mode: 'duplicate' }))

  t.equal(situation.status(aKey()).status, 'unsubscribed')
  t.strictSame(flagHistory(effectsOf(decision)), [
    [1, '0', '1', 'updateLeadEmailStatus'],
    [2, '0', '1', 'updateLeadEmailStatus'],
    [1001, '0', '1', 'Web service API'],
  ])
})

t.test('R8: a person made at a subscribed address has no line about the flag', async t => {
  const situation = aSituation({ addresses: [ada] })

  const decision = carryOut(
    situation,
    aSave({ address: ada, unsubscribed: false, fields: { City: 'London', Fax: null } }),
  )

  t.strictSame(
    effectsOf(decision).flatMap(effect => (effect.type === 'activity' ? [effect.kind] : [])),
    ['person-created'],
  )
  t.strictSame(situation.person(1001)?.fields, { City: 'London' }, 'a field that is cleared at birth has no entry')
})

t.test('R8: a new person is put where the caller says, and in Default otherwise', async t => {
  const situation = aSituation({ addresses: [ada] })

  carryOut(situation, aSave({ address: ada, partition: 'Europe' }))
  carryOut(situation, aSave({ address: ada, mode: 'duplicate' }), { freshPersonId: 1002 })

  t.strictSame([situation.person(1001)?.partition, situation.person(1002)?.partition], ['Europe', 'Default'])
})

t.test('R8: saving an existing person does not move it to another partition', async t => {
  const situation = aSituation({ people: [aPerson()] })

  t.strictSame(effectsOf(carryOut(situation, aSave({ id: 1, partition: 'Europe' }))), [])
  t.equal(situation.person(1)?.partition, 'Default')
})

t.test('R10: a deletion never touches the status, and a person made again meets it', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed', 3)] })

  const deletion = carryOut(situation, aDelete(1))
  const again = carryOut(situation, aSave({ address: ada, unsubscribed: false }))

  t.strictSame(deletion.type === 'carried-out' && deletion.outcome, { type: 'deleted', personId: 1 })
  t.strictSame(
    effectsOf(deletion).map(effect => effect.type),
    ['person-deleted', 'activity'],
  )
  t.strictSame(
    { status: situation.status(aKey()).status, version: situation.status(aKey()).version },
    { status: 'unsubscribed', version: 3 },
  )
  t.strictSame(flagHistory(effectsOf(again)), [[1001, '0', '1', 'resetLeadEmailStatus']])
})

t.test('R10: whoever is not there cannot be deleted', async t => {
  const situation = aSituation({ people: [aPerson({ id: 1 })] })

  const decision = carryOut(situation, aDelete(2))

  t.strictSame(decision, { type: 'rejected', rejection: { type: 'person-not-found', by: 'id', value: '2' } })
})

t.test('R10: a deleted person takes its foreign ids and cookies along', async t => {
  const foreignId = aForeignId()
  const situation = aSituation({
    people: [aPerson()],
    foreignIds: [{ foreignId, personId: 1 }],
    cookies: [{ cookie: 'c', personId: 1 }],
  })

  carryOut(situation, aDelete(1))

  t.equal(situation.personByForeignId(foreignId), undefined)
  t.equal(situation.personByCookie('c'), undefined)
})
