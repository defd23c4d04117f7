// What any store tells readers of changes: each change once, in the order of the log, from any place on.
import {
  beginning,
  type Change,
  type ChangePosition,
  type ChangeSelection,
  changeKinds,
} from '../../src/service/changes/changes.js'
import { aCause, aKey, aProvenCause, aSave, aSubscription } from '../support/builders.js'
import type { Scene } from '../support/scene.js'
import type { StoreTest } from './store-suite.js'

const statuses: ChangeSelection = { kinds: ['status-changed'], key: null }
const everything: ChangeSelection = { kinds: changeKinds, key: null }

export const changeTests: Readonly<Record<string, StoreTest>> = {
  async 'a change of a status says from, to, version, why, by whom and by which command'(t, scene) {
    const start = await scene.store.changeHead()
    await scene.set('unsubscribed', 'ada')
    await scene.carryOut(aSubscription('subscribed', scene.address('ada')), { cause: aProvenCause() })

    const changes = await readAll(scene, start, statuses)

    const log = await scene.logSince(start.seq)
    const common = {
      type: 'status-changed',
      key: aKey(scene.address('ada')),
      actor: 'crm',
      source: 'SOAP API',
    } as const
    t.match(changes, [
      { ...common, from: 'subscribed', to: 'unsubscribed', version: 1, commandId: log[0]!.commandId, at: log[0]!.at },
      {
        ...common,
        from: 'unsubscribed',
        to: 'subscribed',
        version: 2,
        reason: 'asked to be back',
        evidence: 'ticket 4711',
      },
    ])
    t.not(changes[0]!.id, changes[1]!.id)
  },

  async 'a stronger cause is told as a change from unsubscribed to unsubscribed'(t, scene) {
    const start = await scene.store.changeHead()
    for (const origin of ['import', 'recipient'] as const) {
      const cause = aCause({ origin, reason: origin })
      await scene.carryOut(aSubscription('unsubscribed', scene.address('ida')), { cause })
    }

    const changes = await readAll(scene, start, everything)

    t.match(changes, [
      { type: 'status-changed', from: 'subscribed', to: 'unsubscribed', version: 1, reason: 'import' },
      { type: 'status-changed', from: 'unsubscribed', to: 'unsubscribed', version: 2, reason: 'recipient' },
    ])
    t.equal(changes.length, 2)
  },

  async 'what happened to people comes between the statuses in the order of the log'(t, scene) {
    const start = await scene.store.changeHead()
    const id = await scene.person('bo')
    await scene.set('unsubscribed', 'bo')
    await scene.delete(id)

    const changes = await readAll(scene, start, everything)

    t.same(
      changes.map(({ type }) => type),
      ['person-created', 'status-changed', 'value-changed', 'person-deleted'],
    )
    t.match(changes[2], { personId: id, attribute: 'Unsubscribed', from: '0', to: '1', version: 1 })
    t.equal(changes[1]!.commandId, changes[2]!.commandId, 'of one command')
  },

  async 'pages of any length give the same, and nothing twice'(t, scene) {
    const start = await scene.store.changeHead()
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(name => scene.person(name)))
    for (const name of ['c', 'a', 'b']) await scene.set('unsubscribed', name)
    const whole = await readAll(scene, start, everything)

    for (const limit of [1, 2, 3, 7]) t.same(await readAll(scene, start, everything, limit), whole, `pages of ${limit}`)
    t.equal(new Set(whole.map(({ id }) => id)).size, 11)
  },

  async 'kinds and an address select'(t, scene) {
    const start = await scene.store.changeHead()
    const id = await scene.person('cy')
    await scene.set('unsubscribed', 'cy')
    await scene.set('unsubscribed', 'di')
    await scene.save(id, { fields: { FirstName: 'Cy' } })

    t.match(await readAll(scene, start, { kinds: ['person-created'], key: null }), [{ personId: id }])
    t.same(
      (await readAll(scene, start, { ...statuses, key: aKey(scene.address('di')) })).map(
        ({ id: changeId }) => changeId,
      ),
      (await readAll(scene, start, statuses)).slice(1).map(({ id: changeId }) => changeId),
    )
  },

  async 'changes are found again by their ids, and ids of nothing find nothing'(t, scene) {
    const start = await scene.store.changeHead()
    await scene.person('ed')
    await scene.set('unsubscribed', 'ed')
    const changes = await readAll(scene, start, everything)

    const found = await scene.store.changesByIds([...changes.map(({ id }) => id), 'chg_999999999_s0', 'nonsense'])

    t.same(sorted(found), sorted(changes))
  },

  async 'the end is a place too: nothing is behind it until something is committed'(t, scene) {
    await scene.person('fay')
    const end = await scene.store.changeHead()
    t.same(await readAll(scene, end, everything), [])

    await scene.set('unsubscribed', 'fay')

    t.equal((await readAll(scene, end, everything)).length, 2)
  },

  async 'a start by time leaves nothing of that time or later behind'(t, scene) {
    const before = Date.now()
    await scene.set('unsubscribed', 'gus')
    const [own] = await readAll(scene, await scene.store.positionBefore(before), {
      ...statuses,
      key: aKey(scene.address('gus')),
    })

    t.equal(own?.type, 'status-changed')
    t.same(await scene.store.positionBefore(0), beginning)
    t.same(await scene.store.positionBefore(Date.now() + 86_400_000), await scene.store.changeHead())
  },

  async 'an opt-out that moves along with a person is a change of the new address'(t, scene) {
    const start = await scene.store.changeHead()
    const id = await scene.person('hal')
    await scene.set('unsubscribed', 'hal')
    const policy = { resubscribe: 'compatible', addressChange: 'carry-over' } as const
    await scene.carryOut(aSave({ id, address: scene.address('hal.new') }), { policy })

    const changes = await readAll(scene, start, statuses)

    t.match(changes, [
      { key: aKey(scene.address('hal')), version: 1 },
      { key: aKey(scene.address('hal.new')), from: 'subscribed', to: 'unsubscribed', version: 1 },
    ])
  },
}

async function readAll(
  { store }: Scene,
  after: ChangePosition,
  selection: ChangeSelection,
  limit = 100,
): Promise<readonly Change[]> {
  const until = await store.changeHead()
  const changes: Change[] = []
  for (let position = after; ; ) {
    const { steps, isEnd } = await store.changesAfter(position, selection, { until, limit })
    changes.push(...steps.flatMap(step => step.changes))
    if (isEnd) return changes
    position = steps.at(-1)!.position
  }
}

const sorted = (changes: readonly Change[]): Change[] => [...changes].sort((a, b) => (a.id < b.id ? -1 : 1))
