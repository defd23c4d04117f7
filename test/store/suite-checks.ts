// The check before sending over any store, and the record of what it stopped.
import type { AddressKey } from '../../src/domain/address.js'
import { BlockedAttempts } from '../../src/service/blocked-attempts.js'
import { createCheck, type Verdict } from '../../src/service/checks.js'
import { Settings } from '../../src/service/settings.js'
import { aKey } from '../support/builders.js'
import type { Scene } from '../support/scene.js'
import type { StoreTest } from './store-suite.js'

async function aCheck({ store }: Scene) {
  const attempts = new BlockedAttempts(store, { lost() {}, trouble() {} })
  const settings = await Settings.load(store)
  return { attempts, check: createCheck({ store, attempts, settings, now: () => 1_000 }) }
}

const told = (verdict: Verdict): string => `${verdict.type} ${verdict.why}`
const asked = { purpose: 'commercial', mode: 'each', caller: 'a sender' } as const

export const checkTests: Readonly<Record<string, StoreTest>> = {
  async 'scenario 18: 300 addresses get their verdicts in order; transactional mail is told and not stopped'(t, scene) {
    const names = Array.from({ length: 300 }, (_, index) => `reader${index}`)
    const optedOut = new Set(names.filter((_, index) => index % 7 === 0))
    for (const name of optedOut) await scene.set('unsubscribed', name)
    await scene.set('unsubscribed', 'reader1')
    await scene.set('subscribed', 'reader1')
    const { check, attempts } = await aCheck(scene)
    const addresses = names.map(name => scene.address(name))

    const commercial = await check({ ...asked, addresses })
    const transactional = await check({ ...asked, addresses, purpose: 'transactional' })

    const isOut = names.map(name => optedOut.has(name))
    t.same(
      commercial.verdicts.map(told),
      isOut.map(out => (out ? 'blocked unsubscribed' : 'send subscribed')),
    )
    t.same(
      transactional.verdicts.map(told),
      isOut.map(out => (out ? 'send transactional' : 'send subscribed')),
    )
    t.same(
      commercial.verdicts.map(verdict => verdict.type !== 'invalid' && verdict.key),
      addresses,
    )
    for (const { verdicts } of [commercial, transactional]) {
      const { status, version, since, reason } = await statusOf(verdicts[0]!)
      const stored = (await scene.store.status(aKey(addresses[0]!))).status
      t.same(
        { status, version, since, reason },
        { status: 'unsubscribed', version: 1, since: stored.since, reason: stored.reason },
      )
      t.match(await statusOf(verdicts[1]!), { status: 'subscribed', version: 2 })
      t.match(await statusOf(verdicts[2]!), { status: 'subscribed', version: 0, since: null })
    }
    await attempts.stop()
    t.equal((await attemptsOf(scene, names)).length, optedOut.size, 'only what was stopped is on record, once')
  },

  async 'spellings of one address have one verdict, and what is none has its own'(t, scene) {
    await scene.set('unsubscribed', 'jose')
    await scene.set('unsubscribed', 'o\u2019hara')
    const { check, attempts } = await aCheck(scene)
    const { domain } = scene
    const addresses = [
      `JOSE@${domain}`,
      '',
      `jose@${domain.toUpperCase()}.`,
      `josé@${domain}`,
      'jose',
      `o\u2019hara@${domain}`,
    ]

    const { verdicts } = await check({ ...asked, addresses })

    t.same(verdicts.map(told), [
      'blocked unsubscribed',
      'invalid not-an-address',
      'blocked unsubscribed',
      'send subscribed',
      'invalid not-an-address',
      'blocked unsubscribed',
    ])
    await attempts.stop()
    t.equal((await attemptsOf(scene, ['jose'])).length, 1, 'one mailbox was to be mailed')
  },

  async 'more addresses than one statement takes are all looked up'(t, scene) {
    const { store } = scene
    await scene.set('unsubscribed', 'last')
    await scene.set('unsubscribed', 'first')
    const many = Array.from({ length: 2_500 }, (_, index) => aKey(scene.address(`n${index}`)))
    const keys = [aKey(scene.address('first')), ...many, aKey(scene.address('last'))]

    const found = await store.statusesOf(keys)

    const out = [...found].filter(([, { status }]) => status === 'unsubscribed').map(([key]) => key)
    t.same(out.sort(), [keys[0], keys.at(-1)].sort())
    t.equal((await store.statusesOf([])).size, 0)
  },

  async 'an opt-out that was acknowledged is seen by every check that starts then'(t, scene) {
    const { check, attempts } = await aCheck(scene)
    for (let round = 0; round < 20; round++) {
      const name = `round${round}`
      await (round % 2 === 0 ? scene : { set: otherSet(scene) }).set('unsubscribed', name)
      const { verdicts } = await check({ ...asked, addresses: [scene.address(name)] })
      t.same(verdicts.map(told), ['blocked unsubscribed'])
    }
    await attempts.stop()
  },

  async 'blocked attempts are read newest first, in pages, by address, caller, purpose and time'(t, scene) {
    const { store } = scene
    const [a, b] = [aKey(scene.address('a')), aKey(scene.address('b'))]
    const caller = scene.domain
    const attempt = (key: AddressKey, at: number, by = caller) =>
      ({ at, caller: by, purpose: 'commercial', mode: 'each', key, statusVersion: 1 }) as const
    await store.addBlockedAttempts([attempt(a, 100), attempt(b, 200)])
    await store.addBlockedAttempts([attempt(a, 300), attempt(a, 250, `${caller} 2`)])
    const page = { before: null, limit: 10 }
    const times = async (selection: Parameters<typeof store.blockedAttempts>[0], asked = page) =>
      (await store.blockedAttempts(selection, asked)).map(({ at }) => at)

    t.same(await times({ caller }), [300, 200, 100])
    t.same(await times({ key: a }), [250, 300, 100], 'in the order in which they were put on record')
    t.same(await times({ key: a, caller }), [300, 100])
    t.same(await times({ caller, from: 200, to: 300 }), [300, 200])
    t.same(await times({ caller, purpose: 'transactional' }), [])
    const [first] = await store.blockedAttempts({ caller }, { before: null, limit: 1 })
    t.match(first, { ...attempt(a, 300) })
    t.same(await times({ caller }, { before: first!.id as never, limit: 1 }), [200])

    t.equal(await store.forgetBlockedAttempts(250, 1), 1)
    t.equal(await store.forgetBlockedAttempts(250, 10), 1)
    t.same(await times({ caller }), [300])
    await store.forgetBlockedAttempts(Number.MAX_SAFE_INTEGER, 10_000)
  },

  async 'ids of blocked attempts from two processes become visible in their order'(t, scene) {
    const { store } = scene
    const key = aKey(scene.address('crowd'))
    const attempt = { at: 1, caller: 'c', purpose: 'commercial', mode: 'group', key, statusVersion: 1 } as const
    const recorders = [1, 2].map(() => new BlockedAttempts(store, { lost: () => t.fail(), trouble() {} }))

    for (let count = 0; count < 50; count++) recorders[count % 2]!.add([attempt, attempt])
    await Promise.all(recorders.map(recorder => recorder.stop()))

    const kept = await store.blockedAttempts({ key }, { before: null, limit: 1_000 })
    t.equal(kept.length, 100)
    t.equal(new Set(kept.map(({ id }) => id)).size, 100)
    t.match(kept[0], { mode: 'group' })
  },
}

function otherSet(scene: Scene): Scene['set'] {
  return scene.set.bind(Object.assign(Object.create(scene), { writes: scene.otherWrites }))
}

async function statusOf(verdict: Verdict) {
  if (verdict.type === 'invalid' || verdict.why === 'check-off') throw new Error(`no status in ${told(verdict)}`)
  return verdict.status
}

async function attemptsOf(scene: Scene, names: readonly string[]) {
  const keys = new Set<string>(names.map(name => aKey(scene.address(name))))
  const kept = await scene.store.blockedAttempts({}, { before: null, limit: 1_000 })
  return kept.filter(({ key }) => keys.has(key))
}
