// Many people in one request: an outcome for each, in order, and nobody harmed by a neighbour.
import t from 'tap'
import { StoreUnavailable } from '../../src/service/ports.js'
import { eventually } from '../support/eventually.js'
import { type Asked, type JsonFace, startJsonFace } from '../support/json-face.js'

type Result = Record<string, unknown> & { readonly status: string; readonly id?: number }

const post = (face: JsonFace, people: readonly unknown[], asked: Asked & { readonly rest?: object } = {}) =>
  face.ask('POST', '/v1/people', { ...asked, body: { people, ...asked.rest } })

async function results(face: JsonFace, people: readonly unknown[], asked: Parameters<typeof post>[2] = {}) {
  const { status, json } = await post(face, people, asked)
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(json)}`)
  return json.results as readonly Result[]
}

const statusesOf = (list: readonly Result[]) => list.map(({ status }) => status)
const shown = async (face: JsonFace, id: unknown) => (await face.ask('GET', `/v1/people/${id}`)).json
const proven = { reason: 'asked-by-phone', evidence: 'ticket 4711' }

t.test('records are carried out in their order, each with its outcome', async t => {
  const face = await startJsonFace(t)

  const { json } = await post(face, [
    { email: 'ada@example.org', fields: { firstName: 'Ada', leadScore: 7, doNotCall: true, annualRevenue: '1.5e3' } },
    { email: 'ADA@example.org', fields: { firstName: null, lastName: 'Byron' } },
    { foreignId: { system: 'sfdc', id: ' 0035g1 ' }, email: 'bob@example.org' },
  ])
  const [ada, again, bob] = json.results as [Result, Result, Result]

  t.match(json, { created: 2, updated: 1, rejected: 0 })
  t.same(statusesOf([ada, again, bob]), ['created', 'updated', 'created'])
  t.equal(again.id, ada.id)
  t.match(await shown(face, ada.id), {
    email: 'ADA@example.org',
    fields: { lastName: 'Byron', leadScore: '7', doNotCall: true, annualRevenue: '1.5e3' },
  })
  t.notOk('firstName' in ((await shown(face, ada.id)).fields as object), 'null clears')
  t.match(await shown(face, bob.id), { foreignIds: [{ system: 'SFDC', id: '0035g1' }] })
})

t.test('a record that cannot be saved is told why and where, and harms nobody', async t => {
  const face = await startJsonFace(t)

  const list = await results(face, [
    { email: 'ada@example.org' },
    { email: 'ada', unsubscribed: 'yes', nick: 'A' },
    {},
    { id: 4711 },
    {
      email: 'bob@example.org',
      fields: { shoeSize: 'x', leadScore: 'many', postalCode: 4828, email: 'x', city: true },
    },
    17,
    { email: 'carl@example.org', fields: { city: { name: 'x' }, inferredCompany: 'x', title: 'a', Title: 'b' } },
    { email: 'eve@example.org' },
  ])

  t.same(statusesOf(list), [
    'created',
    'rejected',
    'rejected',
    'rejected',
    'rejected',
    'rejected',
    'rejected',
    'created',
  ])
  t.same(list[1]!.errors, [
    { path: 'body.people.1.email', message: 'expected local@domain, got no @' },
    { path: 'body.people.1.unsubscribed', message: "expected boolean, got 'yes'" },
    { path: 'body.people.1.nick', message: 'is not known here' },
  ])
  t.match(list[2], { problem: 'invalid', errors: [{ path: 'body.people.2' }] })
  t.match(list[3], { problem: 'not-found', errors: [{ path: 'body.people.3.id' }] })
  t.same(list[4]!.errors, [
    { path: 'body.people.4.fields.shoeSize', message: 'is not known here' },
    { path: 'body.people.4.fields.leadScore', message: "expected a whole number, got 'many'" },
    { path: 'body.people.4.fields.postalCode', message: 'expected a text, got 4828' },
    { path: 'body.people.4.fields.email', message: 'is set as email, beside the fields' },
    { path: 'body.people.4.fields.city', message: 'expected a text, got true' },
  ])
  t.same(list[5]!.errors, [{ path: 'body.people.5', message: 'expected object, got 17' }])
  t.same(
    (list[6]!.errors as readonly { path: string }[]).map(({ path }) => path),
    ['body.people.6.fields.city', 'body.people.6.fields.inferredCompany', 'body.people.6.fields.Title'],
  )
  t.equal(face.store.dump().people.size, 2)
})

t.test('a thousand records are one request, more are refused as a whole', async t => {
  const face = await startJsonFace(t)
  const many = (count: number) => Array.from({ length: count }, (_, n) => ({ email: `p${n}@example.org` }))

  for (const people of [[], many(1_001), 'all', null]) {
    const { status, json } = await face.ask('POST', '/v1/people', { body: { people } })
    t.match({ status, json }, { status: 422, json: { errors: [{ path: 'body.people' }] } })
  }
  t.equal(face.store.dump().people.size, 0)
  const list = await results(face, many(1_000))
  t.equal(list.filter(({ status }) => status === 'created').length, 1_000)
  const ids = list.map(({ id }) => id)
  t.same(
    await results(face, many(1_000)),
    ids.map(id => ({ status: 'updated', id, warnings: [] })),
  )
})

t.test('modes: update makes nobody, duplicate always somebody', async t => {
  const face = await startJsonFace(t)
  const ada = { email: 'ada@example.org' }

  t.match(await results(face, [ada], { rest: { mode: 'update' } }), [{ status: 'rejected', problem: 'not-found' }])
  t.match(await results(face, [ada]), [{ status: 'created' }])
  t.match(await results(face, [ada], { rest: { mode: 'update' } }), [{ status: 'updated' }])
  t.match(await results(face, [ada], { rest: { mode: 'duplicate' } }), [{ status: 'created' }])
})

t.test('R8: who is made at an address that opted out is unsubscribed, and the caller is told', async t => {
  const face = await startJsonFace(t)
  await face.ask('PUT', '/v1/addresses/ada@example.org/subscription', { body: { status: 'unsubscribed' } })

  const [ada] = await results(face, [{ email: 'ada@example.org', unsubscribed: false, ...proven }], { as: 'admin' })

  t.match(ada, { status: 'created', warnings: [{ type: 'opt-out-stands' }] })
  t.match(await shown(face, ada!.id), { unsubscribed: true })
})

t.test('R2: a record re-subscribes only with all that it takes, its own or that of the request', async t => {
  const face = await startJsonFace(t)
  const [ada] = await results(face, [{ email: 'ada@example.org', unsubscribed: true, reason: 'by phone' }])
  const back = { id: ada!.id, unsubscribed: false }

  t.match(await results(face, [{ ...back, ...proven }]), [{ problem: 'role-missing' }])
  t.match(await results(face, [back], { as: 'admin' }), [
    { problem: 'invalid', errors: [{ path: 'body.people.0.reason' }, { path: 'body.people.0.evidence' }] },
  ])
  t.match(await shown(face, ada!.id), { unsubscribed: true, unsubscribedReason: 'by phone' })
  t.match(await results(face, [back], { as: 'admin', rest: proven }), [{ status: 'updated' }])
  t.match(await shown(face, ada!.id), { unsubscribed: false })
})

t.test(
  'Idempotency-Key: the request again gives every outcome again, another one under the key is refused',
  async t => {
    const face = await startJsonFace(t)
    const headers = { 'idempotency-key': 'job-1' }
    const people = [{ id: 4711, unsubscribed: true }, { email: 'ada@example.org' }, { email: 'bob@example.org' }]

    const first = await post(face, people, { headers })
    const again = await post(face, people, { headers })
    const other = await post(face, [{ email: 'x@example.org' }, {}, {}, { email: 'y@example.org' }], { headers })

    t.equal(first.headers.get('idempotent-replayed'), null)
    t.equal(again.headers.get('idempotent-replayed'), 'true')
    t.same(again.json, first.json)
    t.match(other, { status: 422, json: { type: 'urn:durable-unsubscribe:problem:idempotency-key-reused' } })
    t.equal(face.store.dump().people.size, 2)
    t.equal(face.store.dump().log.length, 2)
  },
)

t.test('Idempotency-Key: while the request is carried out it is in progress', async t => {
  const face = await startJsonFace(t)
  const release = face.store.holdCommits()
  const headers = { 'idempotency-key': 'job-1' }
  const first = post(face, [{ email: 'ada@example.org' }], { headers })
  await eventually(() => face.store.isHolding, { withinMs: 10_000 })

  const second = await post(face, [{ email: 'ada@example.org' }, { email: 'bob@example.org' }], { headers })
  release()

  t.equal(second.status, 409)
  t.equal((await first).status, 200)
  t.equal(face.store.dump().people.size, 1)
})

t.test('what could not be written is told for each; where nothing could, the whole is to be sent again', async t => {
  const unavailable = new StoreUnavailable('down')
  const submit = () => Promise.reject(unavailable)
  const answered = { type: 'carried-out', outcome: { type: 'created', personId: 7, warnings: [] } }
  let answers: unknown[] = [unavailable, unavailable]
  const writes = { submit, submitAll: async () => answers }
  const face = await startJsonFace(t, { service: { writes: writes as never } })
  const people = [{ email: 'ada@example.org' }, { email: 'bob@example.org' }]

  t.equal((await post(face, people)).status, 503)
  answers = [answered, unavailable]
  t.match((await post(face, people)).json, {
    results: [{ status: 'created' }, { status: 'rejected', problem: 'store-unavailable', detail: /try again/ }],
  })
})
