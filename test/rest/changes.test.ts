// The change feed as a reader of the JSON face meets it: cursors, filters, waiting, and what it is told when it asks
// for something that there cannot be.
import t from 'tap'
import { PositionArchived } from '../../src/service/changes/changes.js'
import { aProvenCause, aSave, aSubmission, aSubscription } from '../support/builders.js'
import { eventually } from '../support/eventually.js'
import { type Answered, type JsonFace, startJsonFace } from '../support/json-face.js'
import { createMemoryStore } from '../support/memory-store.js'

interface Told {
  readonly type: string
  readonly address: string
  readonly version: number
  readonly to: string
}

const changesOf = ({ json }: Answered): readonly Told[] => json.changes as readonly Told[]

const read = (face: JsonFace, query = ''): Promise<Answered> => face.ask('GET', `/v1/changes${query}`, { as: 'reader' })

const change = (face: JsonFace, to: 'subscribed' | 'unsubscribed', address = 'ada@example.org') =>
  face.writes.submit(aSubmission({ command: aSubscription(to, address), cause: aProvenCause({ source: 'phone' }) }))

t.test('a reader that keeps its cursor is told each change once', async t => {
  const face = await startJsonFace(t)
  await change(face, 'unsubscribed')
  const first = await read(face)
  await change(face, 'subscribed')

  const second = await read(face, `?after=${first.json.next}`)
  const third = await read(face, `?after=${second.json.next}`)

  const address = 'ada@example.org'
  t.match(changesOf(first), [{ type: 'status-changed', address, from: 'subscribed', to: 'unsubscribed', version: 1 }])
  t.match(changesOf(second), [{ from: 'unsubscribed', to: 'subscribed', version: 2, evidence: 'ticket 4711' }])
  t.match(changesOf(second), [{ actor: 'crm', source: 'phone', reason: 'asked to be back', id: /^chg_/ }])
  t.match(third.json, { changes: [], next: second.json.next, hasMore: false })
})

t.test('a cursor behind which changes were archived is told where to go on', async t => {
  const cut = { seq: 40, activityId: 70, hash: '', at: Date.UTC(2026, 0, 31) }
  const memory = createMemoryStore()
  const changesAfter = () => Promise.reject(new PositionArchived(cut))
  const face = await startJsonFace(t, { store: { ...memory, changesAfter } })

  const { status, json } = await read(face, '?after=0.0')

  t.equal(status, 410)
  t.match(json, { type: /archived$/, detail: /all up to 2026-01-31.*go on with after=40\.70/ })
})

t.test('filters select, and a reader gets on also where nothing fits', async t => {
  const face = await startJsonFace(t)
  await change(face, 'unsubscribed')
  await change(face, 'subscribed')
  await change(face, 'unsubscribed', 'bo@example.org')
  await face.writes.submit(aSubmission({ command: aSave({ address: 'cy@example.org' }) }))

  t.match(changesOf(await read(face, '?status=subscribed')), [{ version: 2 }])
  t.match(changesOf(await read(face, '?address=BO@example.org')), [{ address: 'bo@example.org' }])
  t.equal(changesOf(await read(face, '?source=phone')).length, 3)
  t.match(changesOf(await read(face, '?kinds=person-created,person-deleted')), [{ type: 'person-created' }])
  const nothing = await read(face, '?source=fax')
  t.match(nothing.json, { changes: [], hasMore: false })
  t.same(changesOf(await read(face, `?after=${nothing.json.next}`)), [], 'it need not look at them again')
})

t.test('a page is as long as asked for, and says whether there is more', async t => {
  const face = await startJsonFace(t)
  for (const name of ['a', 'b', 'c']) await change(face, 'unsubscribed', `${name}@example.org`)

  const first = await read(face, '?limit=2')
  const second = await read(face, `?limit=2&after=${first.json.next}`)

  t.same([changesOf(first).length, first.json.hasMore], [2, true])
  t.same([changesOf(second).length, second.json.hasMore], [1, false])
})

t.test('a start can be the end, or a time', async t => {
  const face = await startJsonFace(t)
  await change(face, 'unsubscribed')

  const { json } = await read(face, '?after=now')
  await change(face, 'subscribed')

  t.same(json.changes, [])
  t.match(changesOf(await read(face, `?after=${json.next}`)), [{ version: 2 }])
  t.equal(changesOf(await read(face, '?after=2026-01-31T08:30:00Z')).length, 2)
  t.equal(changesOf(await read(face, '?after=2999-01-31T08:30:00%2B01:00')).length, 0)
})

t.test('a reader that waits is told as soon as something is committed', async t => {
  const face = await startJsonFace(t)
  const waiting = read(face, '?wait=60')
  await eventually(() => face.changes.waiting === 1, { withinMs: 20_000 })

  await change(face, 'unsubscribed')

  t.match(changesOf(await waiting), [{ version: 1 }])
})

t.test('a reader that waits for one address sleeps through the changes of others', async t => {
  const face = await startJsonFace(t)
  const waiting = read(face, '?wait=60&address=ada@example.org')
  await eventually(() => face.changes.waiting === 1, { withinMs: 20_000 })

  await change(face, 'unsubscribed', 'bo@example.org')
  await change(face, 'unsubscribed', 'cy@example.org')
  await change(face, 'unsubscribed')

  t.match(changesOf(await waiting), [{ address: 'ada@example.org' }])
})

t.test('a hundred readers that wait cost about as many questions as one', async t => {
  const face = await startJsonFace(t)
  let questions = 0
  const { changesAfter } = face.store
  Object.assign(face.store, {
    changesAfter: (...given: Parameters<typeof changesAfter>) => {
      questions++
      return changesAfter(...given)
    },
  })
  const waiting = Array.from({ length: 100 }, (_, index) =>
    read(face, `?wait=60&status=unsubscribed&limit=${1 + (index % 9)}`),
  )
  await eventually(() => face.changes.waiting === 100, { withinMs: 30_000 })
  questions = 0

  await change(face, 'unsubscribed')

  for (const answer of await Promise.all(waiting)) t.equal(changesOf(answer).length, 1)
  t.ok(questions <= 10, `${questions} questions`)
})

t.test('who goes away while waiting is not waited for', async t => {
  const face = await startJsonFace(t)
  const away = new AbortController()
  const request = fetch(`${face.url}/v1/changes?wait=60`, {
    headers: { authorization: 'Bearer reader-key' },
    signal: away.signal,
  })
  await eventually(() => face.changes.waiting === 1, { withinMs: 20_000 })

  away.abort()

  await t.rejects(request)
  await eventually(() => face.changes.waiting === 0, { withinMs: 20_000 })
})

t.test('everybody who waits is let go when the server stops', async t => {
  const face = await startJsonFace(t)
  const waiting = [read(face, '?wait=60'), read(face, '?wait=60&source=x')]
  await eventually(() => face.changes.waiting === 2, { withinMs: 20_000 })

  face.changes.release()

  for (const { status, json } of await Promise.all(waiting))
    t.match({ status, json }, { status: 200, json: { next: '0.0' } })
  t.match((await read(face, '?wait=60')).json, { changes: [] }, 'and nobody is kept any more')
})

t.test('what cannot be meant is refused with its place', async t => {
  const face = await startJsonFace(t)
  const refused: readonly (readonly [string, string])[] = [
    ['?after=yesterday', 'query.after'],
    ['?after=5.0', 'query.after'],
    ['?limit=0', 'query.limit'],
    ['?limit=1001', 'query.limit'],
    ['?wait=61', 'query.wait'],
    ['?kinds=person-eaten', 'query.kinds'],
    ['?address=nobody', 'query.address'],
    ['?status=maybe', 'query.status'],
    ['?kinds=person-created&address=ada@example.org', 'query.address'],
    ['?kinds=status-changed,list-left&status=subscribed', 'query.status'],
    ['?since=1', 'query.since'],
  ]
  for (const [query, path] of refused) {
    const { status, json } = await read(face, query)
    t.match({ status, json }, { status: 422, json: { errors: [{ path }] } }, query)
  }
  t.equal((await face.ask('GET', '/v1/changes', { as: null })).status, 401)
})
