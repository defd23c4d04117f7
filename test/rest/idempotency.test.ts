// Idempotency-Key: a request that has a name is carried out once.
import t from 'tap'
import { replayOf } from '../../src/rest/idempotency.js'
import { aCause, aPolicy, aSave } from '../support/builders.js'
import { eventually } from '../support/eventually.js'
import { type JsonFace, startJsonFace } from '../support/json-face.js'

const path = '/v1/addresses/ada@example.org/subscription'
const out = { status: 'unsubscribed', reason: 'first' }
const back = { status: 'subscribed', reason: 'asked-by-phone', evidence: 'ticket 1' }
const put = (face: JsonFace, key: string | null, body: object, as: 'writer' | 'admin' = 'writer', to = path) =>
  face.ask('PUT', to, { as, body, headers: key === null ? {} : { 'idempotency-key': key } })

t.test('the same request again gets the same answer, though the status moved on', async t => {
  const face = await startJsonFace(t)
  const first = await put(face, 'k1', out)
  await put(face, null, back, 'admin')

  const again = await put(face, 'k1', out)

  t.equal(first.headers.get('idempotent-replayed'), null)
  t.equal(again.headers.get('idempotent-replayed'), 'true')
  t.equal(again.status, 200)
  t.same(again.json, first.json)
  t.equal(again.headers.get('etag'), '"v1"')
  t.match((await face.ask('GET', '/v1/addresses/ada@example.org')).json, { status: 'subscribed', version: 2 })
})

t.test('an answer about an address at version 0 is given again as well', async t => {
  const face = await startJsonFace(t)
  const first = await put(face, 'k1', { status: 'subscribed' })
  await put(face, null, out)

  const again = await put(face, 'k1', { status: 'subscribed' })

  t.same(again.json, first.json)
  t.match(again.json, { version: 0, status: 'subscribed' })
})

t.test('quoted and bare, a key is the same key', async t => {
  const face = await startJsonFace(t)
  await put(face, 'a-b/c', out)

  t.equal((await put(face, ' "a-b/c" ', out)).headers.get('idempotent-replayed'), 'true')
})

t.test('a key belongs to its caller, method, path and body', async t => {
  const face = await startJsonFace(t)
  await put(face, 'k1', out)

  for (const other of [
    await put(face, 'k1', { ...out, reason: 'second' }),
    await put(face, 'k1', out, 'writer', '/v1/addresses/eve@example.org/subscription'),
    await put(face, 'k1', out, 'writer', `${path}/`),
  ]) {
    t.match(other, {
      status: 422,
      json: {
        type: 'urn:durable-unsubscribe:problem:idempotency-key-reused',
        errors: [{ path: 'header.Idempotency-Key' }],
      },
    })
  }
  const byAnother = await put(face, 'k1', out, 'admin')
  t.equal(byAnother.status, 200)
  t.equal(byAnother.headers.get('idempotent-replayed'), null)
})

t.test('the same request while the first is running is a 409 that says when to ask', async t => {
  const face = await startJsonFace(t)
  const release = face.store.holdCommits()
  const first = put(face, 'k1', out)
  await eventually(() => face.store.isHolding, { withinMs: 5_000 })

  const second = await put(face, 'k1', out)
  release()

  t.equal(second.status, 409)
  t.equal(second.headers.get('retry-after'), '1')
  t.equal(second.json.type, 'urn:durable-unsubscribe:problem:request-in-progress')
  t.equal((await first).status, 200)
  t.equal((await put(face, 'k1', out)).headers.get('idempotent-replayed'), 'true')
})

t.test('a request that was refused may be sent again under its key', async t => {
  const face = await startJsonFace(t)
  await put(face, null, out)

  t.equal((await put(face, 'k1', { status: 'subscribed' }, 'admin')).status, 422)
  t.equal((await put(face, 'k1', back, 'admin')).status, 200)
})

t.test('a deletion that has a name succeeds again', async t => {
  const face = await startJsonFace(t)
  const submission = { command: aSave(), cause: aCause(), policy: aPolicy(), replay: { type: 'none' } } as const
  const answer = await face.writes.submit(submission)
  const id = answer.type === 'carried-out' && answer.outcome.type === 'created' ? answer.outcome.personId : 0
  const remove = () => face.ask('DELETE', `/v1/people/${id}`, { headers: { 'idempotency-key': 'k1' } })

  t.match(await remove(), { status: 204 })
  const again = await remove()
  t.equal(again.status, 204)
  t.equal(again.headers.get('idempotent-replayed'), 'true')
})

t.test('a header that is no key is a 400', async t => {
  const face = await startJsonFace(t)

  for (const key of [
    '',
    '""',
    '"open',
    'a b',
    'a,b',
    'a;b',
    `${'x'.repeat(256)}`,
    `"${'x'.repeat(256)}"`,
    '"a\\b"',
    'é',
  ]) {
    const { status, json } = await put(face, key, out)
    t.match({ status, json }, { status: 400, json: { errors: [{ path: 'header.Idempotency-Key' }] } }, key.slice(0, 20))
  }
  t.equal((await put(face, 'x'.repeat(255), out)).status, 200)
})

t.test('a key means nothing where nothing is changed', async t => {
  const face = await startJsonFace(t)
  const headers = { 'idempotency-key': 'not a key' }

  t.equal((await face.ask('GET', '/v1/addresses/ada@example.org', { headers })).status, 200)
})

t.test('quotes and backslashes can be part of a quoted key', async t => {
  const request = { method: 'PUT', target: '/', body: Buffer.from('x') }

  t.same(replayOf('"a b"', 'c', request), replayOf(' "a b" ', 'c', request))
  t.not(JSON.stringify(replayOf('"a\\"b"', 'c', request)), JSON.stringify(replayOf('"ab"', 'c', request)))
  t.match(replayOf('"\\\\"', 'c', request), { type: 'named' })
  t.same(replayOf(undefined, 'c', request), { type: 'none' })
})
