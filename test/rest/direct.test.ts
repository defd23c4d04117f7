// A direct route beside the same route behind the router, which the slash at the end leads to: whatever is sent, the
// answers must be one.
import t from 'tap'
import { type Asked, startJsonFace } from '../support/json-face.js'

const addresses = ['ada@example.org', 'nobody', 'Bob@Example.org']

t.test('what is answered directly is what the router would have answered', async t => {
  const limits = { bytesMax: 2_000, inflatedBytesMax: 2_000, timeoutMs: 10_000 }
  const face = await startJsonFace(t, { bodyLimits: limits })
  await face.ask('PUT', '/v1/addresses/ada@example.org/subscription', { body: { status: 'unsubscribed', reason: 'x' } })
  const requests: Readonly<Record<string, Asked & { readonly method?: string; readonly status: number }>> = {
    'a check': { body: { addresses }, status: 200 },
    'a check of a group': { body: { addresses, mode: 'group' }, status: 200 },
    'a wrong word': { body: { addresses, mode: 'GROUP', more: 1 }, status: 422 },
    'no JSON': { body: '{"addresses":', status: 400 },
    'another type': { body: 'x', headers: { 'content-type': 'text/plain' }, status: 415 },
    'too long': { body: { addresses: ['x'.repeat(3_000)] }, status: 413 },
    'no key': { body: { addresses }, as: null, status: 401 },
    'a wrong key': { body: { addresses }, as: null, headers: { authorization: 'Bearer wrong' }, status: 401 },
    'another method': { method: 'PUT', body: { addresses }, status: 405 },
    'a look': { method: 'GET', status: 405 },
  }
  const notOfThisCall = new Set(['date', 'x-request-id', 'content-length', 'connection', 'keep-alive'])

  for (const [name, { method = 'POST', status, headers = {}, ...asked }] of Object.entries(requests)) {
    const answers = []
    for (const path of ['/v1/checks', '/v1/checks/']) {
      const given = { ...asked, headers: { ...headers, 'x-request-id': 'one-and-the-same' } }
      const { headers: got, ...answer } = await face.ask(method, path, given)
      t.equal(got.get('x-request-id'), 'one-and-the-same')
      answers.push({ ...answer, headers: [...got].filter(([header]) => !notOfThisCall.has(header)).sort() })
    }
    const [direct, routed] = answers
    t.equal(direct!.status, status, name)
    t.strictSame(direct, routed, name)
  }
  const { text } = await face.metrics.read()
  t.match(text, 'http_requests_total{route="/v1/checks",method="POST",status="422"} 2')
  t.equal((await face.ask('POST', '/v1/checks?x=1', { body: { addresses } })).status, 422, 'a query is looked at')
})

t.test('what a direct route does not expect is a defect with its request id, and the server goes on', async t => {
  const face = await startJsonFace(t, { service: { check: () => Promise.reject(new Error('broken')) } })

  const broken = await face.ask('POST', '/v1/checks', { body: { addresses }, headers: { 'x-request-id': 'r-1' } })

  t.equal(broken.status, 500)
  t.match(broken.json, { status: 500, instance: 'urn:durable-unsubscribe:request:r-1' })
  t.match(face.logged(), /"requestId":"r-1".*broken/)
  t.equal((await face.ask('GET', '/v1/settings', { as: 'admin' })).status, 200)
})
