// People as the JSON face shows them, and their deletion.
import t from 'tap'
import { personResource } from '../../src/rest/person-resource.js'
import { aCause, aForeignId, aPolicy, aSave, type SaveTraits } from '../support/builders.js'
import { type JsonFace, startJsonFace } from '../support/json-face.js'

async function save(face: JsonFace, traits: SaveTraits): Promise<number> {
  const submission = { command: aSave(traits), cause: aCause(), policy: aPolicy(), replay: { type: 'none' } } as const
  const answer = await face.writes.submit(submission)
  if (answer.type !== 'carried-out' || !('personId' in answer.outcome)) throw new Error(`got ${answer.type}`)
  return answer.outcome.personId
}

t.test('a person is shown field by field, under the names of this face', async t => {
  const face = await startJsonFace(t)
  await face.fields.add({ name: 'Is Member', label: 'Is Member', type: 'boolean' })
  const fields = { FirstName: 'Ada', PostalCode: '04828', DoNotCall: '1', EmailInvalid: '0', 'Is Member': '1' }
  const id = await save(face, { foreignId: aForeignId('SFDC-1', 'SFDC'), address: 'Ada@Example.org', fields })

  const { status, json, text } = await face.ask('GET', `/v1/people/${id}`, { as: 'reader' })

  t.equal(status, 200)
  t.match(json, {
    id,
    email: 'Ada@Example.org',
    unsubscribed: false,
    unsubscribedReason: null,
    partition: 'Default',
    foreignIds: [{ system: 'SFDC', id: 'SFDC-1' }],
  })
  t.same(Object.entries(json.fields as object).sort(), [
    ['doNotCall', true],
    ['emailInvalid', false],
    ['firstName', 'Ada'],
    ['is Member', true],
    ['postalCode', '04828'],
  ])
  t.match(text, /"createdAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"/)
  t.doesNotThrow(() => personResource.parse(json))
})

t.test('the flag and its reason are those of the address', async t => {
  const face = await startJsonFace(t)
  const id = await save(face, { address: 'ada@example.org', fields: { UnsubscribedReason: 'said once' } })
  t.match((await face.ask('GET', `/v1/people/${id}`)).json, { unsubscribed: false, unsubscribedReason: null })

  const body = { status: 'unsubscribed', reason: 'by phone' }
  await face.ask('PUT', '/v1/addresses/ada@example.org/subscription', { body })

  t.match((await face.ask('GET', `/v1/people/${id}`)).json, {
    unsubscribed: true,
    unsubscribedReason: 'by phone',
    fields: { unsubscribedReason: 'said once' },
  })
})

t.test('R5: a person without an address shows its own flag', async t => {
  const face = await startJsonFace(t)
  const id = await save(face, {
    foreignId: aForeignId(),
    address: null,
    unsubscribed: true,
    fields: { UnsubscribedReason: 'at the desk' },
  })

  t.match((await face.ask('GET', `/v1/people/${id}`)).json, {
    email: null,
    unsubscribed: true,
    unsubscribedReason: 'at the desk',
  })
})

t.test('a field that another process added a moment ago is shown under its name', async t => {
  const face = await startJsonFace(t)
  const field = {
    name: 'VIP',
    jsonName: 'vip',
    label: 'VIP',
    type: 'boolean',
    isReadOnly: false,
    isCustom: true,
  } as const
  await face.store.addField(field)
  const id = await save(face, { address: 'ada@example.org', fields: { VIP: '1', Ghost: 'kept' } })

  t.same((await face.ask('GET', `/v1/people/${id}`)).json.fields, { vip: true, Ghost: 'kept' })
})

t.test('all that is wrong with a change is told at once, of its form and of its fields', async t => {
  const face = await startJsonFace(t)

  const body = { unsubscribed: 'yes', fields: { city: 7, nope: 'x', title: ['x'], lastName: 'Byron' } }
  const { status, json } = await face.ask('PATCH', '/v1/people/1', { body })

  t.equal(status, 422)
  t.same((json.errors as { path: string }[]).map(({ path }) => path).sort(), [
    'body.fields.city',
    'body.fields.nope',
    'body.fields.title',
    'body.unsubscribed',
  ])
})

t.test('somebody who is not there is a 404, and what is no id a 422', async t => {
  const face = await startJsonFace(t)

  for (const id of ['1', '2147483647']) {
    const { status, json } = await face.ask('GET', `/v1/people/${id}`)
    t.equal(status, 404)
    t.equal(json.detail, `there is no person with the id ${id}`)
  }
  for (const id of ['0', '-1', '01', '1.5', '1e3', 'ada', '2147483648', '99999999999']) {
    const { status, json } = await face.ask('GET', `/v1/people/${id}`)
    t.equal(status, 422, id)
    t.same(json.errors, [{ path: 'url.id', message: 'expected a whole number from 1 to 2147483647' }])
  }
})

t.test('R10: a person is deleted, and the opt-out of its address stays', async t => {
  const face = await startJsonFace(t)
  const id = await save(face, { address: 'ada@example.org', unsubscribed: true })

  const deleted = await face.ask('DELETE', `/v1/people/${id}`)

  t.equal(deleted.status, 204)
  t.equal(deleted.text, '')
  t.equal((await face.ask('GET', `/v1/people/${id}`)).status, 404)
  t.equal((await face.ask('DELETE', `/v1/people/${id}`)).status, 404)
  t.match((await face.ask('GET', '/v1/addresses/ada@example.org')).json, {
    status: 'unsubscribed',
    people: [],
    peopleCount: 0,
  })
})

const patch = (face: JsonFace, id: number, body: object, asked: Parameters<JsonFace['ask']>[2] = {}) =>
  face.ask('PATCH', `/v1/people/${id}`, { body, ...asked })

t.test('a change: what is not mentioned stays, null clears', async t => {
  const face = await startJsonFace(t)
  const id = await save(face, { address: 'ada@example.org', fields: { FirstName: 'Ada', City: 'London' } })

  const changed = await patch(face, id, { fields: { city: null, lastName: 'Byron' } })

  t.match(changed, { status: 200, json: { email: 'ada@example.org' } })
  t.same(changed.json.fields, { firstName: 'Ada', lastName: 'Byron' })
  t.match(await patch(face, id, { email: 'Bob@example.org', foreignId: { system: 'crm', id: '7' } }), {
    json: { email: 'Bob@example.org', foreignIds: [{ system: 'CRM', id: '7' }] },
  })
  t.match(await patch(face, id, { email: null }), { json: { email: null, fields: { firstName: 'Ada' } } })
  t.match(await patch(face, id, {}), { status: 200 })
})

t.test('R1 to R4: the flag of a person is that of its address, a new address before it', async t => {
  const face = await startJsonFace(t)
  const [ada, other] = [
    await save(face, { address: 'ada@example.org' }),
    await save(face, { address: 'bob@example.org' }),
  ]

  t.match(await patch(face, ada, { unsubscribed: true, reason: 'by phone' }), {
    json: { unsubscribed: true, unsubscribedReason: 'by phone' },
  })
  t.match(await patch(face, ada, { email: 'bob@example.org' }), { json: { unsubscribed: false } })
  t.match(await patch(face, ada, { email: 'bob@example.org', unsubscribed: true }), { json: { unsubscribed: true } })
  t.match((await face.ask('GET', `/v1/people/${other}`)).json, { unsubscribed: true })
  const back = { unsubscribed: false, reason: 'asked-by-phone', evidence: 'ticket 1' }
  t.match(await patch(face, ada, back), { status: 403 })
  t.match(await patch(face, ada, { unsubscribed: false }, { as: 'admin' }), {
    status: 422,
    json: { errors: [{ path: 'body.reason' }, { path: 'body.evidence' }] },
  })
  t.match(await patch(face, ada, back, { as: 'admin' }), { status: 200, json: { unsubscribed: false } })
})

t.test('If-Match: a person is changed or deleted as the caller saw it, or not at all', async t => {
  const face = await startJsonFace(t)
  const id = await save(face, { address: 'ada@example.org' })
  const tag = async () => (await face.ask('GET', `/v1/people/${id}`)).headers.get('etag') ?? ''
  const seen = await tag()
  const body = { status: 'unsubscribed' }

  await face.ask('PUT', '/v1/addresses/ada@example.org/subscription', { body })
  const stale = { headers: { 'if-match': seen } }

  const refused = await patch(face, id, { fields: { city: 'Paris' } }, stale)
  t.match(refused, { status: 412, json: { type: /version-moved$/ } })
  t.equal(refused.headers.get('etag'), await tag(), 'the tag that would match')
  t.equal((await face.ask('DELETE', `/v1/people/${id}`, stale)).status, 412)
  t.equal((await patch(face, id, {}, { headers: { 'if-match': '"v1"' } })).status, 412)
  t.equal((await patch(face, id, {}, { headers: { 'if-match': 'v1' } })).status, 400)
  const changed = await patch(face, id, { fields: { city: 'Paris' } }, { headers: { 'if-match': await tag() } })
  t.match(changed, { status: 200, json: { fields: { city: 'Paris' } } })
  t.equal(changed.headers.get('etag'), await tag())
  t.equal((await face.ask('DELETE', `/v1/people/${id}`, { headers: { 'if-match': await tag() } })).status, 204)
})

t.test('R9: others are merged into a person, every address keeps its status', async t => {
  const face = await startJsonFace(t)
  const winner = await save(face, { address: 'ada@example.org', fields: { FirstName: 'Ada' } })
  const loser = await save(face, { address: 'eve@example.org', unsubscribed: true, fields: { City: 'Paris' } })
  const merge = (id: number, losers: unknown, more = {}) =>
    face.ask('POST', `/v1/people/${id}/merge`, {
      body: { losers, ...more },
      headers: { 'idempotency-key': `"${losers}"` },
    })

  for (const [losers, path] of [
    [[winner], 'body.losers.0'],
    [[loser, loser], 'body.losers.1'],
    [[loser, 4711], 'body.losers.1'],
    [[], 'body.losers'],
    [[0], 'body.losers.0'],
  ] as const) {
    t.match(await merge(winner, losers), { status: 422, json: { errors: [{ path }] } }, JSON.stringify(losers))
  }
  t.equal((await merge(4711, [loser])).status, 404)
  t.equal(face.store.dump().people.size, 2)

  const merged = await merge(winner, [loser], { reason: 'the same person' })
  t.match(merged, {
    status: 200,
    json: { id: winner, unsubscribed: false, fields: { firstName: 'Ada', city: 'Paris' } },
  })
  const again = await merge(winner, [loser], { reason: 'the same person' })
  t.equal(again.headers.get('idempotent-replayed'), 'true')
  t.same(again.json, merged.json)
  t.equal((await face.ask('GET', `/v1/people/${loser}`)).status, 404)
  t.match((await face.ask('GET', '/v1/addresses/eve@example.org')).json, { status: 'unsubscribed', peopleCount: 0 })
})
