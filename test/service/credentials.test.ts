// Who may call: making, knowing, remembering and revoking credentials.
import t from 'tap'
import { type CredentialStore, Credentials } from '../../src/service/access/credentials.js'
import { createSeal } from '../../src/service/access/seal.js'
import { createMemoryStore } from '../support/memory-store.js'

const seal = createSeal('operator key')

/** A store that counts how often it was asked who somebody is. */
function countingStore(): CredentialStore & { readonly asked: () => number } {
  const store = createMemoryStore()
  let asked = 0
  return {
    ...store,
    credentialById: id => {
      asked++
      return store.credentialById(id)
    },
    credentialBySecret: secret => {
      asked++
      return store.credentialBySecret(secret)
    },
    asked: () => asked,
  }
}

t.test('a SOAP user is known with its encryption key and role', async t => {
  const credentials = new Credentials(createMemoryStore(), seal)

  const key = await credentials.addSoap('bigcorp_1', 'writer', 'mi casa')

  t.equal(key, 'mi casa')
  t.strictSame(await credentials.soapUser('bigcorp_1'), { id: 'bigcorp_1', role: 'writer', encryptionKey: 'mi casa' })
  t.equal(await credentials.soapUser('BIGCORP_1'), undefined)
})

t.test('an API key is known by itself, and is nowhere in the store', async t => {
  const store = createMemoryStore()
  const credentials = new Credentials(store, seal)

  const apiKey = await credentials.addApi('preference centre', 'admin')

  t.match(apiKey, /^duk_[\w-]{32}$/)
  t.strictSame(await credentials.apiCaller(apiKey!), { id: 'preference centre', role: 'admin' })
  t.equal(await credentials.apiCaller(`${apiKey}x`), undefined)
  t.notMatch(JSON.stringify([...store.dump().credentials]), apiKey!.slice(4))
})

t.test('keys that are drawn differ', async t => {
  const credentials = new Credentials(createMemoryStore(), seal)

  t.not(await credentials.addSoap('a', 'writer'), await credentials.addSoap('b', 'writer'))
  t.not(await credentials.addApi('c', 'writer'), await credentials.addApi('d', 'writer'))
})

t.test('a name is given once', async t => {
  const credentials = new Credentials(createMemoryStore(), seal)
  await credentials.addSoap('crm', 'writer', 'first')

  t.equal(await credentials.addSoap('crm', 'admin', 'second'), undefined)
  t.equal(await credentials.addApi('crm', 'admin'), undefined)
  t.match(await credentials.soapUser('crm'), { role: 'writer', encryptionKey: 'first' })
})

t.test('a SOAP user is no API caller, and the other way round', async t => {
  const credentials = new Credentials(createMemoryStore(), seal)
  const encryptionKey = await credentials.addSoap('soap', 'writer')
  await credentials.addApi('api', 'writer')

  t.equal(await credentials.apiCaller(encryptionKey!), undefined)
  t.equal(await credentials.soapUser('api'), undefined)
})

t.test('a revoked credential stops working at once where it was revoked, until it is made anew', async t => {
  const credentials = new Credentials(createMemoryStore(), seal)
  const apiKey = await credentials.addApi('api', 'writer')
  t.ok(await credentials.apiCaller(apiKey!))

  t.equal(await credentials.revoke('api'), true)

  t.equal(await credentials.apiCaller(apiKey!), undefined)
  t.equal(await credentials.revoke('api'), false)
  t.equal(await credentials.revoke('nobody'), false)
  t.match(await credentials.list(), [{ id: 'api', revokedAt: Number }])

  t.equal(await credentials.addSoap('api', 'writer'), undefined, 'its name is in the history, as that of an API key')
  const another = await credentials.addApi('api', 'reader')
  t.match(await credentials.apiCaller(another!), { id: 'api', role: 'reader' })
  t.equal(await credentials.apiCaller(apiKey!), undefined)
})

t.test('who somebody is, or that nobody is, is asked of the store once in a while and not at each call', async t => {
  const store = countingStore()
  const credentials = new Credentials(store, seal)
  await credentials.addSoap('crm', 'writer')

  for (let call = 0; call < 50; call++) {
    await credentials.soapUser('crm')
    await credentials.soapUser('nobody')
    await credentials.apiCaller('no key')
  }

  t.equal(store.asked(), 3)
})

t.test('a revocation by another process takes effect once what is remembered is old', async t => {
  const store = createMemoryStore()
  const credentials = new Credentials(store, seal)
  await credentials.addSoap('crm', 'writer')
  await credentials.soapUser('crm')
  const now = Date.now()
  t.teardown(() => {
    Date.now = realNow
  })
  const realNow = Date.now

  await store.revokeCredential('crm', now)
  Date.now = () => now + 1_000
  t.ok(await credentials.soapUser('crm'))
  Date.now = () => now + 6_000
  t.equal(await credentials.soapUser('crm'), undefined)
})

t.test('a rotated key works on for the overlap, on this and on another process', async t => {
  const store = createMemoryStore()
  const [here, there] = [new Credentials(store, seal), new Credentials(store, seal)]
  const first = (await here.addApi('crm', 'writer'))!
  await here.addSoap('legacy', 'writer', 'old key')
  await there.apiCaller(first)

  const api = await here.rotate('crm', { overlapMs: 3_600_000 })
  const soap = await here.rotate('legacy', { overlapMs: 3_600_000, secret: 'new key' })

  if (api.type !== 'rotated') return t.fail(api.type)
  for (const credentials of [here, there]) {
    t.match(await credentials.apiCaller(first), { id: 'crm', role: 'writer' })
    t.match(await credentials.apiCaller(api.secret), { id: 'crm', role: 'writer' })
    t.match(await credentials.soapUser('legacy'), { encryptionKey: 'new key', previousKey: 'old key' })
  }
  t.match(soap, { type: 'rotated', secret: 'new key' })
  t.notMatch(JSON.stringify([...store.dump().credentials]), /new key|old key/, 'both are sealed')
  await here.revoke('crm')
  t.equal(await here.apiCaller(first), undefined)
  t.equal(await here.apiCaller(api.secret), undefined)
})

t.test('without an overlap the key before ends at once, and a key names one credential', async t => {
  const credentials = new Credentials(createMemoryStore(), seal)
  const first = (await credentials.addApi('crm', 'writer'))!
  const other = (await credentials.addApi('other', 'writer'))!
  await credentials.addSoap('legacy', 'writer', 'old key')

  t.match(await credentials.rotate('crm', { overlapMs: 0 }), { type: 'rotated' })
  t.equal(await credentials.apiCaller(first), undefined)
  await credentials.rotate('legacy', { overlapMs: 0, secret: 'new key' })
  t.strictSame(await credentials.soapUser('legacy'), { id: 'legacy', role: 'writer', encryptionKey: 'new key' })
  t.same(await credentials.rotate('crm', { overlapMs: 0, secret: other }), { type: 'taken' })
  t.same(await credentials.rotate('nobody', { overlapMs: 0 }), { type: 'unknown' })
  await credentials.revoke('crm')
  t.same(await credentials.rotate('crm', { overlapMs: 0 }), { type: 'unknown' })
})
