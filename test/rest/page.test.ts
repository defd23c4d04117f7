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
  const forged = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  for (const after of [
    '',
    'x',
    '%00',
    '!!!!',
    'bnVsbA',
    forged([]),
    forged(['people-of-address']),
    forged(['people-of-address', 1]),
    forged(['people-of-address', ['1']]),
    forged(['people-of-address', [1.5]]),
    forged(['people-of-address', [null]]),
    forged(['people-of-address', [1, 2]]),
    forged(['people-of-address', [1]]).slice(0, -3),
    forged(['another-list', [1]]),
    forged({ length: 2 }),
    'A'.repeat(4_000),
    `${forged(['people-of-address', [1]])}&after=x`,
  ]) {
    const { status, json } = await face.ask('GET', `${path}?after=${after}`)
    t.match({ status, json }, { status: 422, json: { errors: [{ path: 'query.after' }] } }, after)
  }
  t.equal((await face.ask('GET', `${path}?after=${forged(['people-of-address', [1]])}`)).status, 200)
})
