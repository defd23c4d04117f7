// The check before sending as its callers meet it, and the record of what it stopped.
import fc from 'fast-check'
import t from 'tap'
import { checkRequest, plainCheck, verdict } from '../../src/rest/checks.js'
import { timeWriter } from '../../src/rest/time.js'
import { verdictTexts } from '../../src/rest/verdict-text.js'
import { BlockedAttempts } from '../../src/service/blocked-attempts.js'
import type { Verdict } from '../../src/service/checks.js'
import { StoreUnavailable } from '../../src/service/ports.js'
import { aKey } from '../support/builders.js'
import { onEachEngine } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { type JsonFace, startJsonFace } from '../support/json-face.js'
import { createMemoryStore } from '../support/memory-store.js'
import { account, startServerChild } from '../support/server-child.js'

const optOut = (face: JsonFace, address: string) =>
  face.ask('PUT', `/v1/addresses/${address}/subscription`, { body: { status: 'unsubscribed', reason: 'by letter' } })
const check = (face: JsonFace, body: object, asked: Parameters<JsonFace['ask']>[2] = {}) =>
  face.ask('POST', '/v1/checks', { as: 'reader', body, ...asked })
const attempts = async (face: JsonFace, query = '') =>
  (await face.ask('GET', `/v1/blocked-attempts${query}`, { as: 'reader' })).json as {
    attempts: Record<string, unknown>[]
    next: string | null
  }

t.test('each address has a verdict with its reason, in the order of the request', async t => {
  const face = await startJsonFace(t)
  await optOut(face, 'ada@example.org')
  const { json: stored } = await face.ask('GET', '/v1/addresses/ada@example.org')

  const { status, json } = await check(face, { addresses: ['bob@example.org', 'nobody', ' ADA@example.org '] })

  t.equal(status, 200)
  const nothing = { status: null, version: null, since: null, reason: null }
  t.same(json, {
    mode: 'each',
    check: 'on',
    verdicts: [
      {
        ...{ address: 'bob@example.org', verdict: 'send', why: 'subscribed' },
        ...{ status: 'subscribed', version: 0, since: null, reason: null },
      },
      {
        ...{ address: null, verdict: 'invalid', why: 'not-an-address', ...nothing },
        problem: 'expected local@domain, got no @',
      },
      {
        ...{ address: 'ada@example.org', verdict: 'blocked', why: 'unsubscribed' },
        ...{ status: 'unsubscribed', version: 1, since: stored.since, reason: 'by letter' },
      },
    ],
  })
})

t.test('a group gets who may be mailed, each mailbox once, and how many were dropped', async t => {
  const face = await startJsonFace(t)
  await optOut(face, 'ada@example.org')
  const addresses = ['Bob@example.org', 'ada@example.org', 'bob@EXAMPLE.org', 'ada@example.org.', 'x', 'cy@example.org']

  const { json } = await check(face, { addresses, mode: 'group' })

  t.same(json, {
    mode: 'group',
    check: 'on',
    addresses: ['Bob@example.org', 'cy@example.org'],
    dropped: { blocked: 1, invalid: 1, duplicate: 2 },
  })
  t.match((await attempts(face)).attempts, [{ mode: 'group', address: 'ada@example.org' }])
})

t.test('what was stopped is on record with caller, purpose, address and time', async t => {
  const face = await startJsonFace(t)
  for (const name of ['ada', 'eve', 'ivy']) await optOut(face, `${name}@example.org`)
  const before = new Date().toISOString()
  await check(face, { addresses: ['ada@example.org', 'bob@example.org'] })
  await check(face, { addresses: ['eve@example.org', 'eve@EXAMPLE.org'] }, { as: 'writer' })
  await check(face, { addresses: ['ivy@example.org'], purpose: 'transactional' })

  const all = await attempts(face)

  t.match(all.attempts, [
    { caller: 'the writer', purpose: 'commercial', mode: 'each', address: 'eve@example.org', statusVersion: 1 },
    { caller: 'the reader', purpose: 'commercial', mode: 'each', address: 'ada@example.org', statusVersion: 1 },
  ])
  t.equal(all.attempts.length, 2)
  t.ok(String(all.attempts[0]!.at) >= before)
  t.equal(all.next, null)
  const first = await attempts(face, '?limit=1')
  t.match(first.attempts, [{ address: 'eve@example.org' }])
  t.match((await attempts(face, `?limit=1&after=${first.next}`)).attempts, [{ address: 'ada@example.org' }])
  t.match((await attempts(face, '?address=ADA%40example.org')).attempts, [{ address: 'ada@example.org' }])
  t.match((await attempts(face, '?caller=the+writer')).attempts, [{ address: 'eve@example.org' }])
  t.same((await attempts(face, '?purpose=transactional')).attempts, [])
  t.same((await attempts(face, '?to=2020-01-01T00:00:00Z')).attempts, [])
  t.equal((await attempts(face, `?from=${before}`)).attempts.length, 2)
})

t.test('switched off, the check lets everything pass, says so with each address, and records nothing', async t => {
  const face = await startJsonFace(t)
  await optOut(face, 'ada@example.org')
  await face.ask('PUT', '/v1/settings/unsubscribe-check', { as: 'admin', body: { value: 'off' } })

  const each = await check(face, { addresses: ['ada@example.org', 'x'] })
  const group = await check(face, { addresses: ['ada@example.org', 'x'], mode: 'group' })

  t.match(each.json, {
    check: 'off',
    verdicts: [
      { address: 'ada@example.org', verdict: 'send', why: 'check-off', status: null },
      { verdict: 'invalid', why: 'not-an-address' },
    ],
  })
  t.match(group.json, { check: 'off', addresses: ['ada@example.org'], dropped: { blocked: 0, invalid: 1 } })
  t.same((await attempts(face)).attempts, [])
  await face.ask('PUT', '/v1/settings/unsubscribe-check', { as: 'admin', body: { value: 'on' } })
  t.match((await check(face, { addresses: ['ada@example.org'] })).json, {
    check: 'on',
    verdicts: [{ verdict: 'blocked' }],
  })
})

t.test('bad requests are refused with all that is wrong; 10,000 addresses are not too many', async t => {
  const face = await startJsonFace(t)
  const many = (count: number) => Array.from({ length: count }, (_, index) => `n${index}@example.org`)

  for (const [body, path] of [
    [{}, 'body.addresses'],
    [{ addresses: [] }, 'body.addresses'],
    [{ addresses: many(10_001) }, 'body.addresses'],
    [{ addresses: 'ada@example.org' }, 'body.addresses'],
    [{ addresses: ['a@example.org', null] }, 'body.addresses.1'],
    [{ addresses: ['a@example.org'], purpose: 'fun' }, 'body.purpose'],
    [{ addresses: ['a@example.org'], mode: 'all' }, 'body.mode'],
    [{ addresses: ['a@example.org'], force: true }, 'body.force'],
  ] as const) {
    const { status, json } = await check(face, body)
    t.equal(status, 422, path)
    t.match(json.errors, [{ path }])
  }
  t.equal((await check(face, { addresses: ['a@example.org'] }, { as: null })).status, 401)
  const { status, json } = await check(face, { addresses: many(10_000) })
  t.equal(status, 200)
  t.equal((json.verdicts as unknown[]).length, 10_000)
})

t.test('a record that cannot be kept neither slows nor fails the check, and what is lost is counted', async t => {
  const store = createMemoryStore()
  let isDown = true
  const kept: unknown[] = []
  let lost = 0
  let troubles = 0
  const recorder = new BlockedAttempts(
    {
      async addBlockedAttempts(given) {
        if (isDown) throw new StoreUnavailable('down')
        kept.push(...given)
      },
    },
    { lost: count => (lost += count), trouble: () => troubles++ },
    3,
  )
  const key = aKey('ada@example.org')
  const attempt = (at: number) =>
    ({ at, caller: 'c', purpose: 'commercial', mode: 'each', key, statusVersion: 1 }) as const
  const service = { blockedAttempts: { blockedAttempts: store.blockedAttempts, flush: () => recorder.flush() } }
  const face = await startJsonFace(t, { store, service })

  recorder.add([attempt(1), attempt(2)])
  recorder.add([attempt(3), attempt(4)])
  t.equal((await face.ask('GET', '/v1/blocked-attempts', { as: 'reader' })).status, 200)

  t.equal(lost, 1, 'there was room for three')
  t.ok(troubles >= 1)
  t.same(kept, [])
  isDown = false
  await recorder.flush()
  t.same(kept, [attempt(1), attempt(2), attempt(3)])
  isDown = true
  recorder.add([attempt(5)])
  await recorder.stop()
  t.equal(lost, 2, 'at the end what the store does not take is lost, and counted')
})

await onEachEngine(t, 'scenario 18: checks cost no quota, and other servers obey the switch', async (t, { url }) => {
  const env = { LIMIT_RATE: '1', LIMIT_DAILY: '1', LIMIT_CONCURRENCY: '1' }
  const one = await startServerChild(t, { databaseUrl: url, env })
  const other = await startServerChild(t, { databaseUrl: url })
  const ask = async (server: { url: string }, method: string, path: string, body?: object) => {
    const response = await fetch(server.url + path, {
      method,
      headers: { authorization: `Bearer ${account.apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, json: (await response.json()) as Record<string, unknown> }
  }
  const addresses = Array.from({ length: 300 }, (_, index) => `reader${index}@example.org`)
  await ask(other, 'PUT', `/v1/addresses/${addresses[7]}/subscription`, { status: 'unsubscribed' })

  const replies = await Promise.all(
    Array.from({ length: 5 }, () => ask(one, 'POST', '/v1/checks', { addresses, purpose: 'commercial' })),
  )

  for (const { status, json } of replies) {
    t.equal(status, 200)
    const verdicts = json.verdicts as { address: string; verdict: string }[]
    t.same(
      verdicts.map(({ address }) => address),
      addresses,
    )
    t.same(
      verdicts.filter(({ verdict }) => verdict !== 'send').map(({ address }) => address),
      [addresses[7]],
    )
  }
  t.match(
    await one.client().syncLead({ email: 'ada@example.org' }),
    { status: 'CREATED' },
    'the quota of one is unused',
  )
  const { json } = await ask(one, 'GET', '/v1/blocked-attempts')
  t.equal((json.attempts as unknown[]).length, 5)

  await ask(other, 'PUT', '/v1/settings/unsubscribe-check', { value: 'off' })
  const verdictOf = async () => {
    const { json } = await ask(one, 'POST', '/v1/checks', { addresses: [addresses[7]] })
    return (json.verdicts as { why: string }[])[0]!.why
  }
  await eventually(async () => (await verdictOf()) === 'check-off', { withinMs: 30_000 })
  for (const server of [one, other]) t.match(await server.stop(), { code: 0 })
})

t.test('a body that is recognised at once is what the schema makes of it', async t => {
  const address = fc.oneof(fc.emailAddress(), fc.string(), fc.constantFrom<unknown>(1, null, [], {}))
  const word = fc.constantFrom<unknown>('commercial', 'transactional', 'each', 'group', 'EACH', null, 1, '', [])
  const body = fc.oneof(
    fc.record(
      { addresses: fc.array(address, { maxLength: 4 }), purpose: word, mode: word, extra: fc.constant(1) },
      { requiredKeys: [] },
    ),
    fc.record({
      addresses: fc.array(fc.emailAddress(), { minLength: 1, maxLength: 4 }),
      purpose: fc.constantFrom('commercial', 'transactional'),
      mode: fc.constantFrom('each', 'group'),
    }),
    fc.jsonValue(),
  )
  let recognised = 0
  fc.assert(
    fc.property(body, given => {
      const json: unknown = JSON.parse(JSON.stringify(given))
      const plain = plainCheck(json)
      const parsed = checkRequest.safeParse(json)
      if (plain !== undefined) recognised++
      // Whatever is sent rightly is recognised, too.
      t.strictSame(plain, parsed.success ? parsed.data : undefined)
    }),
  )
  t.ok(recognised > 10)
  const [least, most] = [1, 10_000].map(length => ({ addresses: Array(length).fill('x') }))
  for (const json of [least, most]) t.ok(plainCheck(json))
  t.notOk(plainCheck({ addresses: Array(10_001).fill('x') }))
  t.notOk(plainCheck({ addresses: [] }))
  t.notOk(plainCheck(JSON.parse('{"addresses":["x"],"__proto__":{}}')))
})

t.test('times of one day and of others are written as a Date writes them', async t => {
  const timeText = timeWriter()
  const day = 86_400_000
  for (const start of [0, 19_782 * day, 11_016 * day, 0])
    for (const at of [start, start + 1, start + 3_599_999, start + 45_296_078, start + day - 1])
      t.equal(timeText(at), new Date(at).toISOString())
})

t.test('a verdict is written as JSON would write it', async t => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('', '"', '\\', 'a\u0000', '\ud800'))
  const key = text.map(it => it as (Verdict & { type: 'send' })['key'])
  const status = fc.record({
    status: fc.constantFrom('subscribed' as const, 'unsubscribed' as const),
    version: fc.nat({ max: 3 }),
    since: fc.option(fc.integer({ min: 0, max: 4_102_444_800_000 })),
    reason: fc.option(text),
  })
  const anyVerdict = fc.oneof<fc.Arbitrary<Verdict>[]>(
    fc.record({
      ...{ type: fc.constant('send' as const), key, status },
      why: fc.constantFrom('subscribed' as const, 'transactional' as const),
    }),
    fc.record({ type: fc.constant('blocked' as const), key, why: fc.constant('unsubscribed' as const), status }),
    fc.record({ type: fc.constant('send' as const), key, why: fc.constant('check-off' as const) }),
    fc.record({ type: fc.constant('invalid' as const), why: fc.constant('not-an-address' as const), problem: text }),
  )
  fc.assert(
    fc.property(anyVerdict, anyVerdict, (before, given) => {
      const [, read]: unknown[] = JSON.parse(`[${verdictTexts([before, given])}]`)
      const known = 'status' in given ? given.status : { status: null, version: null, since: null, reason: null }
      t.strictSame(read, {
        address: given.type === 'invalid' ? null : given.key,
        verdict: given.type,
        why: given.why,
        ...known,
        since: known.since === null ? null : new Date(known.since).toISOString(),
        ...(given.type === 'invalid' ? { problem: given.problem } : {}),
      })
      t.ok(verdict.strict().safeParse(read).success)
    }),
  )
})
