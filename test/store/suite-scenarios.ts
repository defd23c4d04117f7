// The conformance scenarios that a store takes part in, each by its number, driven through the group commit.
import { fingerprintReplay, namedReplay, type Submission } from '../../src/service/writes/submission.js'
import { aForeignId, aKey, aPolicy, aSave, aSubmission, aSubscription } from '../support/builders.js'
import { outcomeOf, personIdOf } from '../support/group-commits.js'
import type { Scene } from '../support/scene.js'
import type { StoreTest } from './store-suite.js'

const direct = (from: string, to: string) => [from, to, 'Web service API']
const fanOut = (from: string, to: string) => [from, to, 'updateLeadEmailStatus']
const reset = (from: string, to: string) => [from, to, 'resetLeadEmailStatus']

export const scenarioTests: Readonly<Record<string, StoreTest>> = {
  'scenario 1: an opt-out of one person reaches all of the address in every partition': async (t, scene) => {
    const ids = await Promise.all(
      ['Default', 'Europe', 'Asia'].map(partition => scene.person('x', { partition, unsubscribed: false })),
    )

    await scene.save(ids[0]!, { unsubscribed: true })

    t.strictSame(await scene.status('x'), ['unsubscribed', 1])
    t.strictSame(await scene.flags(...ids), [true, true, true])
    t.strictSame(await scene.told(ids[0]!), [direct('0', '1')])
    for (const id of ids.slice(1)) t.strictSame(await scene.told(id), [fanOut('0', '1')])
  },

  'scenario 2: a re-subscribe of one person reaches all of the address': async (t, scene) => {
    const [one, other] = [await scene.person('x'), await scene.person('x')]
    await scene.set('unsubscribed', 'x')

    await scene.save(one, { unsubscribed: false })

    t.strictSame(await scene.status('x'), ['subscribed', 2])
    t.strictSame(await scene.flags(one, other), [false, false])
    t.match((await scene.activities(one)).at(-1), { from: '1', to: '0', source: 'SOAP API', statusVersion: 2 })
  },

  'scenario 3: a person made with false at an address that opted out is unsubscribed, with a warning': async (
    t,
    scene,
  ) => {
    await scene.set('unsubscribed', 'x')

    const answer = await scene.carryOut(aSave({ address: scene.address('x'), unsubscribed: false }))

    t.match(outcomeOf(answer), { type: 'created', warnings: [{ type: 'opt-out-stands' }] })
    t.strictSame(await scene.flags(personIdOf(answer)), [true])
    t.strictSame(await scene.told(personIdOf(answer)), [reset('0', '1')])
    t.strictSame(await scene.status('x'), ['unsubscribed', 1])
  },

  'scenario 4: an opt-out outlives the person and meets the next one': async (t, scene) => {
    const first = await scene.person('x', { unsubscribed: true })

    await scene.delete(first)
    const again = await scene.person('x', { unsubscribed: false })

    t.strictSame(await scene.store.peopleByIds([first]), [])
    t.strictSame(await scene.flags(again), [true])
    t.match((await scene.activities(first)).at(-1), { kind: 'person-deleted' }, 'its history stays')
  },

  'scenario 5: what is so already leaves no version, no history and no new time': async (t, scene) => {
    const id = await scene.person('x', { unsubscribed: true })
    const [before] = await scene.store.peopleByIds([id])

    const answer = await scene.save(id, { unsubscribed: true })

    t.match(outcomeOf(answer), { type: 'updated' })
    t.strictSame(await scene.status('x'), ['unsubscribed', 1])
    t.equal((await scene.told(id)).length, 1)
    t.strictSame(await scene.store.peopleByIds([id]), [before])
  },

  'scenario 6: a person that moves to an unsubscribed address is unsubscribed': async (t, scene) => {
    const id = await scene.person('x')
    await scene.set('unsubscribed', 'y')

    await scene.save(id, { address: scene.address('y') })

    t.strictSame(await scene.flags(id), [true])
    t.strictSame(
      [await scene.status('x'), await scene.status('y')],
      [
        ['subscribed', 0],
        ['unsubscribed', 1],
      ],
    )
    t.strictSame(await scene.told(id), [reset('0', '1')])
    t.strictSame([await scene.countAt('x'), await scene.countAt('y')], [0, 1])
  },

  'scenario 7: a move to an address never seen resets the flag, or carries the opt-out where the policy says so':
    async (t, scene) => {
      const [one, other] = [await scene.person('x'), await scene.person('x')]
      await scene.set('unsubscribed', 'x')
      const policy = aPolicy({ addressChange: 'carry-over' })

      await scene.save(one, { address: scene.address('y') })
      await scene.carryOut(scene.saveCommand(other, { address: scene.address('z') }), { policy })

      t.strictSame(await scene.flags(one, other), [false, true])
      t.strictSame(
        [await scene.status('x'), await scene.status('y')],
        [
          ['unsubscribed', 1],
          ['subscribed', 0],
        ],
      )
      t.strictSame(await scene.status('z'), ['unsubscribed', 1])
      t.strictSame((await scene.told(one)).at(-1), reset('1', '0'))
      t.equal((await scene.told(other)).length, 1)
    },

  'scenario 8: one call that changes address and flag opts the new address out': async (t, scene) => {
    const [id, there] = [await scene.person('x'), await scene.person('y')]

    await scene.save(id, { address: scene.address('y'), unsubscribed: true })

    t.strictSame(
      [await scene.status('x'), await scene.status('y')],
      [
        ['subscribed', 0],
        ['unsubscribed', 1],
      ],
    )
    t.strictSame(await scene.flags(id, there), [true, true])
  },

  'scenario 11: an address without a person is suppressed, and a later person meets that': async (t, scene) => {
    await scene.set('unsubscribed', 'x')

    t.strictSame(await scene.store.peopleByAddress(aKey(scene.address('x')), 10), [])
    t.strictSame(await scene.flags(await scene.person('x')), [true])
  },

  'scenario 12: without an address only the own flag changes': async (t, scene) => {
    const id = await scene.person(null)

    await scene.save(id, { unsubscribed: true })

    const [view] = await scene.store.peopleByIds([id])
    t.match(view, { person: { address: null, ownUnsubscribed: true }, status: null })
  },

  'scenario 13: spellings in other letter case are one address; accents and plus tags are others': async (t, scene) => {
    const one = await Promise.all(['Jose', 'jose', 'JOSE'].map(name => scene.person(name)))
    const others = await Promise.all(['jos\u00E9', 'jose+x', 'jo.se', '\uFF4Aose'].map(name => scene.person(name)))

    await scene.save(one[1]!, { unsubscribed: true })

    t.strictSame(await scene.flags(...one), [true, true, true])
    t.strictSame(await scene.flags(...others), [false, false, false, false])
    t.equal(await scene.countAt('jose'), 3)
  },

  'scenario 14: a domain in Unicode and in ASCII is one address': async (t, scene) => {
    const unicode = await scene.person('x', { address: `user@b\u00FCcher.${scene.domain}` })
    const ascii = await scene.person('x', { address: `user@xn--bcher-kva.${scene.domain}` })

    await scene.save(unicode, { unsubscribed: true })

    t.strictSame(await scene.flags(unicode, ascii), [true, true])
  },

  'scenario 15: a merge leaves every address as it is, and the survivor shows its own': async (t, scene) => {
    const [winner, elsewhere, here] = [await scene.person('x'), await scene.person('y'), await scene.person('x')]
    await scene.set('unsubscribed', 'y')
    const before = await scene.store.head()

    const answer = await scene.carryOut({ type: 'merge-people', winner, losers: [elsewhere, here] })

    t.strictSame(outcomeOf(answer), { type: 'merged', personId: winner, losers: [elsewhere, here] })
    t.strictSame(await scene.flags(winner), [false])
    t.strictSame(
      [await scene.status('x'), await scene.status('y')],
      [
        ['subscribed', 0],
        ['unsubscribed', 1],
      ],
    )
    t.strictSame([await scene.countAt('x'), await scene.countAt('y')], [1, 0])
    t.strictSame(await scene.store.peopleByIds([elsewhere, here]), [])
    t.match((await scene.activities(here)).at(-1), { kind: 'person-deleted' }, 'its history stays')
    t.match(await scene.logSince(before.seq), [{ kind: 'merge-people', personId: winner }])
  },

  'scenario 15: what named the losers names the survivor, and an opt-out without an address is kept': async (
    t,
    scene,
  ) => {
    const foreignIds = ['of one', 'of two'].map(value => aForeignId(`${scene.domain} ${value}`))
    const cookie = `${scene.domain} cookie`
    const winner = await scene.person('x', { foreignId: foreignIds[0]!, fields: { City: 'London' } })
    const one = await scene.person(null, { cookie, unsubscribed: true, fields: { City: 'Paris', Phone: '1' } })
    const two = await scene.person('y', { foreignId: foreignIds[1]! })
    const list = (await scene.store.addList(`list of ${scene.domain}`, null))!
    const membership = { type: 'change-list', list, isMember: true, strict: false } as const
    await scene.carryOut({ ...membership, people: [winner, one, two] })

    await scene.carryOut({ type: 'merge-people', winner, losers: [one, two] })

    t.match(await scene.store.peopleByForeignId(foreignIds[1]!), [{ person: { id: winner }, foreignIds }])
    t.match(await scene.store.peopleByCookie(cookie), [
      { person: { id: winner, fields: { City: 'London', Phone: '1' }, address: { key: scene.address('x') } } },
    ])
    t.strictSame(await scene.store.membersOf(list.id, { after: 0, limit: 10 }), [winner])
    t.strictSame(await scene.status('x'), ['unsubscribed', 1])
    t.strictSame(await scene.told(winner), [direct('0', '1')])
  },

  'scenario 15: as many losers as one merge may have are all named in the history': async (t, scene) => {
    const ids: number[] = []
    for (let index = 0; index <= 25; index++) ids.push(await scene.person('x'))
    const [winner, ...losers] = ids as [number, ...number[]]

    await scene.carryOut({ type: 'merge-people', winner, losers })

    t.match((await scene.activities(winner)).at(-1), { kind: 'people-merged', from: losers.join(', ') })
    t.equal(await scene.countAt('x'), 1)
  },

  'scenario 28: a late identical re-subscribe changes nothing, a late identical opt-out is applied': async (
    t,
    scene,
  ) => {
    const call = (text: string, command: Submission['command']) =>
      scene.carryOut(command, { replay: fingerprintReplay(scene.domain, text, 0) })
    const [out, back] = [
      aSubscription('unsubscribed', scene.address('x')),
      aSubscription('subscribed', scene.address('x')),
    ]
    await call('first opt-out', out)
    const first = await call('opt-in', back)
    await call('second opt-out', out)

    const late = await call('opt-in', back)
    t.match(outcomeOf(late), { type: 'not-repeated', first: outcomeOf(first) })
    t.strictSame(await scene.status('x'), ['unsubscribed', 3])

    await scene.set('subscribed', 'x')
    await call('first opt-out', out)
    t.strictSame(await scene.status('x'), ['unsubscribed', 5])
  },

  'scenario 29: a name with another body is refused, and while the first is on its way so is a second': async (
    t,
    scene,
  ) => {
    const command = aSubscription('unsubscribed', scene.address('x'))
    const named = (body: string) => ({ replay: namedReplay(scene.domain, 'key', body) })

    const answers = await Promise.all([scene.carryOut(command, named('a')), scene.carryOut(command, named('a'))])
    const others = [await scene.carryOut(command, named('a')), await scene.carryOut(command, named('b'))]

    t.strictSame(
      [...answers, ...others].map(({ type }) => type),
      ['carried-out', 'in-progress', 'replayed', 'key-reused'],
    )
    t.strictSame(outcomeOf(others[0]), outcomeOf(answers[0]))
    t.strictSame(await scene.status('x'), ['unsubscribed', 1])
  },
}

const rounds = [1, 2, 3, 4, 5, 6]

export const concurrencyTests: Readonly<Record<string, StoreTest>> = {
  'scenario 20: opposite flags at once both succeed, and the last version says what everybody shows': async (
    t,
    scene,
  ) => {
    const ids = [await scene.person('x'), await scene.person('x')]
    for (const _ of rounds) {
      await both(scene, aSave({ id: ids[0]!, unsubscribed: true }), aSave({ id: ids[1]!, unsubscribed: false }))

      const [status, version] = await scene.status('x')
      const history = await scene.store.statusHistory(aKey(scene.address('x')))
      t.strictSame(
        history.map(record => record.version),
        history.map((_, index) => index + 1),
      )
      t.match(history.at(-1), { status, version })
      t.strictSame(
        await scene.flags(...ids),
        ids.map(() => status === 'unsubscribed'),
      )
    }
  },

  'scenario 21: a move to an address races with its opt-out: the person ends unsubscribed': async (t, scene) => {
    for (const round of rounds) {
      const id = await scene.person(`x${round}`)
      const to = scene.address(`y${round}`)
      await both(scene, aSave({ id, address: to }), aSubscription('unsubscribed', to))
      t.strictSame(await scene.flags(id), [true])
      t.strictSame(await scene.status(`y${round}`), ['unsubscribed', 1])
    }
  },

  'scenario 22: a move away from an address races with its opt-out: the person shows its new address': async (
    t,
    scene,
  ) => {
    for (const round of rounds) {
      const id = await scene.person(`x${round}`)
      const command = aSave({ id, address: scene.address(`y${round}`) })
      await both(scene, command, aSubscription('unsubscribed', scene.address(`x${round}`)))
      t.strictSame(await scene.flags(id), [false])
      t.strictSame(await scene.status(`x${round}`), ['unsubscribed', 1])
      t.strictSame(await scene.status(`y${round}`), ['subscribed', 0])
    }
  },

  'scenario 23: two people that change places at once do not stand in each other\u2019s way': async (t, scene) => {
    const [one, other] = [await scene.person('x'), await scene.person('y')]
    let [here, there] = ['x', 'y']
    for (const _ of rounds) {
      const moves = [
        aSave({ id: one, address: scene.address(there) }),
        aSave({ id: other, address: scene.address(here) }),
      ]
      await both(scene, moves[0]!, moves[1]!)
      ;[here, there] = [there, here]
      t.strictSame([await scene.countAt('x'), await scene.countAt('y')], [1, 1])
    }
  },

  'scenario 30: the first commands ever for an address, from two sides, make one row': async (t, scene) => {
    for (const round of rounds) {
      const address = scene.address(`new${round}`)
      await both(scene, aSave({ address }), aSubscription('unsubscribed', address))
      t.strictSame(await scene.status(`new${round}`), ['unsubscribed', 1])
      t.equal(await scene.countAt(`new${round}`), 1)
    }
  },

  'a foreign id that two sides bring at once belongs to one person': async (t, scene) => {
    for (const round of rounds) {
      const foreignId = { system: 'CUSTOM', value: `${scene.domain} ${round}` }
      const saves = ['a', 'b'].map(name => aSave({ foreignId, address: scene.address(`${name}${round}`) }))
      await both(scene, saves[0]!, saves[1]!)
      t.equal((await scene.store.peopleByForeignId(foreignId)).length, 1)
    }
  },
}

/** Two commands at once, through two group commits. Both must be carried out. */
async function both(scene: Scene, one: Submission['command'], other: Submission['command']): Promise<void> {
  const answers = await Promise.all([
    scene.writes.submit(aSubmission({ command: one })),
    scene.otherWrites.submit(aSubmission({ command: other })),
  ])
  for (const answer of answers) outcomeOf(answer)
}
