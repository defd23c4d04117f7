// Erasures of what is hardly there, of what was erased before, and of what others go on holding; and that nobody can
// pass a change off as an erasure.
import t from 'tap'
import { openEngine } from '../../src/store/engine.js'
import { aForeignId, aSave } from '../support/builders.js'
import { withDatabase } from '../support/database.js'
import { aHashingStore, erase, everything, verified, whole } from '../support/erasures.js'
import { personIdOf } from '../support/group-commits.js'
import { Scene } from '../support/scene.js'

const { url } = await withDatabase(t, 'sqlite')
const store = await aHashingStore(t, url)
const scene = new Scene(store, 'edges.example')
const named = (replayKey: string, requestHash = 'a') => ({ type: 'named', replayKey, requestHash }) as const

async function clearOf(name: string): Promise<string[]> {
  return (await everything(url)).filter(text => text.toLowerCase().includes(name))
}

t.test('an address that nobody ever named', async t => {
  const nothing = { people: 0, statusVersions: 0, activities: 0, logEntries: 0, refusals: 0, blockedAttempts: 0 }

  const { outcome } = (await erase(store, scene.address('nobody'))) as { outcome: unknown }

  t.match(outcome, { type: 'erased', kept: { status: 'subscribed', version: 0 }, counts: nothing })
  t.same(await clearOf('nobody@'), [])
  t.match(await verified(t, store), whole)
})

t.test('an address that is subscribed stays so', async t => {
  await scene.person('sub')
  await scene.set('unsubscribed', 'sub')
  await scene.set('subscribed', 'sub')

  const { outcome } = (await erase(store, scene.address('sub'))) as { outcome: unknown }

  t.match(outcome, { kept: { status: 'subscribed', version: 2 }, counts: { people: 1 } })
  t.same(await clearOf('sub@'), [])
  t.strictSame(await scene.status('sub'), ['subscribed', 2])
  t.match(await verified(t, store), whole)
})

t.test('an erasure is repeated', async t => {
  await scene.person('twice', { fields: { City: 'Verona' } })
  await scene.set('unsubscribed', 'twice')
  const twice = scene.address('twice')
  const first = (await erase(store, twice, named('key-1'))) as { type: string; outcome: unknown }
  t.equal(first.type, 'carried-out')
  const { seq } = await store.head()

  t.match(await erase(store, twice, named('key-1')), { type: 'replayed', outcome: first.outcome })
  t.match(await erase(store, twice, named('key-1', 'b')), { type: 'key-reused' })
  t.equal((await store.head()).seq, seq, 'nothing was done for the same key')

  await scene.person('twice')
  t.match(await erase(store, twice, named('key-1')), { type: 'replayed' })
  t.equal(await scene.countAt('twice'), 1, 'who came later is not erased by the old key')
  t.match(await erase(store, twice), { type: 'carried-out', outcome: { counts: { people: 1 } } })
  const again = { people: 0, blockedAttempts: 0 }
  const kept = { status: 'unsubscribed', version: 1 }
  t.match(await erase(store, twice), { type: 'carried-out', outcome: { kept, counts: again } })
  t.match(await erase(store, twice, named('key-2')), { type: 'carried-out', outcome: { kept, counts: again } })
  t.same(await clearOf('twice@'), [])
  t.strictSame(await scene.status('twice'), ['unsubscribed', 1])
  t.match(await verified(t, store), whole)
})

t.test('a foreign id and a cookie went from one who stays to one who is erased, and back', async t => {
  const [foreignId, cookie] = [aForeignId('SFDC-moved'), 'cookie-moved']
  const stays = personIdOf(await scene.carryOut(aSave({ address: scene.address('stays'), foreignId, cookie })))
  const own = aForeignId('SFDC-own-of-goes')
  const goes = personIdOf(await scene.carryOut(aSave({ address: scene.address('goes'), foreignId: own })))
  await scene.save(goes, { foreignId, cookie, moveCookie: true })
  t.match(await store.peopleByIds([goes]), [{ foreignIds: [{}, {}] }], 'it did move')

  await erase(store, scene.address('goes'))
  t.match(await verified(t, store), whole)
  t.same(await clearOf('goes@'), [])
  t.same(await clearOf('sfdc-own-of-goes'), [])
  t.match(await store.peopleByIds([stays]), [{ foreignIds: [] }])

  await scene.save(stays, { foreignId, cookie })
  t.match(await store.peopleByIds([stays]), [{ foreignIds: [foreignId] }])
  t.match(await verified(t, store), whole)
  await erase(store, scene.address('stays'))
  t.match(await verified(t, store), whole)
  t.same(await clearOf('stays@'), [])
})

t.test('verify finds what was changed in a redacted entry', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const store = await aHashingStore(t, url)
  const scene = new Scene(store, 'tampered.example')
  await scene.person('ada')
  await scene.person('bob')
  const [original] = await store.log({ after: 0, limit: 1 })
  await erase(store, scene.address('ada'))
  t.match(await verified(t, store), { ...whole, redacted: 1 })
  const [row] = await store.log({ after: 0, limit: 1 })
  const { writer, close } = openEngine(url)
  t.teardown(close)
  const brokenBy = async (seq: number, change: object) => {
    const [before] = await writer('log').where({ seq }).select('detail', 'redacted_by')
    await writer('log').where({ seq }).update(change)
    const { broken } = await verified(t, store)
    await writer('log').where({ seq }).update(before)
    return broken
  }

  t.match(await brokenBy(1, { detail: row!.detail!.replace('SOAP', 'JSON') }), /entry 1: .*not what the erasure 3 left/)
  t.match(await brokenBy(1, { redacted_by: null }), /entry 1:/, 'it does not say so any more')
  t.match(await brokenBy(1, { redacted_by: 2 }), /entry 1:/, 'it names another entry')
  t.match(await brokenBy(1, { detail: original!.detail }), /entry 1:/, 'what was erased is back')
  t.match(await brokenBy(1, { detail: original!.detail, redacted_by: null }), /entry 1:/, 'as if never erased')
  t.match(await brokenBy(2, { redacted_by: 3 }), /entry 2:/, 'an entry that no erasure lists')
  t.match(await brokenBy(2, { detail: '{}', redacted_by: 3 }), /entry 2:/)
  t.match(await brokenBy(3, { detail: '{}' }), /entry 3:/, 'the erasure itself')
  t.match(await verified(t, store), whole)
})
