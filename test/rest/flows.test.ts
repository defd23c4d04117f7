// Flows over JSON: defining them, and runs as jobs that a worker carries out, over the store in memory and SQLite.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { readConfig } from '../../src/config.js'
import { serve } from '../../src/serve.js'
import { eventually } from '../support/eventually.js'
import { startJsonFace } from '../support/json-face.js'

const patience = { withinMs: 30_000 }
const json = { 'content-type': 'application/json' }

/** A whole server with its workers; `restart` stops it and starts another one on the same store. */
async function startServer(t: Test, env: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'flows-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const key = { BOOTSTRAP_API_KEY: 'the-admin-key-of-this-test' }
  const config = readConfig({ DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'silent', ...key, ...env })
  let server = await serve(config)
  t.teardown(() => server.close())
  const headers = { ...json, authorization: 'Bearer the-admin-key-of-this-test' }
  return {
    async ask(method: string, path: string, body?: unknown, more = {}) {
      const given = body === undefined ? {} : { body: JSON.stringify(body) }
      const response = await fetch(server.url + path, { method, headers: { ...headers, ...more }, ...given })
      const text = await response.text()
      return { status: response.status, json: text === '' ? {} : JSON.parse(text) }
    },
    async restart() {
      await server.close()
      server = await serve(config)
    },
  }
}

type Server = Awaited<ReturnType<typeof startServer>>

async function ended({ ask }: Server, path: string) {
  await eventually(async () => (await ask('GET', path)).json.endedAt !== null, patience)
  return (await ask('GET', path)).json
}

const steps = (value: string) => [{ field: 'Unsubscribed', value }]
const people = (count: number) => Array.from({ length: count }, (_, index) => `p${index}@example.org`)

async function withPeople(server: Server, addresses: readonly string[]): Promise<void> {
  const { status } = await server.ask('POST', '/v1/people', { people: addresses.map(email => ({ email })) })
  t.equal(status, 200)
}

t.test('a run changes whom it names once, counts them, and is there after a restart', async t => {
  const server = await startServer(t)
  const { ask } = server
  await withPeople(server, people(3))
  await ask('PUT', '/v1/addresses/p0@example.org/subscription', { status: 'unsubscribed' })
  t.equal((await ask('POST', '/v1/flows', { name: 'Out', steps: steps('true') })).status, 201)

  const about = { people: [{ email: 'P0@example.org' }, { email: 'p1@example.org' }, { id: 1000000002 }] }
  const taken = await ask('POST', '/v1/flows/Out/runs', about, { 'idempotency-key': 'once' })
  t.match(taken, { status: 202, json: { total: 2 } })
  const path = `/v1/flows/Out/runs/${taken.json.id}`
  await server.restart()

  t.match(await ended(server, path), { state: 'done', total: 2, done: 2, changed: 1, refused: 0 })
  t.equal((await ask('GET', '/v1/addresses/p1@example.org')).json.status, 'unsubscribed')
  t.equal((await ask('GET', '/v1/addresses/p2@example.org')).json.status, 'subscribed')
  const again = await ask('POST', '/v1/flows/Out/runs', about, { 'idempotency-key': 'once' })
  t.equal(again.json.id, taken.json.id)
  t.equal(
    (await ask('POST', '/v1/flows/Out/runs', { people: [{ id: 1000000001 }] }, { 'idempotency-key': 'once' })).status,
    422,
  )
  t.equal((await ask('DELETE', path)).status, 409, 'what has ended cannot be cancelled')
})

t.test('a run on a selection changes whoever has the value when it is carried out', async t => {
  const server = await startServer(t)
  const { ask } = server
  const fields = [{ city: 'Rome' }, { city: 'Rome', firstName: 'Ada' }, { city: 'rome' }, {}]
  await ask('POST', '/v1/people', { people: fields.map((fields, n) => ({ email: `p${n}@example.org`, fields })) })
  await ask('POST', '/v1/flows', { name: 'Out', steps: steps('true') })

  const taken = await ask('POST', '/v1/flows/Out/runs', { selection: { field: 'CITY', value: 'Rome' } })

  t.match(taken, { status: 202, json: { total: null } })
  t.match(await ended(server, `/v1/flows/Out/runs/${taken.json.id}`), { state: 'done', done: 2, changed: 2 })
  const { addresses } = (await ask('POST', '/v1/checks', { addresses: people(4), mode: 'group' })).json
  t.same(addresses, ['p2@example.org', 'p3@example.org'])
})

t.test('a run that re-subscribes obeys the guarded policy, person by person', async t => {
  const server = await startServer(t)
  const { ask } = server
  await withPeople(server, people(2))
  await ask('PUT', '/v1/addresses/p0@example.org/subscription', { status: 'unsubscribed' })
  await ask('POST', '/v1/flows', { name: 'Back', steps: steps('false') })
  const run = async (more: object) => {
    const { json } = await ask('POST', '/v1/flows/Back/runs', { people: people(2).map(email => ({ email })), ...more })
    return ended(server, `/v1/flows/Back/runs/${json.id}`)
  }

  t.match(await run({}), { done: 2, changed: 0, refused: 1 })
  t.equal((await ask('GET', '/v1/addresses/p0@example.org')).json.status, 'unsubscribed')

  t.match(await run({ reason: 'asked-by-phone', evidence: 'call 4711' }), { done: 2, changed: 1, refused: 0 })
  t.match((await ask('GET', '/v1/addresses/p0@example.org')).json, { status: 'subscribed', source: 'campaign' })
})

t.test('a run that is cancelled before its time changes nobody', async t => {
  const server = await startServer(t)
  const { ask } = server
  await withPeople(server, people(1))
  await ask('POST', '/v1/flows', { name: 'Out', steps: steps('true') })
  const body = { people: [{ email: 'p0@example.org' }], runAt: '2099-01-01T00:00:00Z' }
  const { json } = await ask('POST', '/v1/flows/Out/runs', body)
  const path = `/v1/flows/Out/runs/${json.id}`
  t.equal(json.state, 'scheduled')

  t.match(await ask('DELETE', path), { status: 202, json: { id: json.id } })

  t.match(await ended(server, path), { state: 'cancelled', done: 0, changed: 0 })
  t.equal((await ask('GET', '/v1/addresses/p0@example.org')).json.status, 'subscribed')
})

t.test('a run that cannot be is refused with its reason, and nothing is taken', async t => {
  const face = await startJsonFace(t)
  const admin = (method: string, path: string, body?: unknown) => face.ask(method, path, { as: 'admin', body })
  await admin('POST', '/v1/flows', { name: 'Out', program: 'P', steps: [{ field: 'City', value: '{{my.city}}' }] })
  const run = (body: object) => admin('POST', '/v1/flows/Out/runs?program=P', body)
  const tokens = { 'my.city': 'Rome' }

  t.equal((await admin('POST', '/v1/flows/Out/runs', {})).status, 404, 'without its program')
  t.match(await run({ tokens }), { status: 422, json: { errors: [{ path: 'body' }] } })
  const city = (selection: object) => run({ tokens, selection })
  for (const [selection, path] of [
    [{ field: 'Nothing', value: 'x' }, 'body.selection.field'],
    [{ field: 'unsubscribed', value: 'true' }, 'body.selection.field'],
    [{ field: 'email', value: 'ada@example.org' }, 'body.selection.field'],
    [{ field: 'city', value: ' ' }, 'body.selection.value'],
    [{ field: 'leadScore', value: 'many' }, 'body.selection.value'],
    [{ field: 'city' }, 'body.selection.value'],
  ] as const) {
    t.match(await city(selection), { status: 422, json: { errors: [{ path }] } }, JSON.stringify(selection))
  }
  const two = { list: 'Fair', selection: { field: 'city', value: 'Rome' } }
  t.match(await run({ tokens, ...two }), { status: 422, json: { errors: [{ path: 'body', message: /one of/ }] } })
  t.match(await run({ tokens, list: 'Nobody' }), { status: 422, json: { errors: [{ path: 'body.list' }] } })
  t.match(await run({ tokens, people: [{ id: 7 }, { email: 'x@example.org' }] }), {
    status: 422,
    json: { errors: [{ path: 'body.people.0' }, { path: 'body.people.1' }] },
  })
  await face.store.addList('Fair', null)
  t.match(await run({ list: 'Fair' }), {
    status: 422,
    json: { errors: [{ path: 'body.tokens', message: /my\.city/ }] },
  })
  t.equal(await face.store.flowRunById(1), undefined)
  t.match(await run({ list: 'Fair', tokens }), { status: 202, json: { id: 1, total: 0, state: 'scheduled' } })
  t.equal((await admin('GET', '/v1/flows/Out/runs/1?program=P')).status, 200)
  t.equal((await admin('GET', '/v1/flows/Out/runs/2?program=P')).status, 404)
})

t.test('flows are defined and deleted by admins, run by writers, and seen by all', async t => {
  const face = await startJsonFace(t)
  const requests = [
    ['POST', '/v1/flows', { name: 'Out', steps: steps('true') }, { reader: 403, writer: 403, admin: 201 }],
    ['GET', '/v1/flows/Out', undefined, { reader: 200, writer: 200, admin: 200 }],
    ['POST', '/v1/flows/Out/runs', {}, { reader: 403, writer: 422, admin: 422 }],
    ['DELETE', '/v1/flows/Out', undefined, { reader: 403, writer: 403, admin: 204 }],
    ['GET', '/v1/flows/Out', undefined, { reader: 404, writer: 404, admin: 404 }],
  ] as const

  for (const [method, path, body, expected] of requests) {
    for (const as of ['reader', 'writer', 'admin'] as const) {
      t.equal((await face.ask(method, path, { as, body })).status, expected[as], `${method} ${path} as ${as}`)
    }
  }
  const bad = [
    { field: 'Email', value: 'a@example.org' },
    { field: 'Nothing', value: 'x' },
  ]
  t.match(await face.ask('POST', '/v1/flows', { as: 'admin', body: { name: 'Bad', steps: bad } }), {
    status: 422,
    json: { errors: [{ message: /^Email: / }, { message: /^Nothing: / }] },
  })
})
