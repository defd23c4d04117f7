// The description of the JSON face against the face itself: every request that it shows is sent to a server, and
// request and reply are what the document says. A route that is not described, or shows no request, fails here.
import { createConfig, lintFromString } from '@redocly/openapi-core'
import t from 'tap'
import { createMetrics } from '../../src/http/metrics.js'
import { jsonRoutes } from '../../src/rest/app.js'
import { jsonFace } from '../../src/rest/face.js'
import type { Example, Route } from '../../src/rest/route.js'
import type { Service } from '../../src/service/service.js'
import { prepareWorlds, type World } from '../support/documented-world.js'
import { startJsonFace } from '../support/json-face.js'
import { createMemoryStore } from '../support/memory-store.js'
import { type Document, judgeBy, type SeenReply, type SentRequest } from '../support/openapi-document.js'

// The routes as such need no more of a service than that it is there.
const service = { reads: createMemoryStore() } as unknown as Service
const routes = jsonRoutes({ service, face: jsonFace, metrics: createMetrics(), version: '0.0.0' })
const template = (path: string): string => path.replace(/:(\w+)/g, '{$1}')

async function documentOf(url: string): Promise<Document> {
  return (await (await fetch(`${url}/v1/openapi.json`)).json()) as Document
}

t.test('the document is there for everybody, and describes every route', async t => {
  const face = await startJsonFace(t)

  const { status, headers, json } = await face.ask('GET', '/v1/openapi.json', { as: null })

  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'application/json')
  const document = json as unknown as Document
  t.match(document.openapi, /^3\.1\./)
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`),
  )
  t.same(described.sort(), routes.map(({ method, path }) => `${method} ${template(path)}`).sort())
  const operations = Object.values(document.paths).flatMap(path => Object.values(path))
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
  t.same(new Set(operations.flatMap(({ tags }) => tags)), new Set(document.tags.map(({ name }) => name)))
})

t.test('a linter finds nothing in the document', async t => {
  const face = await startJsonFace(t)
  const source = (await face.ask('GET', '/v1/openapi.json', { as: null })).text
  const config = await createConfig({ extends: ['recommended-strict'] })

  const lint = async (source: string) =>
    (await lintFromString({ source, absoluteRef: 'openapi.json', config })).map(
      ({ ruleId, message, location }) => `${ruleId}: ${message} at ${location[0]?.pointer ?? ''}`,
    )

  t.same(await lint(source), [])
  t.match(await lint(source.replace('"getPerson"', '"deletePerson"')), [/^operation-operationId-unique/])
})

t.test('every request that is shown gets the answer that is described', async t => {
  const worlds = await prepareWorlds(t)
  // Looking changes nothing; whatever else is shown gets a world of its own.
  const looked = await worlds.start()
  const judge = judgeBy(await documentOf(looked.url))
  for (const route of routes) {
    for (const example of route.examples) {
      const world = route.method === 'GET' ? looked : await worlds.start()
      const sent = sentBy(route, example)
      const about = `${route.operationId}: ${example.title}`

      const seen = await send(sent, route, example, world)

      t.same(judge.request(sent), [], `${about}, as a request`)
      t.equal(seen.status, example.status, about, { reply: seen.text })
      t.same(judge.reply(sent, seen), [], `${about}, as a reply`)
      if (world !== looked) await world.close()
    }
  }
})

t.test('every guarded operation refuses a stranger, and a query that it does not know, as described', async t => {
  const worlds = await prepareWorlds(t)
  const world = await worlds.start()
  const judge = judgeBy(await documentOf(world.url))
  for (const route of routes) {
    if (route.role === null) continue
    const [example] = route.examples
    const sent = sentBy(route, example)

    // Without a key: wrong ones are made to wait.
    const stranger = await send(sent, route, example, { url: world.url, keys: null })
    t.equal(stranger.status, 401, route.operationId)
    t.same(judge.reply(sent, stranger), [], route.operationId)

    const odd = await send({ ...sent, query: { ...sent.query, 'no-such': '1' } }, route, example, world)
    t.equal(odd.status, 422, route.operationId, { reply: odd.text })
    t.same(judge.reply(sent, odd), [], route.operationId)
    t.match(judge.request({ ...sent, query: { 'no-such': '1' } }).join(), 'query no-such is new')
  }
})

t.test('the judge of these tests sees what is not as described', async t => {
  const face = await startJsonFace(t)
  const judge = judgeBy(await documentOf(face.url))
  const sent = {
    method: 'PUT',
    path: '/v1/addresses/{address}/subscription',
    params: { address: 'a@example.org' },
    query: {},
  }
  const headers = new Headers({ 'content-type': 'application/json', 'x-request-id': '1', etag: '"v1"' })

  t.same(judge.request({ ...sent, body: { status: 'unsubscribed' } }), [])
  t.match(judge.request({ ...sent, body: { status: 'perhaps' } }), [/^body\/status: must be equal to one of/])
  t.match(judge.request({ ...sent, params: {}, body: { status: 'unsubscribed' } }), ['path address is missing'])
  t.match(judge.request({ ...sent, method: 'PATCH' }), [/has no PATCH/])
  t.match(judge.reply(sent, { status: 200, headers, text: '{}' }).length, 10)
  t.match(judge.reply(sent, { status: 200, headers: new Headers(), text: '{}' }), [
    /X-Request-Id/,
    /ETag/,
    /not described/,
  ])
  t.match(judge.reply(sent, { status: 418, headers, text: '{}' }), [/application\/json is not described for 418/])
})

function sentBy({ method, path }: Route, { params = {}, query = {}, body, upload, headers }: Example): SentRequest {
  const file = upload === undefined ? {} : { upload: { text: upload, mediaType: headers?.['content-type'] ?? '' } }
  return { method, path: template(path), params, query, ...(body === undefined ? {} : { body }), ...file }
}

type Asked = Pick<World, 'url'> & { readonly keys: World['keys'] | null }

async function send(sent: SentRequest, route: Route, example: Example, world: Asked): Promise<SeenReply> {
  const path = sent.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(sent.params[name] ?? ''))
  const query = new URLSearchParams(sent.query).toString()
  const role = example.as ?? route.role
  const response = await fetch(`${world.url}${path}${query === '' ? '' : `?${query}`}`, {
    method: sent.method,
    headers: {
      ...(role === null || world.keys === null ? {} : { authorization: `Bearer ${world.keys[role]}` }),
      ...(sent.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...example.headers,
    },
    ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
    ...(sent.upload === undefined ? {} : { body: sent.upload.text }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
