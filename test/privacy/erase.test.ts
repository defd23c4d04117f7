// Erasing an address: what goes, what stays, and that the log still proves itself. On every engine.
import t, { type Test } from 'tap'
import { erasedKey } from '../../src/domain/erasure.js'
import { createCheck } from '../../src/service/checks.js'
import type { Store } from '../../src/store/store.js'
import { aCause, aForeignId, aHashAddress, aKey, aSave } from '../support/builders.js'
import { onEachEngine, withDatabase } from '../support/database.js'
import { aHashingStore, erase, everything, verified, whole } from '../support/erasures.js'
import { outcomeOf, personIdOf } from '../support/group-commits.js'
import { Scene } from '../support/scene.js'

const domain = 'erase.example'

async function aScene(t: Test, url: string): Promise<{ readonly scene: Scene; readonly store: Store }> {
  const store = await aHashingStore(t, url)
  return { scene: new Scene(store, domain), store }
}

const verdictOf = async (store: Store, address: string) => {
  const settings = { value: () => 'on' } as never
  const check = createCheck({ store, attempts: { add() {} }, settings, now: Date.now })
  const padding = Array.from({ length: 60 }, (_, index) => `nobody${index}@${domain}`)
  const few = await check({ addresses: [address], purpose: 'commercial', mode: 'each', caller: 'a test' })
  const many = await check({ addresses: [address, ...padding], purpose: 'commercial', mode: 'each', caller: 'a test' })
  return [few.verdicts[0]!.type, many.verdicts[0]!.type]
}

await onEachEngine(t, 'scenario 19: what is erased is gone, and its opt-out stays', async (t, { url }) => {
  const { scene, store } = await aScene(t, url)
  const [x, other] = [scene.address('ada.secret'), scene.address('bob')]
  const fields = { FirstName: 'Adelheid', City: 'Verona' }
  const mixedCase = x.toUpperCase()
  const first = personIdOf(
    await scene.carryOut(
      aSave({ address: mixedCase, mode: 'duplicate', fields, foreignId: aForeignId('SFDC-secret') }),
    ),
  )
  await scene.person('ada.secret', { fields: { FirstName: 'Adelheid' }, cookie: 'cookie-secret' })
  await scene.save(first, { fields: { City: 'Mantova' } })
  const told = { cause: aCause({ reason: `mail from ${x}`, reasonGiven: true, evidence: `see ${mixedCase}, page 2` }) }
  await scene.carryOut(aSave({ id: first, unsubscribed: true }), told)
  const deleted = await scene.person('ada.secret', { fields: { LastName: 'Lovelorn' } })
  await scene.delete(deleted)
  const moved = await scene.person('ada.secret', { fields: { FirstName: 'Bob' } })
  await scene.save(moved, { address: other })
  await store.addBlockedAttempts([
    { at: 1, caller: 'a test', purpose: 'commercial', mode: 'each', key: aKey(x), statusVersion: 1 },
  ])

  const { outcome } = (await erase(store, x)) as { outcome: unknown }

  t.match(outcome, {
    type: 'erased',
    kept: { status: 'unsubscribed', version: 1 },
    counts: { people: 2, blockedAttempts: 1 },
  })
  const left = await everything(url)
  for (const secret of ['ada.secret', 'adelheid', 'verona', 'mantova', 'sfdc-secret', 'cookie-secret', 'lovelorn'])
    t.strictSame(
      left.filter(text => text.toLowerCase().includes(secret)),
      [],
      `${secret} is nowhere`,
    )
  t.strictSame(await store.peopleByIds([first]), [])
  t.match(await store.peopleByIds([moved]), [{ person: { address: { text: other }, fields: { FirstName: 'Bob' } } }])
  t.match(await verified(t, store), whole)
  t.strictSame(await verdictOf(store, x), ['blocked', 'blocked'])
  t.strictSame(await scene.status('ada.secret'), ['unsubscribed', 1])
  t.equal((await store.statusHistory(aKey(x))).length, 1)
  t.match((await store.activitiesOf(first, { after: 0, limit: 100 })).at(-1), { kind: 'person-deleted' })

  const again = await scene.carryOut(aSave({ address: x, unsubscribed: false, fields: { FirstName: 'New' } }))
  t.match(outcomeOf(again), { type: 'created', warnings: [{ type: 'opt-out-stands' }] })
  t.strictSame(await scene.flags(personIdOf(again)), [true])
  t.strictSame(await scene.status('ada.secret'), ['unsubscribed', 1])
  t.match(await store.status(erasedKey(aHashAddress(aKey(x)))), { status: { version: 0 } }, 'under its name alone')
  t.match(await verified(t, store), whole)

  await scene.set('subscribed', 'ada.secret')
  t.strictSame(await scene.status('ada.secret'), ['subscribed', 2])
  t.strictSame(await verdictOf(store, x), ['send', 'send'])
  t.match(await verified(t, store), whole)

  await erase(store, x)
  t.strictSame(
    (await everything(url)).filter(text => text.toLowerCase().includes('ada.secret')),
    [],
  )
  t.strictSame(await scene.status('ada.secret'), ['subscribed', 2])
  t.match(await verified(t, store), whole)
})

t.test('an address may have every sign that addresses have', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const { scene, store } = await aScene(t, url)
  const odd = "o'b-r.i_e+n!#$%&*/=?^`{|}~-1@a-b.erase.example"
  const { outcome } = (await scene.carryOut(aSave({ address: odd }), {
    cause: aCause({ reason: `said <${odd}>, not x${odd}`, reasonGiven: true }),
  })) as { outcome: object }
  t.match(outcome, { type: 'created' })

  t.match(await erase(store, odd), { outcome: { counts: { people: 1 } } })

  const left = (await everything(url)).filter(text => text.includes("o'b-r"))
  t.ok(left.length > 0)
  t.ok(
    left.every(row => !row.replaceAll(`said <(erased)>, not x${odd}`, '').includes("o'b-r")),
    'all that is left is the longer address that ends with it',
  )
  t.match(await verified(t, store), whole)
})
