// What holds for every route, asked of each as it is listed: a new route is covered by being there.
import t from 'tap'
import { createMetrics } from '../../src/http/metrics.js'
import { jsonRoutes } from '../../src/rest/app.js'
import { jsonFace } from '../../src/rest/face.js'
import type { GuardedRoute, Route } from '../../src/rest/route.js'
import type { Service } from '../../src/service/service.js'
import { type Asked, type JsonFace, startJsonFace } from '../support/json-face.js'
import { createMemoryStore } from '../support/memory-store.js'

// The routes as such need no more of a service than that it is there.
const service = { reads: createMemoryStore() } as unknown as Service
const routes = jsonRoutes({ service, face: jsonFace, metrics: createMetrics(), version: '0.0.0' })
const isGuarded = (route: Route): route is GuardedRoute => route.role !== null
const guarded = routes.filter(isGuarded)
const withBody = guarded.filter(({ body }) => body !== null)

const roles = ['reader', 'writer', 'admin'] as const
const rank = (role: (typeof roles)[number]): number => roles.indexOf(role)

/** The first request that the route shows, as its least role would send it. */
function ask(face: JsonFace, route: GuardedRoute, asked: Asked): ReturnType<JsonFace['ask']> {
  const { method, path, examples } = route
  const { params = {}, query = {}, headers = {}, upload, body = upload } = examples[0]
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams(query).toString()
  const given = { headers, ...(body === undefined ? {} : { body }), ...asked }
  return face.ask(method, search === '' ? filled : `${filled}?${search}`, given)
}

t.test('each route takes the roles that are enough for it, and no others', async t => {
  const refusing = await startJsonFace(t)
  const before = refusing.store.dump()
  for (const route of guarded) {
    for (const as of [null, ...roles]) {
      const about = `${route.method} ${route.path} as ${as ?? 'nobody'}`
      if (as !== null && rank(as) >= rank(route.role)) continue

      const { status, headers, json } = await ask(refusing, route, { as })

      t.equal(status, as === null ? 401 : 403, about)
      t.match(headers.get('www-authenticate'), as === null ? /^Bearer realm=/ : `scope="${route.role}"`, about)
      t.match(json, { status, type: as === null ? /:unauthorized$/ : /:role-missing$/ }, about)
    }
  }
  t.same(refusing.store.dump(), before, 'whoever was refused changed nothing')

  for (const route of guarded) {
    const face = await startJsonFace(t)
    for (const as of roles) {
      if (rank(as) < rank(route.examples[0].as ?? route.role)) continue
      const { status, text } = await ask(face, route, { as })
      t.notOk([401, 403].includes(status) || status >= 500, `${route.method} ${route.path} as ${as}`, { status, text })
    }
    await face.server.close(0)
  }
})

t.test('a route that anybody may call asks for no key', async t => {
  const face = await startJsonFace(t)
  for (const { method, path } of routes.filter(route => !isGuarded(route))) {
    t.equal((await face.ask(method, path, { as: null })).status, 200, path)
  }
})

t.test('a body that is not what it must be is refused with every finding, and changes nothing', async t => {
  const bodyLimits = { bytesMax: 20_000, inflatedBytesMax: 20_000, timeoutMs: 60_000 }
  const face = await startJsonFace(t, { bodyLimits })
  const before = face.store.dump()
  for (const route of withBody) {
    const shown = route.examples[0].body as object
    const cases: readonly (readonly [string, unknown, number, RegExp | null, Record<string, string>?])[] = [
      ['two unknown fields', { ...shown, 'no-such': 1, 'nor-this': 2 }, 422, /^body\.(no-such|nor-this)$/],
      ['an array', [shown], 422, /^body$/],
      ['null', 'null', 422, /^body$/],
      ['a number', '7', 422, /^body$/],
      ['fields of wrong types', nonsense(shown), 422, /^body\./],
      ['no JSON', '{"a":', 400, null],
      ['no UTF-8', Buffer.from([0x7b, 0xff]), 400, null],
      ['nothing', '', 400, null],
      ['too much', JSON.stringify({ ...shown, filler: 'x'.repeat(30_000) }), 413, null],
      ['another media type', JSON.stringify(shown), 415, null, { 'content-type': 'text/plain' }],
      ['another encoding', JSON.stringify(shown), 415, null, { 'content-encoding': 'br' }],
    ]
    for (const [what, body, expected, path, headers = {}] of cases) {
      // One whose fields may all be left out shows none.
      if (what === 'fields of wrong types' && Object.keys(shown).length === 0) continue
      const about = `${route.method} ${route.path}: ${what}`

      const answer = await ask(face, route, { as: 'admin', body, headers })

      t.equal(answer.status, expected, about, { text: answer.text })
      t.equal(answer.headers.get('content-type'), 'application/problem+json', about)
      t.match(answer.json, { type: /^urn:durable-unsubscribe:problem:/, title: String, detail: String }, about)
      if (path === null) continue
      const errors = answer.json.errors as { path: string; message: string }[]
      t.ok(errors.length > 0 && errors.every(error => path.test(error.path) && error.message !== ''), about, { errors })
      if (what === 'two unknown fields') t.equal(errors.length, 2, about, { errors })
    }
  }
  t.same(face.store.dump(), before)
})

// Each field as something that no field is.
function nonsense(shown: object): object {
  return Object.fromEntries(Object.keys(shown).map(name => [name, { 'no such': [{ deep: true }] }]))
}

t.test('a query that is not what it must be is a finding, at every route', async t => {
  const face = await startJsonFace(t)
  for (const route of guarded) {
    const { params = {}, body } = route.examples[0]
    const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))

    const answer = await face.ask(route.method, `${path}?no-such=1&no-such=2`, {
      as: 'admin',
      ...(body === undefined ? {} : { body }),
    })

    t.match(answer, { status: 422, json: { errors: [] } }, `${route.method} ${route.path}`)
    const paths = (answer.json.errors as { path: string }[]).map(error => error.path)
    t.ok(paths.includes('query.no-such'), `${route.method} ${route.path}`, { paths })
  }
})
