// Histories: whose lines, in which order, by which command, and what was so at a time.
import type { HistoryFilter } from '../../src/service/history.js'
import { personAt } from '../../src/service/person-at.js'
import { aCause, aKey, aProvenCause, aSave, aSubscription } from '../support/builders.js'
import { personIdOf } from '../support/group-commits.js'
import type { Scene } from '../support/scene.js'
import type { StoreTest } from './store-suite.js'

const all: HistoryFilter = { source: null, reason: null, from: null, to: null }
const newest = { before: null, limit: 100 } as const

/** Waits until the clock has moved on, and gives a time between what was before and what comes. */
async function moment(): Promise<number> {
  const at = Date.now()
  while (Date.now() <= at + 1) await new Promise(resolve => setTimeout(resolve, 1))
  return at + 1
}

const then = async (scene: Scene, id: number, at: number) => {
  const found = await personAt(id, at, scene.store)
  if (found.type !== 'there') return [found.type]
  return [found.address?.address.text ?? null, found.unsubscribed]
}

export const historyTests: Readonly<Record<string, StoreTest>> = {
  'a stronger cause is a version that leaves the status as it was': async (t, scene) => {
    const address = scene.address('y')
    const key = aKey(address)
    for (const origin of ['import', 'recipient'] as const)
      await scene.carryOut(aSubscription('unsubscribed', address), { cause: aCause({ origin, reason: origin }) })

    const { lines } = await scene.store.addressHistory(key, all, newest)
    const now = await scene.store.statusAt(key, Date.now())

    t.strictSame(
      lines.map(({ version, from, status, reason }) => [version, from, status, reason]),
      [
        [2, 'unsubscribed', 'unsubscribed', 'recipient'],
        [1, 'subscribed', 'unsubscribed', 'import'],
      ],
    )
    t.match(now, { version: 2, from: 'unsubscribed' })
  },

  'the history of an address has every version, the newest first, each with its command': async (t, scene) => {
    const key = aKey(scene.address('x'))
    await scene.set('unsubscribed', 'x')
    const command = aSubscription('subscribed', scene.address('x'))
    const back = await scene.carryOut(command, { cause: aProvenCause({ source: 'JSON API' }) })
    const id = await scene.person('x', { unsubscribed: true })

    const { lines, hasMore } = await scene.store.addressHistory(key, all, newest)

    t.equal(hasMore, false)
    t.strictSame(
      lines.map(({ version, status, source, evidence }) => [version, status, source, evidence]),
      [
        [3, 'unsubscribed', 'SOAP API', null],
        [2, 'subscribed', 'JSON API', 'ticket 4711'],
        [1, 'unsubscribed', 'SOAP API', null],
      ],
    )
    t.match(back, { commandId: lines[1]!.commandId, seq: lines[1]!.seq })
    t.ok(id > 0)
    const page = async (before: number | null, filter: Partial<HistoryFilter> = {}) => {
      const found = await scene.store.addressHistory(key, { ...all, ...filter }, { before, limit: 1 })
      return [found.lines.map(({ version }) => version), found.hasMore]
    }
    t.strictSame(
      [await page(null), await page(3), await page(2)],
      [
        [[3], true],
        [[2], true],
        [[1], false],
      ],
    )
    t.strictSame(await page(null, { source: 'JSON API' }), [[2], false])
    t.strictSame(await page(null, { reason: 'asked to be back' }), [[2], false])
    t.strictSame(await page(null, { reason: 'nothing' }), [[], false])
    t.strictSame(await page(null, { from: lines[0]!.at + 1 }), [[], false])
    t.strictSame(await page(null, { to: lines[2]!.at - 1 }), [[], false])
    t.strictSame((await scene.store.addressHistory(aKey(scene.address('nobody')), all, newest)).lines, [])
  },

  'the history of a person is filtered by attribute, source, reason and time': async (t, scene) => {
    const id = await scene.person('x', { fields: { City: 'London' } })
    await scene.save(id, { fields: { City: 'Paris', LastName: 'Byron' } })
    await scene.set('unsubscribed', 'x')
    const other = await scene.person('x')
    const page = async (given: object = {}, before: number | null = null, limit = 100) => {
      const filter = { ...all, attribute: null, ...given }
      return scene.store.personHistory(id, filter, { before, limit })
    }
    const attributes = async (given: object = {}) => (await page(given)).lines.map(({ attribute }) => attribute)

    t.strictSame(await attributes(), ['Unsubscribed', 'LastName', 'City', null])
    t.strictSame(await attributes({ attribute: 'City' }), ['City'])
    t.strictSame(await attributes({ source: 'nothing' }), [])
    t.strictSame(await attributes({ reason: 'updateLeadEmailStatus' }), ['Unsubscribed'])
    const { lines } = await page()
    t.strictSame(await attributes({ from: lines[0]!.at + 1 }), [])
    t.strictSame(await attributes({ to: lines.at(-1)!.at - 1 }), [])
    t.match(lines[0], { actor: 'crm', from: '0', to: '1', statusVersion: 1, personId: id })
    t.match(await scene.store.log({ after: lines[0]!.seq - 1, limit: 1 }), [{ commandId: lines[0]!.commandId }])
    const first = await page({}, null, 3)
    t.strictSame([first.lines.length, first.hasMore], [3, true])
    const rest = await page({}, first.lines[2]!.id, 3)
    t.strictSame([rest.lines.map(({ kind }) => kind), rest.hasMore], [['person-created'], false])
    t.ok(other > 0)
  },

  'what a person and its address were at a time stays what it was': async (t, scene) => {
    const before = await moment()
    const id = await scene.person('x')
    const made = await moment()
    await scene.set('unsubscribed', 'x')
    const out = await moment()
    await scene.save(id, { address: scene.address('y') })
    const moved = await moment()
    await scene.set('unsubscribed', 'y')
    await scene.save(id, { address: null })
    const bare = await moment()
    await scene.delete(id)
    const gone = await moment()
    const again = await scene.carryOut(aSave({ id, by: scene.address('z'), unsubscribed: true }))
    const back = await moment()

    t.equal(personIdOf(again), id, 'the same id again')
    t.strictSame(await then(scene, id, before), ['not-there'])
    t.strictSame(await then(scene, id, made), [scene.address('x'), false])
    t.strictSame(await then(scene, id, out), [scene.address('x'), true])
    t.strictSame(await then(scene, id, moved), [scene.address('y'), false])
    t.strictSame(await then(scene, id, bare), [null, true], 'R5: it keeps what it showed')
    t.strictSame(await then(scene, id, gone), ['not-there'])
    t.strictSame(await then(scene, id, back), [scene.address('z'), true])
    t.strictSame(await then(scene, 2 ** 31 - 1, back), ['never-heard-of'])
    const status = async (at: number) => (await scene.store.statusAt(aKey(scene.address('x')), at))?.status
    t.strictSame(
      [await status(before), await status(made), await status(out), await status(back)],
      [undefined, undefined, 'unsubscribed', 'unsubscribed'],
    )
  },
}
