// The status of addresses, and the change of it.
import t from 'tap'
import { addressResource } from '../../src/rest/addresses.js'
import { aCause, aPolicy, aSave } from '../support/builders.js'
import { eventually } from '../support/eventually.js'
import { type JsonFace, startJsonFace } from '../support/json-face.js'

const path = '/v1/addresses/ada@example.org'
const put = (face: JsonFace, body: object, asked: Parameters<JsonFace['ask']>[2] = {}) =>
  face.ask('PUT', `${path}/subscription`, { body, ...asked })
const proven = { status: 'subscribed', reason: 'asked-by-phone', evidence: 'ticket 4711' }

async function makePerson(face: JsonFace, address = 'ada@example.org'): Promise<number> {
  const command = aSave({ address, mode: 'duplicate' })
  const answer = await face.writes.submit({ command, cause: aCause(), policy: aPolicy(), replay: { type: 'none' } })
  if (answer.type !== 'carried-out' || answer.outcome.type !== 'created') throw new Error(`got ${answer.type}`)
  return answer.outcome.personId
}

t.test('an address that nobody has and nobody ever set is subscribed, at version 0', async t => {
  const face = await startJsonFace(t)

  const { status, headers, json } = await face.ask('GET', path, { as: 'reader' })

  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'application/json')
  t.equal(headers.get('etag'), '"v0"')
  t.same(json, {
    address: 'ada@example.org',
    status: 'subscribed',
    version: 0,
    since: null,
    reason: null,
    source: null,
    actor: null,
    origin: null,
    people: [],
    peopleCount: 0,
  })
})

t.test('any spelling finds the address', async t => {
  const face = await startJsonFace(t)
  await put(face, { status: 'unsubscribed' })

  for (const spelling of ['ADA@Example.org', '%20ada%40example.org%20', 'ada@example.org.']) {
    const { json } = await face.ask('GET', `/v1/addresses/${spelling}`)
    t.match(json, { address: 'ada@example.org', status: 'unsubscribed' }, spelling)
  }
  const slash = await face.ask('GET', '/v1/addresses/a%2Fb%40example.org')
  t.equal(slash.json.address, 'a/b@example.org')
  const percent = await face.ask('GET', '/v1/addresses/a%2540b%40example.org')
  t.equal(percent.json.address, 'a%40b@example.org', 'a path is decoded once')
  const plus = await face.ask('GET', '/v1/addresses/a+b@example.org')
  t.equal(plus.json.address, 'a+b@example.org')
})

t.test('what is no address is refused with the reason', async t => {
  const face = await startJsonFace(t)

  for (const [given, message] of [
    ['ada', 'expected local@domain, got no @'],
    ['%20', 'the address is empty'],
    ['a%00b@example.org', 'white space, control or invisible characters are not allowed in an address'],
  ] as const) {
    const { status, json } = await face.ask('GET', `/v1/addresses/${given}`)
    t.equal(status, 422)
    t.same(json.errors, [{ path: 'url.address', message }])
  }
})

t.test('an opt-out is kept with its reason, and seen at once', async t => {
  const face = await startJsonFace(t)
  const before = Date.now()

  const changed = await put(face, { status: 'unsubscribed', reason: '  by phone ', evidence: 'call 12' })

  t.equal(changed.status, 200)
  t.equal(changed.headers.get('etag'), '"v1"')
  t.match(changed.json, {
    status: 'unsubscribed',
    version: 1,
    reason: 'by phone',
    source: 'JSON API',
    actor: 'the writer',
  })
  t.ok(Date.parse(String(changed.json.since)) >= before)
  t.match(changed.json.since, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  t.same((await face.ask('GET', path)).json, changed.json)
  t.doesNotThrow(() => addressResource.parse(changed.json))
  t.match(face.store.dump().statusHistory, [{ evidence: 'call 12' }])
  t.equal(face.store.dump().people.size, 0, 'R12: no person is made')
})

t.test('without a reason the change carries the name of the face', async t => {
  const face = await startJsonFace(t)

  t.match((await put(face, { status: 'unsubscribed' })).json, { reason: 'JSON API', source: 'JSON API' })
})

t.test('R6: what is so already succeeds and leaves no trace', async t => {
  const face = await startJsonFace(t)

  t.match(await put(face, { status: 'subscribed' }), { status: 200, json: { version: 0, since: null } })
  await put(face, { status: 'unsubscribed', reason: 'first' })
  t.match(await put(face, { status: 'unsubscribed', reason: 'second' }), {
    status: 200,
    json: { version: 1, reason: 'first' },
  })
})

t.test('who has the address is told, the newest first, at most a hundred', async t => {
  const face = await startJsonFace(t)
  const ids: number[] = []
  for (let n = 0; n < 103; n++) ids.push(await makePerson(face, n % 2 === 0 ? 'ada@example.org' : 'ADA@example.org'))
  await makePerson(face, 'eve@example.org')

  const { json } = await put(face, { status: 'unsubscribed' })

  t.equal(json.peopleCount, 103)
  const newest = ids.toReversed().slice(0, 100)
  t.same(
    json.people,
    newest.map(id => ({ id })),
  )
  t.match((await face.ask('GET', `/v1/people/${ids[0]}`)).json, { unsubscribed: true })
})

t.test('R2: to re-subscribe needs the admin role, a reason and evidence, and each that lacks is named', async t => {
  const face = await startJsonFace(t)
  await put(face, { status: 'unsubscribed' })

  const byWriter = await put(face, { status: 'subscribed' })
  t.match(byWriter, {
    status: 403,
    json: {
      type: 'urn:durable-unsubscribe:problem:role-missing',
      detail: 'this needs an API key with the role admin, yours has the role writer',
      errors: [{ path: 'body.reason' }, { path: 'body.evidence' }],
    },
  })
  t.match(byWriter.headers.get('www-authenticate'), /scope="admin"/)
  const provenByWriter = await put(face, proven)
  t.equal(provenByWriter.status, 403)
  t.same(provenByWriter.json.errors, [])
  const bare = await put(face, { status: 'subscribed' }, { as: 'admin' })
  t.equal(bare.status, 422)
  t.match(bare.json.errors, [
    { path: 'body.reason', message: /is needed to re-subscribe: expected one of asked-in-writing/ },
    { path: 'body.evidence', message: /is needed to re-subscribe/ },
  ])
  t.match(await put(face, { ...proven, evidence: undefined }, { as: 'admin' }), {
    status: 422,
    json: { errors: [{ path: 'body.evidence' }] },
  })
  t.match((await face.ask('GET', path)).json, { status: 'unsubscribed', version: 1 })

  const done = await put(face, proven, { as: 'admin' })
  t.match(done, {
    status: 200,
    json: { status: 'subscribed', version: 2, reason: 'asked-by-phone', actor: 'the admin' },
  })
})

t.test('If-Match: a change is made at the version that the caller saw, and at no other', async t => {
  const face = await startJsonFace(t)
  const change = (ifMatch: string, body: object = { status: 'unsubscribed' }) =>
    put(face, body, { as: 'admin', headers: { 'if-match': ifMatch } })

  const moved = await change('"v1"')
  t.match(moved, {
    status: 412,
    json: {
      type: 'urn:durable-unsubscribe:problem:version-moved',
      detail: 'If-Match: expected version 1, the address is at version 0',
    },
  })
  t.equal(moved.headers.get('etag'), '"v0"')
  t.equal((await change('"of-another-kind"')).status, 412)
  t.equal((await change('W/"v0"')).status, 412, 'a weak tag matches nothing')
  for (const wrong of ['v0', '"v0", "v1"', '"v0', '"a b"', '']) {
    const { status, json } = await change(wrong)
    t.match({ status, json }, { status: 400, json: { errors: [{ path: 'header.If-Match' }] } }, wrong)
  }
  t.equal((await face.ask('GET', path)).json.version, 0)

  t.match(await change('"v0"'), { status: 200, json: { version: 1 } })
  t.match(await change('"v0"'), { status: 200, json: { version: 1 } }, 'R6: it is so already')
  t.equal((await change('"v0"', proven)).status, 412)
  t.match(await change('*', proven), { status: 200, json: { version: 2 } })
})

t.test('If-Match: of many that saw the same version, one wins', async t => {
  const face = await startJsonFace(t)
  await put(face, { status: 'unsubscribed' })
  const release = face.store.holdCommits()
  const headers = { 'if-match': '"v1"' }

  const back = put(face, proven, { as: 'admin', headers })
  await eventually(() => face.store.isHolding, { withinMs: 5_000 })
  const outAgain = put(face, { status: 'unsubscribed' }, { headers })
  const outLater = put(face, { status: 'unsubscribed' }, { headers })
  await eventually(() => face.writes.waiting === 2, { withinMs: 5_000 })
  release()

  t.equal((await back).status, 200)
  t.equal((await outAgain).status, 412)
  t.equal((await outLater).status, 412)
  t.match((await face.ask('GET', path)).json, { status: 'subscribed', version: 2 })
})
