// Comparisons with Salesforce over HTTP: asked for once however often, listed in pages, and refused where nobody said
// how Salesforce is reached.
import t from 'tap'
import { openStore } from '../../src/store/store.js'
import { withDatabase } from '../support/database.js'
import { startJsonFace } from '../support/json-face.js'

const path = '/v1/salesforce/syncs'

t.test('one is asked for, joined by who asks again, and shown', async t => {
  const store = openStore((await withDatabase(t, 'sqlite')).url)
  await store.migrate()
  t.teardown(() => store.close())
  const { ask } = await startJsonFace(t, { service: { salesforce: { ...store, isConnected: true } } })
  const post = (body: object) => ask('POST', path, { as: 'admin', body })

  const asked = await post({ dryRun: true })
  t.match(asked, { status: 202, json: { id: 1, dryRun: true, state: 'waiting', endedAt: null, records: 0 } })
  t.match(await post({ dryRun: true }), { status: 202, json: { id: 1 } }, 'the same one')
  const sync = (await store.salesforceSync(1))!
  const counts = { ...sync.counts, records: 7, agreed: 6, markedThere: 1 }
  await store.recordSync({ ...sync, state: 'complete', endedAt: Date.UTC(2026, 2, 1), counts })
  t.match(await post({}), { status: 202, json: { id: 2, dryRun: false } }, 'that one has ended')

  const seen = await ask('GET', `${path}/1`, { as: 'admin' })
  t.match(seen, {
    status: 200,
    json: { state: 'complete', endedAt: /^2026-03-01T/, records: 7, agreed: 6, markedThere: 1 },
  })
  const first = await ask('GET', `${path}?limit=1`, { as: 'admin' })
  t.match(first.json, { syncs: [{ id: 2 }], next: String })
  const second = await ask('GET', `${path}?limit=1&after=${first.json.next}`, { as: 'admin' })
  t.match(second.json, { syncs: [{ id: 1 }], next: null })
  t.match(await ask('GET', `${path}/3`, { as: 'admin' }), { status: 404 })
})

t.test('without a way to Salesforce, nothing is asked for', async t => {
  const { ask } = await startJsonFace(t)

  const { status, json } = await ask('POST', path, { as: 'admin', body: {} })

  t.equal(status, 409)
  t.match(json, { type: /:salesforce-not-connected$/, detail: /SALESFORCE_LOGIN_URL/ })
})
