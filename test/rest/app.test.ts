// What holds for every route: keys and roles, problem documents, limits, and what is never said.
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { createBodyRoom } from '../../src/http/body-room.js'
import { StoreUnavailable } from '../../src/service/ports.js'
import { QueueFull, Stopping } from '../../src/service/writes/submission.js'
import { eventually } from '../support/eventually.js'
import { startJsonFace } from '../support/json-face.js'
import { createMemoryStore } from '../support/memory-store.js'

const subscription = '/v1/addresses/ada%40example.org/subscription'
const optOut = { status: 'unsubscribed' }

t.test('a call without a known key is a 401 that says how to ask', async t => {
  const face = await startJsonFace(t)
  const ask = (authorization?: string) =>
    face.ask('GET', '/v1/people/1', { as: null, headers: authorization === undefined ? {} : { authorization } })

  for (const [authorization, challenge] of [
    [undefined, 'Bearer realm="durable-unsubscribe"'],
    ['Basic YTpi', 'Bearer realm="durable-unsubscribe", error="invalid_request"'],
    ['Bearer', 'Bearer realm="durable-unsubscribe", error="invalid_request"'],
    [`Bearer ${'x'.repeat(513)}`, 'Bearer realm="durable-unsubscribe", error="invalid_request"'],
    ['Bearer nobody', 'Bearer realm="durable-unsubscribe", error="invalid_token"'],
  ] as const) {
    const { status, headers, json } = await ask(authorization)
    t.equal(status, 401, `with ${authorization}`)
    t.equal(headers.get('www-authenticate'), challenge)
    t.match(json, { type: 'urn:durable-unsubscribe:problem:unauthorized', title: 'Unauthorized', status: 401 })
  }
  t.equal((await ask('bearer   reader-key')).status, 404, 'the scheme has no letter case')
})

t.test('a revoked key is refused', async t => {
  const store = createMemoryStore()
  const face = await startJsonFace(t, { store })
  await store.revokeCredential('the writer', 1)

  t.equal((await face.ask('GET', '/v1/people/1')).status, 401)
})

t.test('a path or a method that is not there is a problem as well', async t => {
  const face = await startJsonFace(t)

  for (const path of ['/', '/v1', '/v1/nothing', '//', '/V1/people/1', '/v1/addresses/', '/v1/addresses/a/b/c']) {
    const { status, headers, json } = await face.ask('POST', path)
    t.equal(status, 404, path)
    t.equal(headers.get('content-type'), 'application/problem+json')
    t.match(json, {
      type: 'urn:durable-unsubscribe:problem:not-found',
      status: 404,
      detail: /\/docs shows what there is$/,
    })
  }
  const wrongMethod = await face.ask('POST', '/v1/people/1')
  t.equal(wrongMethod.status, 405)
  t.equal(wrongMethod.headers.get('allow'), 'HEAD, GET, PATCH, DELETE')
  t.match(wrongMethod.json, {
    title: 'Method not allowed',
    detail: 'expected HEAD, GET, PATCH, DELETE for this path, got POST',
  })
  t.equal((await face.ask('PROPFIND', '/v1/people/1')).status, 501)
})

t.test('OPTIONS tells the methods, and HEAD gives the headers of GET', async t => {
  const face = await startJsonFace(t)

  const options = await face.ask('OPTIONS', subscription, { as: null })
  t.equal(options.status, 200)
  t.equal(options.headers.get('allow'), 'PUT')
  t.equal(options.text, '')
  const head = await face.ask('HEAD', '/v1/addresses/ada@example.org')
  t.equal(head.status, 200)
  t.equal(head.headers.get('etag'), '"v0"')
  t.equal(head.text, '')
  const refused = await face.ask('HEAD', '/v1/addresses/ada@example.org', { as: null })
  t.equal(refused.status, 401)
})

t.test('a path that cannot be decoded is a 400, and names no address', async t => {
  const face = await startJsonFace(t)

  for (const path of ['/v1/addresses/%', '/v1/addresses/%zz@example.org', '/%', '/v1/addresses/%ff@example.org']) {
    const { status, json } = await face.ask('GET', path)
    t.equal(status, 400, path)
    t.match(json, { type: 'urn:durable-unsubscribe:problem:bad-path' })
  }
})

t.test('the request id of the caller comes back, in the header and in problems', async t => {
  const face = await startJsonFace(t)

  const named = await face.ask('GET', '/v1/nothing', { headers: { 'x-request-id': 'job-17' } })
  t.equal(named.headers.get('x-request-id'), 'job-17')
  t.equal(named.json.instance, 'urn:durable-unsubscribe:request:job-17')
  const unnamed = await face.ask('GET', '/v1/addresses/ada@example.org')
  t.match(unnamed.headers.get('x-request-id'), /^[0-9a-f]{32}$/)
})

t.test('answers about people are not kept by anything in between', async t => {
  const face = await startJsonFace(t)

  const { headers } = await face.ask('GET', '/v1/addresses/ada@example.org')

  t.equal(headers.get('cache-control'), 'no-store')
  t.equal(headers.get('x-content-type-options'), 'nosniff')
})

t.test('a body must be JSON and say so', async t => {
  const face = await startJsonFace(t)
  const put = (body: unknown, headers = {}) => face.ask('PUT', subscription, { body, headers })

  const form = await put('status=unsubscribed', { 'content-type': 'application/x-www-form-urlencoded' })
  t.equal(form.status, 415)
  t.equal(form.headers.get('accept'), 'application/json')
  t.match(form.json, { detail: "Content-Type: expected application/json, got 'application/x-www-form-urlencoded'" })
  t.equal((await put('{}', { 'content-type': 'application/jsonish' })).status, 415)
  t.match(await put(''), { status: 400, json: { detail: 'expected a JSON document, got an empty body' } })
  t.match(await put('{"status":'), {
    status: 400,
    json: { title: 'Unreadable body', detail: /^the body is not JSON: / },
  })
  t.match(await put(Buffer.from([0x22, 0xff, 0x22])), { status: 400, json: { detail: 'the body is not UTF-8' } })
  t.equal((await put(optOut, { 'content-type': 'Application/JSON; charset=utf-8' })).status, 200)
  t.equal((await put(optOut, { 'content-type': 'application/merge-patch+json' })).status, 200)
})

t.test('everything that is wrong is told at once, with its place', async t => {
  const face = await startJsonFace(t)
  const body = '{"status":"maybe","reason":7,"evidence":"","more":1,"__proto__":{"x":1}}'

  const { status, json } = await face.ask('PUT', '/v1/addresses/ada/subscription?dry=1', { body })

  t.equal(status, 422)
  t.match(json, {
    type: 'urn:durable-unsubscribe:problem:invalid',
    title: 'Invalid request',
    detail: 'url.address: expected local@domain, got no @ (and 6 more)',
  })
  t.same(json.errors, [
    { path: 'url.address', message: 'expected local@domain, got no @' },
    { path: 'query.dry', message: 'is not known here' },
    { path: 'body.status', message: "expected 'subscribed' or 'unsubscribed', got 'maybe'" },
    { path: 'body.reason', message: 'expected string, got 7' },
    { path: 'body.evidence', message: 'expected at least 1 characters' },
    { path: 'body.more', message: 'is not known here' },
    { path: 'body.__proto__', message: 'is not known here' },
  ])
  for (const [wrong, message] of [
    [[], 'expected object, got an array'],
    [null, 'expected object, got null'],
    [3, 'expected object, got 3'],
  ] as const) {
    t.match((await face.ask('PUT', subscription, { body: JSON.stringify(wrong) })).json.errors, [
      { path: 'body', message },
    ])
  }
  t.match((await face.ask('PUT', subscription, { body: {} })).json.errors, [
    { path: 'body.status', message: "expected 'subscribed' or 'unsubscribed', got nothing" },
  ])
  t.match((await face.ask('PUT', subscription, { body: { status: {}, reason: true } })).json.errors, [
    { path: 'body.status', message: "expected 'subscribed' or 'unsubscribed', got an object" },
    { path: 'body.reason', message: 'expected string, got true' },
  ])
  t.equal(face.store.dump().log.length, 0, 'nothing was done')
})

t.test('texts have a length, and no halves of characters', async t => {
  const face = await startJsonFace(t)
  const put = (given: object) => face.ask('PUT', subscription, { body: { ...optOut, ...given } })

  t.equal((await put({ reason: 'x'.repeat(1_000), evidence: 'x'.repeat(4_000) })).status, 200)
  t.match(await put({ reason: 'x'.repeat(1_001) }), {
    status: 422,
    json: { errors: [{ path: 'body.reason', message: 'expected at most 1000 characters' }] },
  })
  t.equal((await put({ evidence: 'x'.repeat(4_001) })).status, 422)
  t.match(await put({ reason: 'half \ud83d' }), { status: 422, json: { errors: [{ path: 'body.reason' }] } })
  t.equal((await put({ reason: 'whole \u{1f600}' })).status, 200)
})

t.test('bodies have limits on length, inflated length, encoding and time', async t => {
  const bodyLimits = { bytesMax: 2_000, inflatedBytesMax: 3_000, timeoutMs: 100 }
  const face = await startJsonFace(t, { bodyLimits })
  const put = (body: unknown, headers = {}) => face.ask('PUT', subscription, { body, headers })
  const gzip = { 'content-encoding': 'gzip' }

  t.equal((await put(gzipSync(JSON.stringify(optOut)), gzip)).status, 200)
  t.match(await put('x'.repeat(2_001)), { status: 413, json: { type: /:body-too-long$/ } })
  t.match(await put(gzipSync(' '.repeat(100_000)), gzip), { status: 413, json: { detail: /after inflating/ } })
  t.match(await put('{"status":"unsubscribed"}', gzip), { status: 400, json: { detail: /Content-Encoding/ } })
  const unknown = await put('{}', { 'content-encoding': 'br' })
  t.match(unknown, { status: 415, json: { type: /:unsupported-encoding$/ } })
  t.equal(unknown.headers.get('accept-encoding'), 'gzip, deflate, identity')

  const slow = new ReadableStream({ start: stream => stream.enqueue(Buffer.from('{')) })
  const headers = { authorization: 'Bearer writer-key', 'content-type': 'application/json' }
  const response = await fetch(face.url + subscription, { method: 'PUT', headers, body: slow, duplex: 'half' })
  t.equal(response.status, 408)
})

t.test('where too many long bodies arrive at the same time, the next is told when to come back', async t => {
  const bodyLimits = { bytesMax: 200_000, inflatedBytesMax: 200_000, timeoutMs: 60_000, room: createBodyRoom(100_000) }
  const face = await startJsonFace(t, { bodyLimits })

  const refused = await face.ask('PUT', subscription, { body: ' '.repeat(120_000) })

  t.match(refused, { status: 503, json: { type: /:busy$/, detail: /too many long bodies/ } })
  t.equal(refused.headers.get('retry-after'), '1')
  t.equal((await face.ask('PUT', subscription, { body: optOut })).status, 200)
})

t.test('what passes is a 503 with a time to come back, what does not is a 500 without a word about it', async t => {
  let error = new Error()
  const writes = { submit: () => Promise.reject(error), submitAll: () => Promise.reject(error) }
  const face = await startJsonFace(t, { service: { writes } })
  const put = () => face.ask('PUT', subscription, { body: optOut, headers: { 'x-request-id': 'job-18' } })

  for (const [thrown, name, seconds] of [
    [new QueueFull('more than 10 commands are waiting'), 'busy', '1'],
    [new Stopping('the server is stopping'), 'stopping', '5'],
    [new StoreUnavailable('connect ECONNREFUSED db.internal:3306'), 'store-unavailable', '5'],
  ] as const) {
    error = thrown
    const { status, headers, json, text } = await put()
    t.equal(status, 503)
    t.equal(headers.get('retry-after'), seconds)
    t.equal(json.type, `urn:durable-unsubscribe:problem:${name}`)
    t.notMatch(text, /db\.internal/)
  }

  error = new Error("column 'x' of ada@example.org is broken", { cause: new Error('deep down') })
  const { status, json, text } = await put()
  t.equal(status, 500)
  t.equal(json.detail, 'the request could not be carried out; name the request id when you report this')
  t.notMatch(text, /column|deep down/)
  const line = JSON.parse(face.logged().trim().split('\n').at(-1) ?? '')
  t.match(line, {
    level: 'error',
    requestId: 'job-18',
    method: 'PUT',
    route: '/v1/addresses/:address/subscription',
    status: 500,
    err: { message: "column 'x' of [address] is broken", stack: /app\.test\.ts/, cause: { message: 'deep down' } },
  })
})

t.test('only failures are logged, the caller’s at debug, and no address ever', async t => {
  const face = await startJsonFace(t)
  await face.ask('PUT', subscription, { body: optOut })
  await face.ask('GET', '/v1/addresses/ada@example.org')
  t.equal(face.logged(), '')

  await face.ask('GET', '/v1/addresses/ada@example.org', { as: null })
  await face.ask('GET', '/v1/ada@example.org')
  await face.ask('PUT', subscription, { body: { status: 'subscribed' } })

  const lines = face
    .logged()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(lines, [
    { level: 'debug', method: 'GET', route: '/v1/addresses/:address', status: 401, problem: 'unauthorized' },
    { level: 'debug', method: 'GET', route: '(none)', status: 404, problem: 'not-found' },
    {
      level: 'debug',
      method: 'PUT',
      route: '/v1/addresses/:address/subscription',
      status: 403,
      problem: 'role-missing',
    },
  ])
  t.notMatch(face.logged(), /ada@|ada%40|example/)
  t.notMatch(face.logged(), /writer-key/)
})

t.test('requests are counted by route, never by path', async t => {
  const face = await startJsonFace(t)
  await face.ask('GET', '/v1/addresses/ada@example.org')
  await face.ask('GET', '/v1/ada@example.org')

  const { text } = await face.ask('GET', '/metrics', { as: null })

  t.match(text, 'http_requests_total{route="/v1/addresses/:address",method="GET",status="200"} 1')
  t.match(text, 'http_requests_total{route="(none)",method="GET",status="404"} 1')
  t.notMatch(text, /example\.org/)
})

t.test('a call that is running when the server closes is answered', async t => {
  const store = createMemoryStore()
  const release = store.holdCommits()
  const face = await startJsonFace(t, { store })
  const answer = face.ask('PUT', subscription, { body: optOut })
  await eventually(() => store.isHolding, { withinMs: 5_000 })

  const closed = face.server.close(30_000)
  await t.rejects(face.ask('GET', '/health/live'))
  release()

  t.equal((await answer).status, 200)
  t.equal(await closed, true)
})
