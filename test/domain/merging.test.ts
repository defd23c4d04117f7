// R9: several records of one person become one, and no opt-out is lost on the way.
import t from 'tap'
import type { Activity, Effect, MergePeople } from '../../src/domain/command.js'
import {
  aCause,
  aForeignId,
  aKey,
  aPerson,
  aPolicy,
  aSituation,
  aStatus,
  carryOut,
  effectsOf,
  flagHistory,
} from '../support/builders.js'

const ada = 'ada@example.org'
const lovelace = 'lovelace@example.org'

function aMerge(winner: number, ...losers: readonly number[]): MergePeople {
  return { type: 'merge-people', winner, losers }
}

/** Lines of history as [person, kind, attribute, from, to]. */
function history(effects: readonly Effect[]) {
  return effects
    .filter((effect): effect is Activity => effect.type === 'activity')
    .map(({ personId, kind, attribute, from, to }) => [personId, kind, attribute, from, to])
}

t.test('R9: the value of the winner stands, and what it lacks comes from the losers in their order', async t => {
  const situation = aSituation({
    people: [
      aPerson({ id: 1, fields: { City: 'London' } }),
      aPerson({ id: 2, fields: { City: 'Paris', Phone: '2' } }),
      aPerson({ id: 3, fields: { City: 'Rome', Phone: '3', Title: 'Countess' } }),
    ],
  })

  const decision = carryOut(situation, aMerge(1, 3, 2), {}, { at: 7 })

  t.strictSame(decision.type === 'carried-out' && decision.outcome, { type: 'merged', personId: 1, losers: [3, 2] })
  t.match(situation.person(1), { fields: { City: 'London', Phone: '3', Title: 'Countess' }, savedAt: 7 })
  t.strictSame([situation.person(2), situation.person(3)], [undefined, undefined])
})

t.test('R9: the history says what the winner took, whom it merged with, and that the losers are gone', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2, fields: { City: 'Paris' } }), aPerson({ id: 3 })],
  })
  const cause = aCause({ reason: 'duplicates', source: 'SOAP API' })

  const effects = effectsOf(carryOut(situation, aMerge(1, 2, 3), { cause }))

  t.strictSame(history(effects), [
    [1, 'value-changed', 'City', null, 'Paris'],
    [1, 'people-merged', null, '2, 3', null],
    [2, 'person-deleted', null, null, null],
    [3, 'person-deleted', null, null, null],
  ])
  for (const effect of effects.filter(effect => effect.type === 'activity')) {
    t.match(effect, { reason: 'duplicates', source: 'SOAP API' })
  }
})

t.test('R9: the survivor shows the status of its own address, and both addresses keep theirs', async t => {
  for (const [ofWinner, ofLoser] of [
    ['subscribed', 'unsubscribed'],
    ['unsubscribed', 'subscribed'],
    ['subscribed', 'subscribed'],
    ['unsubscribed', 'unsubscribed'],
  ] as const) {
    const situation = aSituation({
      people: [aPerson({ id: 1 }), aPerson({ id: 2, address: lovelace })],
      statuses: [aStatus(ada, ofWinner, 2), aStatus(lovelace, ofLoser, 3)],
    })

    const decision = carryOut(situation, aMerge(1, 2))

    t.strictSame(
      [situation.status(aKey(ada)), situation.status(aKey(lovelace))].map(({ status, version }) => [status, version]),
      [
        [ofWinner, 2],
        [ofLoser, 3],
      ],
    )
    t.strictSame(flagHistory(effectsOf(decision)), [], 'nobody sees another flag than before')
    t.strictSame(
      situation.difference().statuses.map(({ status, people }) => [status.key, people]),
      [[lovelace, 0]],
    )
  }
})

t.test('R9: of people that share one address the survivor keeps it, and the status with it', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2, address: 'ADA@example.org' }), aPerson({ id: 3 })],
    statuses: [aStatus(ada, 'unsubscribed', 4)],
  })

  const decision = carryOut(situation, aMerge(1, 2))

  t.strictSame(flagHistory(effectsOf(decision)), [])
  t.match(situation.status(aKey(ada)), { status: 'unsubscribed', version: 4 })
  t.strictSame(
    situation.peopleOf(aKey(ada))?.map(({ id }) => id),
    [1, 3],
  )
})

t.test("R9: a winner without an address takes the first of the losers' addresses, and its status", async t => {
  const situation = aSituation({
    people: [
      aPerson({ id: 1, address: null }),
      aPerson({ id: 2, address: null }),
      aPerson({ id: 3, address: lovelace }),
      aPerson({ id: 4, address: ada }),
    ],
    statuses: [aStatus(lovelace, 'unsubscribed', 5)],
  })

  const decision = carryOut(situation, aMerge(1, 2, 3, 4))

  t.match(situation.person(1), { address: { text: lovelace }, ownUnsubscribed: false })
  t.match(situation.status(aKey(lovelace)), { status: 'unsubscribed', version: 5 })
  t.strictSame(flagHistory(effectsOf(decision)), [[1, '0', '1', 'resetLeadEmailStatus']])
  t.ok(history(effectsOf(decision)).some(line => line.join() === [1, 'value-changed', 'Email', null, lovelace].join()))
})

t.test('R9 with R5: an opt-out of a winner without an address counts as one of the address that it takes', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1, address: null, ownUnsubscribed: true }), aPerson({ id: 2 }), aPerson({ id: 3 })],
  })

  const decision = carryOut(situation, aMerge(1, 2), { cause: aCause({ reason: 'duplicates' }) })

  t.match(situation.status(aKey(ada)), { status: 'unsubscribed', version: 1, reason: 'duplicates' })
  t.match(situation.person(1), { address: { key: ada }, ownUnsubscribed: false })
  t.strictSame(
    flagHistory(effectsOf(decision)).filter(([id]) => id !== 2),
    [[3, '0', '1', 'updateLeadEmailStatus']],
    'the survivor showed an opt-out before and shows one now',
  )
})

t.test('R9 with R5: an opt-out of a loser without an address counts as one of the winner\u2019s address', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2, address: null, ownUnsubscribed: true }), aPerson({ id: 3 })],
  })

  const decision = carryOut(situation, aMerge(1, 2))

  t.match(situation.status(aKey(ada)), { status: 'unsubscribed', version: 1 })
  t.strictSame(flagHistory(effectsOf(decision)), [
    [3, '0', '1', 'updateLeadEmailStatus'],
    [1, '0', '1', 'Web service API'],
  ])
})

t.test('R9 with R5: without any address an opt-out of one is an opt-out of the survivor', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1, address: null }), aPerson({ id: 2, address: null, ownUnsubscribed: true })],
  })

  const decision = carryOut(situation, aMerge(1, 2))

  t.equal(situation.person(1)?.ownUnsubscribed, true)
  t.strictSame(flagHistory(effectsOf(decision)), [[1, '0', '1', 'Web service API']])
  t.strictSame(situation.difference().statuses, [])
})

t.test('R9: no merge subscribes anybody, whatever the policies say and whoever asks', async t => {
  for (const resubscribe of ['compatible', 'guarded'] as const) {
    const situation = aSituation({
      people: [aPerson({ id: 1, address: null, ownUnsubscribed: true }), aPerson({ id: 2 })],
      statuses: [aStatus(ada, 'unsubscribed', 2)],
    })

    const decision = carryOut(situation, aMerge(1, 2), {
      policy: aPolicy({ resubscribe, addressChange: 'carry-over' }),
    })

    t.equal(decision.type, 'carried-out')
    t.match(situation.status(aKey(ada)), { status: 'unsubscribed', version: 2 })
    t.strictSame(flagHistory(effectsOf(decision)), [])
  }
})

t.test('R9: a merge that opts a crowded address out leaves its long history to the background', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2, address: null, ownUnsubscribed: true })],
    crowded: [ada],
  })

  const effects = effectsOf(carryOut(situation, aMerge(1, 2)))

  t.match(
    effects.filter(({ type }) => type === 'fan-out-started'),
    [{ key: ada, version: 1, to: 'unsubscribed', except: 1 }],
  )
})

t.test('foreign ids, cookies and places on lists move to the survivor, each once', async t => {
  const situation = aSituation({
    people: [aPerson({ id: 1 }), aPerson({ id: 2 }), aPerson({ id: 3 }), aPerson({ id: 4 })],
    foreignIds: [
      { foreignId: aForeignId('one'), personId: 1 },
      { foreignId: aForeignId('two'), personId: 2 },
      { foreignId: aForeignId('four'), personId: 4 },
    ],
    cookies: [
      { cookie: 'two', personId: 2 },
      { cookie: 'three', personId: 3 },
    ],
    members: [
      { listId: 7, personId: 1 },
      { listId: 7, personId: 2 },
      { listId: 8, personId: 2 },
      { listId: 8, personId: 3 },
      { listId: 9, personId: 4 },
    ],
  })

  carryOut(situation, aMerge(1, 2, 3))

  t.strictSame(situation.linksOf(1), {
    foreignIds: [aForeignId('one'), aForeignId('two')],
    cookies: ['two', 'three'],
    listIds: [7, 8],
  })
  t.match(situation.personByForeignId(aForeignId('two')), { id: 1 })
  t.match(situation.personByCookie('three'), { id: 1 })
  t.strictSame([situation.isMember(8, 1), situation.isMember(8, 2), situation.isMember(9, 4)], [true, false, true])
  t.match(situation.personByForeignId(aForeignId('four')), { id: 4 }, 'who is no part of it keeps its own')
})

t.test('a merge with somebody who is not there is rejected, and changes nothing', async t => {
  for (const [merge, missing] of [
    [aMerge(9, 1), '9'],
    [aMerge(1, 2, 9), '9'],
  ] as const) {
    const situation = aSituation({ people: [aPerson({ id: 1 }), aPerson({ id: 2 })] })

    const decision = carryOut(situation, merge)

    t.strictSame(decision, {
      type: 'rejected',
      rejection: { type: 'person-not-found', by: 'id', value: missing },
    })
    t.strictSame(situation.difference().deleted, [])
  }
})

t.test('a merge needs losers, each once, and none of them the winner', async t => {
  for (const merge of [aMerge(1), aMerge(1, 1), aMerge(1, 2, 2), aMerge(1, 2, 1)]) {
    const situation = aSituation({ people: [aPerson({ id: 1 }), aPerson({ id: 2 })] })

    const decision = carryOut(situation, merge)

    t.strictSame(decision, { type: 'rejected', rejection: { type: 'nothing-to-merge' } })
    t.strictSame(situation.difference().deleted, [])
  }
})
