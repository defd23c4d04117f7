// Guarded re-subscribes over JSON: what callers are told, and what admins read of it afterwards.
import t from 'tap'
import { startJsonFace } from '../support/json-face.js'

const path = '/v1/addresses/ada@example.org/subscription'
const out = { status: 'unsubscribed' }
const back = { status: 'subscribed', reason: 'asked-by-phone', evidence: 'call 12' }

t.test('a reason that is not on the list is refused with the list', async t => {
  const { ask } = await startJsonFace(t)
  await ask('PUT', path, { body: out })

  const refused = await ask('PUT', path, { as: 'admin', body: { ...back, reason: 'because' } })

  t.equal(refused.status, 422)
  t.match(refused.json.errors, [
    { path: 'body.reason', message: /none that admins allow: expected one of asked-in-writing, asked-by-phone/ },
  ])
})

t.test('an admin who changes the list changes what is allowed', async t => {
  const { ask } = await startJsonFace(t)
  await ask('PUT', path, { body: out })
  const value = [{ name: 'on-paper', text: 'A signed letter', byRecipient: true }]

  await ask('PUT', '/v1/settings/resubscribe-reasons', { as: 'admin', body: { value } })

  t.equal((await ask('PUT', path, { as: 'admin', body: back })).status, 422)
  t.equal((await ask('PUT', path, { as: 'admin', body: { ...back, reason: 'on-paper' } })).status, 200)
})

t.test('what the recipient asked for is ended by a reason of the recipient only', async t => {
  const { ask } = await startJsonFace(t)

  const opted = await ask('PUT', path, { body: { ...out, origin: 'recipient' } })
  const refused = await ask('PUT', path, { as: 'admin', body: { ...back, reason: 'correction' } })

  t.match(opted.json, { origin: 'recipient', version: 1 })
  t.match(refused.json.errors, [{ path: 'body.reason', message: /does not say that the recipient asked/ }])
  t.match(await ask('PUT', path, { as: 'admin', body: back }), { status: 200, json: { status: 'subscribed' } })
})

t.test('admins read who was refused, page by page and by address; others do not', async t => {
  const { ask } = await startJsonFace(t)
  await ask('PUT', path, { body: out })
  await ask('PUT', path, { body: back })
  await ask('PUT', path, { as: 'admin', body: { status: 'subscribed' } })

  const first = await ask('GET', '/v1/refusals?limit=1', { as: 'admin' })
  const second = await ask('GET', `/v1/refusals?limit=1&after=${first.json.next}`, { as: 'admin' })
  const none = await ask('GET', '/v1/refusals?address=bob@example.org', { as: 'admin' })

  const facts = { address: 'ada@example.org', personId: null, at: /^\d{4}-/ }
  t.match(first.json.refusals, [{ ...facts, actor: 'the writer', missing: ['admin-role'], evidence: 'call 12' }])
  t.match(second.json, {
    refusals: [{ ...facts, actor: 'the admin', missing: ['reason', 'evidence'], reason: null }],
    next: null,
  })
  t.strictSame(none.json, { refusals: [], next: null })
  t.equal((await ask('GET', '/v1/refusals', { as: 'writer' })).status, 403)
})
