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
