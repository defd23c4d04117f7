// Credentials and fields for admins: what is made works, what is revoked does not, and no secret is told twice.
import t from 'tap'
import { startJsonFace } from '../support/json-face.js'

t.test('only admins see and change credentials, and only admins add fields', async t => {
  const face = await startJsonFace(t)
  const requests = [
    ['GET', '/v1/credentials', undefined, 200],
    ['POST', '/v1/credentials', { kind: 'api', id: 'new' }, 201],
    ['POST', '/v1/credentials/new/rotations', {}, 200],
    ['DELETE', '/v1/credentials/new', undefined, 204],
    ['POST', '/v1/fields', { name: 'Shoe' }, 201],
  ] as const

  for (const [method, path, body, expected] of requests) {
    for (const as of ['reader', 'writer'] as const) t.equal((await face.ask(method, path, { as, body })).status, 403)
    t.equal((await face.ask(method, path, { as: 'admin', body })).status, expected, `${method} ${path}`)
  }
  t.equal((await face.ask('GET', '/v1/fields', { as: 'reader' })).status, 200)
})

t.test('a key that was made works, a rotated one with both secrets, a revoked one with none', async t => {
  const face = await startJsonFace(t)
  const admin = (method: string, path: string, body?: unknown) => face.ask(method, path, { as: 'admin', body })
  const withKey = async (key: unknown) =>
    (await face.ask('GET', '/v1/fields', { as: null, headers: { authorization: `Bearer ${key}` } })).status

  const made = await admin('POST', '/v1/credentials', { kind: 'api', id: 'shop', role: 'reader' })
  t.match(made.json, { id: 'shop', kind: 'api', role: 'reader', revokedAt: null, previousUntil: null })
  t.equal(await withKey(made.json.secret), 200)

  const rotated = await admin('POST', '/v1/credentials/shop/rotations', { overlapSeconds: 600 })
  t.not(rotated.json.secret, made.json.secret)
  t.match(rotated.json.previousUntil, /^20/)
  t.equal(await withKey(made.json.secret), 200)
  t.equal(await withKey(rotated.json.secret), 200)

  const leaked = await admin('POST', '/v1/credentials/shop/rotations', { overlapSeconds: 0 })
  t.equal(await withKey(made.json.secret), 401)
  t.equal(await withKey(rotated.json.secret), 401)
  t.equal(await withKey(leaked.json.secret), 200)

  t.equal((await admin('DELETE', '/v1/credentials/shop')).status, 204)
  t.equal(await withKey(leaked.json.secret), 401)
  t.equal((await admin('DELETE', '/v1/credentials/shop')).status, 404)
  t.equal((await admin('POST', '/v1/credentials/shop/rotations', {})).status, 404)

  const listed = await admin('GET', '/v1/credentials')
  for (const { json } of [made, rotated, leaked]) t.notOk(listed.text.includes(String(json.secret)))
  t.notOk(face.logged().includes(String(leaked.json.secret)))
})

t.test('a name is given once, a key names one caller, and what no header can carry is no key', async t => {
  const face = await startJsonFace(t)
  const add = async (body: object) => face.ask('POST', '/v1/credentials', { as: 'admin', body })
  const secret = 'a-key-of-twenty-signs'

  t.equal((await add({ kind: 'api', id: 'one', secret })).status, 201)
  t.match(await add({ kind: 'api', id: 'one' }), { status: 409, json: { type: /:credential-exists$/ } })
  t.equal((await add({ kind: 'api', id: 'two', secret })).status, 409)
  t.match(await add({ kind: 'api', id: 'two', secret: 'with a blank and more' }), {
    status: 422,
    json: { errors: [{ path: 'body.secret' }] },
  })
  t.equal((await add({ kind: 'soap', id: 'legacy', secret: 'with a blank' })).status, 201)
  t.match(await add({ kind: 'ftp', id: ' ', role: 'root' }), {
    status: 422,
    json: { errors: [{ path: 'body.kind' }, { path: 'body.id' }, { path: 'body.role' }] },
  })
})

t.test('a key cannot revoke itself', async t => {
  const face = await startJsonFace(t)

  const { status, json } = await face.ask('DELETE', `/v1/credentials/${encodeURIComponent('the admin')}`, {
    as: 'admin',
  })

  t.equal(status, 409)
  t.match(json, { type: /:own-credential$/ })
  t.equal((await face.ask('GET', '/v1/credentials', { as: 'admin' })).status, 200)
})

t.test('a field is added once, and found under either of its names', async t => {
  const face = await startJsonFace(t)
  const add = (body: object) => face.ask('POST', '/v1/fields', { as: 'admin', body })

  t.match(await add({ name: 'ShoeSize', type: 'integer' }), {
    status: 201,
    json: { name: 'ShoeSize', jsonName: 'shoeSize', label: 'ShoeSize', type: 'integer', isCustom: true },
  })
  t.match(await add({ name: 'shoesize' }), { status: 409, json: { type: /:field-exists$/ } })
  t.equal((await add({ name: 'FirstName' })).status, 409)
  t.match(await add({ name: 'a{b' }), { status: 422, json: { errors: [{ path: 'body.name' }] } })
  t.equal((await add({ name: 'x', type: 'blob' })).status, 422)
  t.match((await face.ask('GET', '/v1/fields/SHOESIZE')).json, { name: 'ShoeSize' })
  t.equal((await face.ask('GET', '/v1/fields/nothing')).status, 404)
})
