// The working set: what one batch read, what it made of it, and the difference that is to be written.
import t from 'tap'
import {
  aDelete,
  aForeignId,
  aKey,
  aMoment,
  anAddress,
  aPerson,
  aSave,
  aSituation,
  aStatus,
  aSubscription,
  carryOut,
  noon,
} from '../support/builders.js'

const ada = 'ada@example.org'
const ids = (people: readonly { readonly id: number }[]) => people.map(({ id }) => id)
const counts = (difference: { statuses: readonly { status: { key: string }; people: number }[] }) =>
  Object.fromEntries(difference.statuses.map(({ status, people }) => [status.key, people]))

t.test('a batch that changed nothing has nothing to write', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed')] })

  for (const rows of Object.values(situation.difference())) t.strictSame(rows, [])
})

t.test('an address that was not read may not be asked about', async t => {
  const situation = aSituation({ addresses: [anAddress().text] })

  t.equal(situation.status(aKey()).version, 0)
  t.throws(() => situation.status(aKey('grace@example.org')), /not locked/)
  t.throws(() => situation.peopleOf(aKey('grace@example.org')), /not locked/)
})

t.test('a person made in the batch is seen by its later commands, and written once in its last state', async t => {
  const situation = aSituation({ addresses: [anAddress().text] })

  carryOut(situation, aSave({ address: ada, fields: { City: 'London' } }), {}, { seq: 5, at: noon })
  carryOut(situation, aSave({ by: ada, fields: { City: 'Paris' } }), {}, { seq: 6, at: noon + 1 })

  const { created, changed } = situation.difference()
  t.strictSame(created, [
    aPerson({ id: 1001, addressSeq: 5, fields: { City: 'Paris' }, savedAt: noon + 1, updatedAt: noon + 1 }),
  ])
  t.strictSame(changed, [])
  t.strictSame(counts(situation.difference()), { [aKey()]: 1 })
})

t.test('a person that comes and goes within the batch is not written', async t => {
  const situation = aSituation({ addresses: [anAddress().text] })

  carryOut(situation, aSave({ address: ada }))
  carryOut(situation, aDelete(1001))

  const { created, changed, deleted } = situation.difference()
  t.strictSame([created, changed, deleted], [[], [], []])
  t.strictSame(counts(situation.difference()), { [aKey()]: 0 })
})

t.test('an id that is deleted and given anew is a deletion and a creation', async t => {
  const situation = aSituation({ people: [aPerson({ fields: { City: 'London' } })] })

  carryOut(situation, aDelete(1))
  carryOut(situation, aSave({ id: 1, by: ada }))

  const { created, changed, deleted } = situation.difference()
  t.strictSame([ids(created), ids(changed), deleted], [[1], [], [1]])
  t.strictSame(created[0]?.fields, {}, 'nothing of the old person is left')
})

t.test('an id that is deleted, given anew and deleted again is a deletion', async t => {
  const situation = aSituation({ people: [aPerson()] })

  for (const command of [aDelete(1), aSave({ id: 1, by: ada }), aDelete(1)]) carryOut(situation, command)

  const { created, changed, deleted } = situation.difference()
  t.strictSame([created, changed, deleted], [[], [], [1]])
})

t.test('the number of people of an address follows births, moves and deaths', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2 }), aPerson({ id: 3, address: null })],
    addresses: ['new@example.org'],
  })

  carryOut(situation, aSave({ id: 1, address: 'new@example.org' }))
  carryOut(situation, aSave({ id: 3, address: 'new@example.org' }))
  carryOut(situation, aDelete(2))
  t.strictSame(counts(situation.difference()), { [aKey()]: 0, 'new@example.org': 2 })

  carryOut(situation, aSave({ id: 3, address: null }))
  carryOut(situation, aSave({ id: 1, address: 'New@Example.org' }))
  t.strictSame(counts(situation.difference()), { [aKey()]: 0, 'new@example.org': 1 })
})

t.test('of a crowded address the number is kept although not everybody was read', async t => {
  const situation = aSituation({ people: [aPerson({ id: 1 })], crowded: [ada] })

  carryOut(situation, aSave({ address: ada, mode: 'duplicate' }))

  t.strictSame(counts(situation.difference()), { [aKey()]: 1_002 })
  t.equal(situation.peopleOf(aKey()), undefined)
})

t.test('a new spelling does not begin the history at an address anew, another address does', async t => {
  const situation = aSituation({ people: [aPerson()], addresses: ['new@example.org'] })

  carryOut(situation, aSave({ id: 1, address: 'ADA@example.org' }), {}, { seq: 20 })
  t.equal(situation.person(1)?.addressSeq, 1)

  carryOut(situation, aSave({ id: 1, address: 'new@example.org' }), {}, { seq: 21 })
  t.equal(situation.person(1)?.addressSeq, 21)

  carryOut(situation, aSave({ id: 1, address: null }), {}, { seq: 22 })
  t.equal(situation.person(1)?.addressSeq, 22)
})

t.test('a cleared field has no entry, and a field that was not mentioned stays', async t => {
  const situation = aSituation({ people: [aPerson({ fields: { City: 'London', Country: 'UK' } })] })

  carryOut(situation, aSave({ id: 1, fields: { City: null, Title: 'Countess' } }))

  t.strictSame(situation.difference().changed[0]?.fields, { Country: 'UK', Title: 'Countess' })
})

t.test('a field may have any name, also one that objects know already', async t => {
  const situation = aSituation({ people: [aPerson()] })
  const fields = Object.fromEntries([
    ['constructor', 'a'],
    ['toString', 'b'],
  ])

  carryOut(situation, aSave({ id: 1, fields }))

  t.strictSame({ ...situation.person(1)?.fields }, { constructor: 'a', toString: 'b' })
})

t.test('a foreign id that is new to the store is marked so; one that changes hands is not', async t => {
  const known = aForeignId('known')
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2 })],
    foreignIds: [{ foreignId: known, personId: 1 }],
  })

  carryOut(situation, aSave({ id: 2, foreignId: known }))
  carryOut(situation, aSave({ id: 2, foreignId: aForeignId('fresh'), cookie: 'c' }))

  t.strictSame(situation.difference().foreignIds, [
    { foreignId: known, personId: 2, isNew: false },
    { foreignId: aForeignId('fresh'), personId: 2, isNew: true },
  ])
  t.strictSame(situation.difference().cookies, [{ cookie: 'c', personId: 2, isNew: true }])
})

t.test('a foreign id whose owner was deleted in the batch is new again', async t => {
  const foreignId = aForeignId()
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2 })],
    foreignIds: [{ foreignId, personId: 1 }],
  })

  carryOut(situation, aDelete(1))
  carryOut(situation, aSave({ id: 2, foreignId }))

  t.strictSame(situation.difference().foreignIds, [{ foreignId, personId: 2, isNew: true }])
})

t.test('a link that is made and dropped within the batch is not written', async t => {
  const situation = aSituation({ addresses: [anAddress().text] })

  carryOut(situation, aSave({ address: ada, foreignId: aForeignId(), cookie: 'c' }))
  carryOut(situation, aDelete(1001))

  t.strictSame([situation.difference().foreignIds, situation.difference().cookies], [[], []])
})

t.test('what was taken over by a person that then was deleted does not fall back to its first owner', async t => {
  const foreignId = aForeignId()
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2 })],
    foreignIds: [{ foreignId, personId: 1 }],
    cookies: [{ cookie: 'c', personId: 1 }],
  })

  carryOut(situation, aSave({ id: 2, foreignId, cookie: 'c', by: ada, moveCookie: true }))
  carryOut(situation, aDelete(2))

  t.equal(situation.personByForeignId(foreignId), undefined)
  t.strictSame(situation.difference().foreignIdsFreed, [foreignId])
  t.strictSame(situation.difference().cookiesFreed, ['c'])
})

t.test('commands of a batch see the status that an earlier one set', async t => {
  const situation = aSituation({ people: [aPerson()] })

  for (const to of ['unsubscribed', 'subscribed', 'unsubscribed', 'unsubscribed'] as const)
    carryOut(situation, aSubscription(to))

  t.equal(situation.status(aKey()).version, 3)
  t.strictSame(
    situation.difference().statuses.map(({ status }) => [status.status, status.version]),
    [['unsubscribed', 3]],
  )
})

t.test('a difference is in the order of ids and keys, whatever the order of commands', async t => {
  const situation = aSituation({
    people: [3, 1, 2].map(id => aPerson({ id })),
    addresses: ['b@example.org', 'a@example.org'],
  })

  carryOut(situation, aSubscription('unsubscribed', 'b@example.org'))
  carryOut(situation, aSubscription('unsubscribed', 'a@example.org'))
  for (const id of [2, 3, 1]) carryOut(situation, aSave({ id, fields: { City: 'London' } }))

  t.strictSame(ids(situation.difference().changed), [1, 2, 3])
  t.strictSame(Object.keys(counts(situation.difference())), ['a@example.org', 'b@example.org'])
})

t.test('an activity about somebody who is gone touches nobody', async t => {
  const situation = aSituation({ people: [aPerson()] })

  carryOut(situation, aDelete(1), {}, aMoment())

  t.strictSame(situation.difference().changed, [])
  t.strictSame(situation.peopleOf(anAddress().key), [])
})
