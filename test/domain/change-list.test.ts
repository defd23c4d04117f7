// Static lists: who gets onto one, who leaves it, and that no status ever follows from that.
import t from 'tap'
import type { ChangeList, Effect } from '../../src/domain/command.js'
import { aDelete, aPerson, aSituation, aStatus, carryOut, effectsOf } from '../support/builders.js'

const ada = 'ada@example.org'

function aChange(traits: Partial<ChangeList> = {}): ChangeList {
  return {
    type: 'change-list',
    list: { id: 7, name: 'Fair.Visitors' },
    people: [1],
    isMember: true,
    strict: false,
    ...traits,
  }
}

const threePeople = () => ({ people: [1, 2, 3].map(id => aPerson({ id })) })

/** Effects as [type, person], with the histories that they write. */
function lines(effects: readonly Effect[]): readonly (readonly unknown[])[] {
  return effects.map(effect =>
    effect.type === 'activity'
      ? [effect.kind, effect.personId, effect.attribute]
      : [effect.type, 'personId' in effect ? effect.personId : null],
  )
}

t.test('who is added is on the list, with a line of history that names it', async t => {
  const situation = aSituation(threePeople())

  const decision = carryOut(situation, aChange({ people: [1, 3] }))

  t.strictSame(decision.type === 'carried-out' && decision.outcome, { type: 'list-changed', listId: 7, failed: [] })
  t.strictSame(lines(effectsOf(decision)), [
    ['list-joined', 1],
    ['list-joined', 1, 'Fair.Visitors'],
    ['list-joined', 3],
    ['list-joined', 3, 'Fair.Visitors'],
  ])
  t.strictSame(
    [1, 2, 3].map(id => situation.isMember(7, id)),
    [true, false, true],
  )
  t.notOk(situation.isMember(8, 1), 'and on no other')
})

t.test('who is on the list already is added with success and without a trace', async t => {
  const situation = aSituation({ ...threePeople(), members: [{ listId: 7, personId: 1 }] })

  const decision = carryOut(situation, aChange({ people: [1, 2] }))

  t.match(decision, { outcome: { failed: [] } })
  t.strictSame(lines(effectsOf(decision)), [
    ['list-joined', 2],
    ['list-joined', 2, 'Fair.Visitors'],
  ])
})

t.test('who is named twice is added once', async t => {
  const situation = aSituation(threePeople())

  const decision = carryOut(situation, aChange({ people: [1, 1] }))

  t.strictSame(lines(effectsOf(decision)), [
    ['list-joined', 1],
    ['list-joined', 1, 'Fair.Visitors'],
  ])
})

t.test('who leaves is off the list; who was not on it, or is nobody, has failed', async t => {
  const situation = aSituation({ ...threePeople(), members: [{ listId: 7, personId: 1 }] })

  const decision = carryOut(situation, aChange({ people: [1, 2, 99], isMember: false }))

  t.match(decision, { outcome: { failed: [2, 99] } })
  t.strictSame(lines(effectsOf(decision)), [
    ['list-left', 1],
    ['list-left', 1, 'Fair.Visitors'],
  ])
  t.notOk(situation.isMember(7, 1))
})

t.test('strict changes all or nothing', async t => {
  const members = [{ listId: 7, personId: 1 }]

  for (const isMember of [true, false]) {
    const situation = aSituation({ ...threePeople(), members })
    const refused = carryOut(situation, aChange({ people: [1, 2, 99], isMember, strict: true }))
    t.match(refused, { outcome: { failed: isMember ? [99] : [2, 99] } })
    t.strictSame(effectsOf(refused), [])
    t.strictSame(
      [1, 2].map(id => situation.isMember(7, id)),
      [true, false],
    )
  }
  const allowed = carryOut(aSituation({ ...threePeople(), members }), aChange({ people: [1, 2], strict: true }))
  t.match(allowed, { outcome: { failed: [] } })
  t.equal(effectsOf(allowed).length, 2)
})

t.test('a list says nothing about consent: no status moves, either way', async t => {
  const situation = aSituation({ people: [aPerson()], statuses: [aStatus(ada, 'unsubscribed', 4)] })

  const effects = [true, false].flatMap(isMember => effectsOf(carryOut(situation, aChange({ isMember }))))

  t.equal(effects.length, 4)
  t.notOk(effects.some(({ type }) => type === 'status-changed' || type === 'person-changed'))
})

t.test('a person that is deleted and added in one batch is nobody', async t => {
  const situation = aSituation({ ...threePeople(), members: [{ listId: 7, personId: 1 }] })
  carryOut(situation, aDelete(1))

  const decision = carryOut(situation, aChange({ people: [1] }))

  t.match(decision, { outcome: { failed: [1] } })
  t.notOk(situation.isMember(7, 1))
})
