// Settings over JSON: admins change them, everybody reads them, and each change can be explained.
import t from 'tap'
import { startJsonFace } from '../support/json-face.js'

t.test('an admin switches a setting; who did it, when, from what to what is on record', async t => {
  const { ask } = await startJsonFace(t)

  const before = await ask('GET', '/v1/settings/unsubscribe-check', { as: 'reader' })
  const changed = await ask('PUT', '/v1/settings/unsubscribe-check', { as: 'admin', body: { value: 'off' } })

  t.match(before.json, { name: 'unsubscribe-check', value: 'on', version: 0, changedAt: null, changedBy: null })
  t.match([changed.status, changed.json], [200, { value: 'off', version: 1, changedBy: 'the admin' }])
  t.equal(changed.headers.get('etag'), '"v1"')
  const { json } = await ask('GET', '/v1/settings/unsubscribe-check/changes', { as: 'reader' })
  t.match(json, { changes: [{ version: 1, from: 'on', to: 'off', by: 'the admin', at: /^\d{4}-/ }] })
  t.match((await ask('GET', '/v1/settings', { as: 'reader' })).json, {
    settings: [
      { name: 'unsubscribe-check', value: 'off' },
      { name: 'resubscribe-reasons', version: 0 },
    ],
  })
})

t.test('a writer may not change a setting', async t => {
  const { ask } = await startJsonFace(t)

  const { status } = await ask('PUT', '/v1/settings/unsubscribe-check', { as: 'writer', body: { value: 'off' } })

  t.equal(status, 403)
  t.match((await ask('GET', '/v1/settings/unsubscribe-check')).json, { value: 'on', version: 0 })
})

t.test('what a setting cannot be is refused with every finding, and changes nothing', async t => {
  const { ask } = await startJsonFace(t)
  const put = (path: string, value: unknown) => ask('PUT', path, { as: 'admin', body: { value } })

  const check = await put('/v1/settings/unsubscribe-check', 'maybe')
  const reasons = await put('/v1/settings/resubscribe-reasons', [{ name: 'Not A Name', text: '' }])
  const twice = await put('/v1/settings/resubscribe-reasons', [
    { name: 'a', text: 'x' },
    { name: 'a', text: 'y' },
  ])

  t.match([check.status, check.json.errors], [422, [{ path: 'body.value', message: /'on' or 'off', got 'maybe'/ }]])
  t.match([reasons.status, reasons.json.errors], [422, [{ path: 'body.value.0.name' }, { path: 'body.value.0.text' }]])
  t.match([twice.status, twice.json.errors], [422, [{ message: 'expected each name once' }]])
  t.equal((await put('/v1/settings/no-such', 'x')).status, 404)
  t.match((await ask('GET', '/v1/settings/resubscribe-reasons')).json, { version: 0 })
})

t.test('If-Match guards against overwriting what another admin changed', async t => {
  const { ask } = await startJsonFace(t)
  const path = '/v1/settings/unsubscribe-check'
  await ask('PUT', path, { as: 'admin', body: { value: 'off' } })

  const late = await ask('PUT', path, { as: 'admin', headers: { 'if-match': '"v0"' }, body: { value: 'on' } })

  t.equal(late.status, 412)
  t.equal(late.headers.get('etag'), '"v1"')
  t.match((await ask('GET', path)).json, { value: 'off' })
})
