// Who changed what, when, why and by which command; and why somebody was mailed or not on a day.
import t from 'tap'
import { type JsonFace, startJsonFace } from '../support/json-face.js'

const subscription = '/v1/addresses/ada@example.org/subscription'
const proven = { status: 'subscribed', reason: 'asked-by-phone', evidence: 'ticket 4711' }

async function makeAda(face: JsonFace): Promise<number> {
  const people = [{ email: 'ada@example.org', fields: { city: 'London' } }]
  const { json } = await face.ask('POST', '/v1/people', { body: { people } })
  return (json.results as { id: number }[])[0]!.id
}

/** A time behind all that was done, and before all that comes. */
async function moment(): Promise<string> {
  const at = Date.now()
  while (Date.now() <= at + 1) await new Promise(resolve => setTimeout(resolve, 1))
  return new Date(at + 1).toISOString()
}

t.test('an address: each change of its status, in pages, by filter, with the command that made it', async t => {
  const face = await startJsonFace(t)
  await face.ask('PUT', subscription, { body: { status: 'unsubscribed', reason: 'by phone' } })
  await face.ask('PUT', subscription, { body: proven, as: 'admin' })
  const history = (query: string) => face.ask('GET', `/v1/addresses/ADA@example.org/history?${query}`, { as: 'reader' })

  const first = await history('limit=1')
  t.match(first.json, {
    changes: [{ version: 2, from: 'unsubscribed', to: 'subscribed', actor: 'the admin', evidence: 'ticket 4711' }],
  })
  const [entry] = await face.store.log({ after: 1, limit: 1 })
  t.match(first.json, { changes: [{ command: { position: 2, id: entry!.commandId } }] })
  const second = await history(`limit=1&after=${first.json.next}`)
  t.match(second.json, { changes: [{ version: 1, reason: 'by phone', source: 'JSON API' }], next: null })
  t.match((await history('reason=by%20phone%20')).json, { changes: [{ version: 1 }], next: null })
  t.same((await history('source=SOAP%20API')).json, { changes: [], next: null })
  t.equal((await history('from=today')).status, 422)
})

t.test('a person: what happened, under the names of this face, also once it is deleted', async t => {
  const face = await startJsonFace(t)
  const id = await makeAda(face)
  await face.ask('PATCH', `/v1/people/${id}`, { body: { fields: { city: 'Paris' }, reason: 'moved' } })
  await face.ask('PUT', subscription, { body: { status: 'unsubscribed' } })
  await face.ask('DELETE', `/v1/people/${id}`)
  const history = async (query: string) => (await face.ask('GET', `/v1/people/${id}/history?${query}`)).json

  t.match(await history(''), {
    activities: [
      { kind: 'person-deleted' },
      { kind: 'value-changed', attribute: 'unsubscribed', from: '0', to: '1', statusVersion: 1 },
      { kind: 'value-changed', attribute: 'city', from: 'London', to: 'Paris', reason: 'moved', actor: 'the writer' },
      { kind: 'person-created' },
    ],
    next: null,
  })
  for (const name of ['city', 'City', '%20CITY%20'])
    t.match(await history(`attribute=${name}`), { activities: { length: 1 } }, name)
  t.match(await history('attribute=unsubscribed&reason=moved'), { activities: { length: 0 } })
  const first = await history('limit=3')
  t.match(await history(`limit=3&after=${first.next}`), { activities: [{ kind: 'person-created' }], next: null })
})

t.test('why was somebody mailed, or not, on a day: the address of then, its status, and who made it so', async t => {
  const face = await startJsonFace(t)
  const before = await moment()
  const id = await makeAda(face)
  const made = await moment()
  await face.ask('PUT', subscription, { body: { status: 'unsubscribed', reason: 'by phone' } })
  const out = await moment()
  await face.ask('PATCH', `/v1/people/${id}`, { body: { email: 'eve@example.org' } })
  const moved = await moment()
  await face.ask('DELETE', `/v1/people/${id}`)
  const gone = await moment()
  const at = async (time: string) =>
    (await face.ask('GET', `/v1/people/${id}/status?at=${time}`, { as: 'reader' })).json

  t.match(await at(before), { exists: false, explanation: 'the person was made later' })
  t.match(await at(made), { exists: true, email: 'ada@example.org', unsubscribed: false, cause: null })
  t.match(await at(out), {
    email: 'ada@example.org',
    unsubscribed: true,
    cause: { version: 1, reason: 'by phone', actor: 'the writer' },
    explanation: /which was unsubscribed since 20.*, by the writer through JSON API, for the reason 'by phone'$/,
  })
  t.match(await at(moved), { email: 'eve@example.org', unsubscribed: false })
  t.match(await at(gone), { exists: false, unsubscribed: null, explanation: /^the person was gone since/ })

  const address = async (time: string) =>
    (await face.ask('GET', `/v1/addresses/ada@example.org/status?at=${time}`, { as: 'reader' })).json
  t.match(await address(made), { status: 'subscribed', version: 0, cause: null })
  t.match(await address(gone), { status: 'unsubscribed', version: 1, cause: { reason: 'by phone' } })
})

t.test('a time must be stated with its zone, and be over', async t => {
  const face = await startJsonFace(t)
  const id = await makeAda(face)

  for (const path of [`/v1/people/${id}/status`, '/v1/addresses/ada@example.org/status']) {
    for (const query of ['', '?at=', '?at=yesterday', '?at=2026-01-31', '?at=2100-01-01T00:00:00Z']) {
      const { status, json } = await face.ask('GET', path + query)
      t.match({ status, json }, { status: 422, json: { errors: [{ path: 'query.at' }] } }, path + query)
    }
  }
  t.equal((await face.ask('GET', '/v1/people/4711/status?at=2026-01-01T00:00:00+02:00')).status, 404)
})
