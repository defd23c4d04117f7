// Erasing an address: what goes, what stays, and that the log still proves itself. On every engine.
import t, { type Test } from 'tap'
import { erasedKey } from '../../src/domain/erasure.js'
import { createCheck } from '../../src/service/checks.js'
import { eraseAddress } from '../../src/service/erase.js'
import { verify } from '../../src/service/verify.js'
import { openEngine } from '../../src/store/engine.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aCause, aForeignId, aHashAddress, aKey, anAddress, aSave } from '../support/builders.js'
import { onEachEngine, withDatabase } from '../support/database.js'
import { outcomeOf, personIdOf } from '../support/group-commits.js'
import { Scene } from '../support/scene.js'

const domain = 'erase.example'

async function aScene(t: Test, url: string): Promise<{ readonly scene: Scene; readonly store: Store }> {
  const store = openStore(url)
  t.teardown(() => store.close())
  await store.migrate()
  store.hashAddressesBy(aHashAddress)
  return { scene: new Scene(store, domain), store }
}

const erase = (store: Store, text: string, reason = 'request 17') =>
  eraseAddress(
    {
      address: anAddress(text),
      cause: aCause({ role: 'admin', reason, reasonGiven: true }),
      replay: { type: 'none' },
    },
    { store, hashAddress: aHashAddress, answersKeptMs: 1_000_000, now: Date.now },
  )

async function verified(t: Test, store: Store) {
  const { url } = await withDatabase(t, 'sqlite')
  const scratch = openStore(url)
  t.teardown(() => scratch.close())
  await scratch.migrate()
  return verify(store, { scratch })
}

const whole = { tablesCompared: true, broken: null, erased: 0 }

/** Every text in every table, and where it is. */
async function everything(url: string): Promise<string[]> {
  const engine = openEngine(url)
  const tables = (await engine.reader.raw(
    engine.name === 'sqlite' ? "select name from sqlite_master where type = 'table'" : 'show tables',
  )) as unknown[]
  const listed = (engine.name === 'sqlite' ? tables : (tables[0] as unknown[])) as Record<string, string>[]
  const texts: string[] = []
  for (const name of listed.map(row => Object.values(row)[0]!)) {
    for (const row of (await engine.reader(name).select('*')) as object[]) texts.push(`${name} ${JSON.stringify(row)}`)
  }
  await engine.close()
  return texts
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
