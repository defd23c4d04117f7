// Where a person is put, and who must be there to be saved from a workspace (legacy-soap-contract 3.5).
import t from 'tap'
import { aForeignId, aPerson, aSave, aSituation, carryOut, effectsOf } from '../support/builders.js'

const inAsia = { partition: 'Asia', requiredPartition: 'Asia' }
const fields = { City: 'Pune' }

t.test('who is found by id, foreign id or cookie in another partition is not saved', async t => {
  const foreignId = aForeignId()
  const world = {
    people: [aPerson({ id: 1, partition: 'Europe' })],
    foreignIds: [{ foreignId, personId: 1 }],
    cookies: [{ cookie: 'c', personId: 1 }],
  }

  for (const named of [{ id: 1 }, { foreignId }, { cookie: 'c' }]) {
    const decision = carryOut(aSituation(world), aSave({ ...named, ...inAsia, fields }))
    t.strictSame(decision, {
      type: 'rejected',
      rejection: { type: 'other-partition', personId: 1, partition: 'Europe', required: 'Asia' },
    })
  }
})

t.test('who is found by address is saved where it is', async t => {
  const situation = aSituation({ people: [aPerson({ id: 1, partition: 'Europe' })] })

  t.match(carryOut(situation, aSave({ by: 'ada@example.org', ...inAsia, fields })), { outcome: { type: 'updated' } })
  t.match(situation.person(1), { partition: 'Europe', fields })
})

t.test('a cookie that nobody owns leaves it to the address who is meant, and so where they may be', async t => {
  const situation = aSituation({ people: [aPerson({ id: 1, partition: 'Europe' })] })

  const decision = carryOut(situation, aSave({ cookie: 'new', by: 'ada@example.org', ...inAsia, fields }))

  t.match(decision, { outcome: { type: 'updated', personId: 1 } })
})

t.test('who is there already is saved', async t => {
  const situation = aSituation({ people: [aPerson({ id: 1, partition: 'Asia' })] })

  t.match(carryOut(situation, aSave({ id: 1, ...inAsia, fields })), { outcome: { type: 'updated' } })
})

t.test('without a required partition everybody is saved, wherever they are', async t => {
  const situation = aSituation({ people: [aPerson({ id: 1, partition: 'Europe' })] })

  t.match(carryOut(situation, aSave({ id: 1, fields })), { outcome: { type: 'updated' } })
})

t.test('a new person is put into the partition, whatever identifies it', async t => {
  for (const named of [{ foreignId: aForeignId() }, { cookie: 'c' }, { address: 'eve@example.org' }]) {
    const situation = aSituation({ addresses: ['eve@example.org'] })
    const effects = effectsOf(carryOut(situation, aSave({ ...named, ...inAsia })))
    t.match(effects[0], { type: 'person-created', person: { partition: 'Asia' } })
  }
})
