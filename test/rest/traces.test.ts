// Traces over JSON: an admin switches one on for a SOAP credential, reads what was kept, and deletes it.
import t from 'tap'
import { Traces, tracesMax } from '../../src/service/traces/traces.js'
import { startJsonFace } from '../support/json-face.js'

async function aFace(t: Parameters<typeof startJsonFace>[0]) {
  const face = await startJsonFace(t)
  for (let i = 0; i <= tracesMax; i++)
    await face.store.addCredential({
      ...{ id: `old ${i}`, kind: 'soap', role: 'writer', secret: 'k' },
      ...{ previous: null, createdAt: 0, revokedAt: i === 7 ? 1 : null },
    })
  return face
}

const part = { headers: [['Content-Type', 'text/xml']] as const, bytes: 20, text: '<a>[text 3]</a>' }
const aCall = {
  ...{ at: Date.UTC(2026, 0, 1), requestId: 'r-1', isProven: true, target: 'POST /soap/mktows/3_1', ms: 1.26 },
  ...{ operation: 'getLead', status: 500, fault: '20103', request: part, reply: part },
}

t.test('a trace has an end, and can be ended before', async t => {
  const { ask } = await aFace(t)

  const { status, json } = await ask('PUT', '/v1/traces/old%200', { as: 'admin', body: { minutes: 30 } })
  t.equal(status, 200)
  t.match(json, { caller: 'old 0', startedBy: 'the admin', calls: 100, kept: 0 })
  t.equal(Date.parse(json.until as string) - Date.parse(json.startedAt as string), 30 * 60_000)

  const ended = await ask('PUT', '/v1/traces/old%200', { as: 'admin', body: { minutes: 0, calls: 5 } })
  t.equal(ended.json.until, ended.json.startedAt)
  t.match((await ask('GET', '/v1/traces', { as: 'admin' })).json, { traces: [{ caller: 'old 0', calls: 5 }] })
})

t.test('only SOAP credentials that work are traced, few at a time, and not for long', async t => {
  const { ask } = await aFace(t)
  const put = async (caller: string, body: object = {}) =>
    (await ask('PUT', `/v1/traces/${encodeURIComponent(caller)}`, { as: 'admin', body })).status

  t.equal(await put('nobody'), 404)
  t.equal(await put('the writer'), 404, 'an API key')
  t.equal(await put('old 7'), 404, 'a revoked one')
  t.equal(await put('old 0', { minutes: 1441 }), 422)
  t.equal(await put('old 0', { calls: 1001 }), 422)
  for (const i of [0, 1, 2, 3, 4, 5, 6, 8, 9, 10]) t.equal(await put(`old ${i}`), 200)
  await ask('POST', '/v1/credentials', { as: 'admin', body: { kind: 'soap', id: 'one more' } })
  t.equal(await put('one more'), 409)
  t.equal(await put('old 0'), 200, 'one that is traced can be set anew')
  t.equal(await put('old 1', { minutes: 0 }), 200)
  t.equal(await put('one more'), 200, 'one that has ended is not in the way')
})

t.test('what was kept is listed, shown as text, and deleted', async t => {
  const { ask, store } = await aFace(t)
  await ask('PUT', '/v1/traces/old%200', { as: 'admin', body: {} })
  await store.addTracedCalls('old 0', [aCall, { ...aCall, isProven: false, operation: null, fault: null }], {
    ...{ calls: 10, characters: 10_000 },
  })

  const first = await ask('GET', '/v1/traces/old%200/calls?limit=1', { as: 'admin' })
  t.match(first.json, { calls: [{ id: 2, proven: false, operation: null, requestBytes: 20 }], next: String })
  const rest = await ask('GET', `/v1/traces/old%200/calls?after=${first.json.next}`, { as: 'admin' })
  t.match(rest.json, { calls: [{ id: 1, proven: true, operation: 'getLead', fault: '20103' }], next: null })

  const { text, headers } = await ask('GET', '/v1/traces/old%200/calls/1', { as: 'admin' })
  t.equal(headers.get('content-type'), 'text/plain; charset=utf-8')
  t.equal(
    text,
    'call 1 of old 0\nat 2026-01-01T00:00:00.000Z, request id r-1\ngetLead: 500, 20103, 1.3 ms\n\n' +
      '>>> POST /soap/mktows/3_1\nContent-Type: text/xml\n(20 bytes)\n\n<a>[text 3]</a>\n\n' +
      '<<< 500\nContent-Type: text/xml\n(20 bytes)\n\n<a>[text 3]</a>\n',
  )
  t.match((await ask('GET', '/v1/traces/old%200/calls/2', { as: 'admin' })).text, 'it was not proven')

  t.equal((await ask('DELETE', '/v1/traces/old%200', { as: 'admin' })).status, 204)
  for (const path of ['/calls', '/calls/1'])
    t.equal((await ask('GET', `/v1/traces/old%200${path}`, { as: 'admin' })).status, 404)
  t.equal((await ask('DELETE', '/v1/traces/old%200', { as: 'admin' })).status, 404)
})

t.test('a process that cannot read or write traces goes on without them', async t => {
  const troubles: unknown[] = []
  const face = await aFace(t)
  let isBroken = false
  const store = new Proxy(face.store, {
    get: (target, name, receiver) =>
      isBroken ? () => Promise.reject(new Error('away')) : Reflect.get(target, name, receiver),
  })
  const traces = new Traces({ store, now: () => 0, onTrouble: cause => void troubles.push(cause) })
  t.equal(traces.isOn, false)
  await traces.start('old 0', { minutes: 1, calls: 2, by: 'ada' })
  t.equal(traces.isOn, true)

  traces.keep('old 0', () => {
    throw new Error('a defect of the redaction')
  })
  isBroken = true
  traces.keep('old 0', () => aCall)
  await traces.flush()
  t.equal(troubles.length, 2)

  isBroken = false
  for (let i = 0; i < 1_000; i++) if (traces.wants('old 0')) traces.keep('old 0', () => aCall)
  t.equal(traces.wants('old 0'), false, 'what waits is bounded')
  await traces.flush()
  t.equal(traces.wants('old 0'), true)
  t.equal((await traces.calls('old 0', { before: null, limit: 10 })).length, 2)
})
