// The pages of lists: how long they are, how they hang together, and what is no cursor.
import t from 'tap'
import type { z } from 'zod'
import { pageOf } from '../../src/rest/page.js'
import { personResource } from '../../src/rest/person-resource.js'
import { aSave, aSubmission } from '../support/builders.js'
import { personIdOf } from '../support/group-commits.js'
import { type JsonFace, startJsonFace } from '../support/json-face.js'

const path = '/v1/addresses/ada@example.org/people'

async function people(face: JsonFace, count: number): Promise<readonly number[]> {
  const command = aSave({ address: 'ada@example.org', mode: 'duplicate' })
  const answers = await face.writes.submitAll(Array.from({ length: count }, () => aSubmission({ command })))
  return answers.map(answer => personIdOf(answer as Exclude<typeof answer, Error>))
}

const page = pageOf('people', personResource)
const listed = async (face: JsonFace, query: string) => {
  const { status, json } = await face.ask('GET', `${path}${query}`, { as: 'reader' })
  if (status !== 200) throw new Error(`${status}: ${JSON.stringify(json)}`)
  return page.parse(json)
}

t.test('pages follow each other without a gap or a repetition, and the last one says so', async t => {
  const face = await startJsonFace(t)
  const ids = await people(face, 7)

  const seen: number[][] = []
  let next: string | null = ''
  while (next !== null) {
    const { people, next: after }: z.output<typeof page> = await listed(face, `?limit=3${next && `&after=${next}`}`)
    seen.push(people.map(({ id }) => id))
    next = after
  }

  t.same(seen, [ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)])
  t.equal((await listed(face, '?limit=7')).next, null, 'a page that is just full has nothing behind it')
  t.same(await listed(face, '?limit=1000'), await listed(face, ''))
})

t.test('a page has a hundred things unless told, and a thousand at most', async t => {
  const face = await startJsonFace(t)
  await people(face, 101)

  t.equal((await listed(face, '')).people.length, 100)
  t.equal((await listed(face, '?limit=1000')).people.length, 101)
  for (const limit of ['0', '1001', '-1', '1.5', '1e2', 'all', '', '10&limit=20']) {
    const { status, json } = await face.ask('GET', `${path}?limit=${limit}`)
    t.match({ status, json }, { status: 422, json: { errors: [{ path: 'query.limit' }] } }, limit)
  }
})

t.test('a list of nothing is a page of nothing', async t => {
  const face = await startJsonFace(t)

  t.same(await listed(face, ''), { people: [], next: null })
})

t.test('what is no cursor of the list is a finding, never a defect', async t => {
  const face = await startJsonFace(t)
  await people(face, 2)
  const { next } = await listed(face, '?limit=1')
  const good = JSON.parse(Buffer.from(String(next), 'base64url').toString()) as object
  const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const forged = (changes: object): string => encoded({ ...good, ...changes })

  for (const after of [
    '',
    'x',
    '%00',
    '!!!!',
    'bnVsbA',
    encoded([]),
    encoded({}),
    encoded({ length: 2 }),
    forged({ place: undefined }),
    forged({ place: 1 }),
    forged({ place: ['1'] }),
    forged({ place: [1.5] }),
    forged({ place: [null] }),
    forged({ place: [1, 2] }),
    forged({}).slice(0, -3),
    forged({ list: 'another-list' }),
    forged({ filters: undefined }),
    forged({ filters: 'AAAAAAAA' }),
    'A'.repeat(4_000),
    `${next}&after=x`,
  ]) {
    const { status, json } = await face.ask('GET', `${path}?after=${after}`)
    t.match({ status, json }, { status: 422, json: { errors: [{ path: 'query.after' }] } }, after)
  }
  t.equal((await face.ask('GET', `${path}?after=${forged({})}`)).status, 200)
})

t.test('a cursor goes with the filters of its list, however they are written, and with no others', async t => {
  const face = await startJsonFace(t)
  const [id] = await people(face, 3)
  const begun = async (path: string): Promise<string> => {
    const { status, json } = await face.ask('GET', path)
    if (status !== 200 || json.next === null) throw new Error(`${status}: no cursor of ${path}`)
    return String(json.next)
  }
  const ofPeople = await begun('/v1/people?limit=1')
  const ofAda = await begun('/v1/people?limit=1&email=ada@example.org')
  const ofWindow = await begun('/v1/people?limit=1&updatedFrom=2026-01-01T00:00:00Z')
  const ofAddress = await begun(`${path}?limit=1`)
  await face.ask('PATCH', `/v1/people/${id}`, { body: { fields: { city: 'Ulm' } } })
  const ofHistory = await begun(`/v1/people/${id}/history?limit=1`)

  for (const path of [
    `/v1/people?after=${ofPeople}&limit=7`,
    `/v1/people?after=${ofAda}&email=ADA%40Example.org`,
    `/v1/people?after=${ofWindow}&updatedFrom=2026-01-01T01:00:00%2B01:00`,
    `/v1/addresses/Ada@EXAMPLE.org/people?after=${ofAddress}`,
    `/v1/people/${id}/history?after=${ofHistory}`,
  ]) {
    t.equal((await face.ask('GET', path)).status, 200, path)
  }
  for (const path of [
    `/v1/people?after=${ofPeople}&email=ada@example.org`,
    `/v1/people?after=${ofPeople}&updatedFrom=2026-01-01T00:00:00Z`,
    `/v1/people?after=${ofAda}`,
    `/v1/people?after=${ofAda}&email=bob@example.org`,
    `/v1/people?after=${ofWindow}&updatedFrom=2026-01-02T00:00:00Z`,
    `/v1/people?after=${ofWindow}&updatedFrom=2026-01-01T00:00:00Z&updatedTo=2026-02-01T00:00:00Z`,
    `/v1/addresses/bob@example.org/people?after=${ofAddress}`,
    `/v1/people/${Number(id) + 1}/history?after=${ofHistory}`,
    `/v1/people/${id}/history?after=${ofHistory}&attribute=city`,
  ]) {
    const { status, json } = await face.ask('GET', path)
    const errors = [{ path: 'query.after', message: /other filters.*exactly the filters.*leave 'after' out/ }]
    t.match({ status, json }, { status: 422, json: { errors } }, path)
  }
})
