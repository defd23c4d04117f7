// Lists of people by what an index knows, page after page.
import t from 'tap'
import { type JsonFace, startJsonFace } from '../support/json-face.js'

async function make(face: JsonFace, people: readonly object[], mode = 'upsert'): Promise<readonly number[]> {
  const { json } = await face.ask('POST', '/v1/people', { body: { mode, people } })
  return (json.results as { id: number }[]).map(({ id }) => id)
}

async function pages(face: JsonFace, query: string, between: () => Promise<unknown> = async () => {}) {
  const seen: number[] = []
  let next: unknown = ''
  while (next !== null) {
    const after = next === '' ? '' : `&after=${next}`
    const { status, json } = await face.ask('GET', `/v1/people?${query}&limit=2${after}`, { as: 'reader' })
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(json)}`)
    seen.push(...(json.people as { id: number }[]).map(({ id }) => id))
    next = json.next
    await between()
  }
  return seen
}

const five = Array.from({ length: 5 }, (_, n) => ({ email: `p${n}@example.org` }))

t.test('without a filter everybody comes once, also who is touched meanwhile', async t => {
  const face = await startJsonFace(t)
  const ids = await make(face, five)

  t.same(await pages(face, '', () => make(face, [{ id: ids[4], fields: { city: `${Math.random()}` } }])), ids)
})

t.test('by address: everybody who has it, whatever its spelling', async t => {
  const face = await startJsonFace(t)
  const ids = await make(face, Array(3).fill({ email: 'ada@example.org' }), 'duplicate')
  await make(face, five)

  t.same(await pages(face, 'email=ADA%40Example.org'), ids)
  t.same(await pages(face, 'email=nobody@example.org'), [])
})

t.test('by the id of another system, in capitals or not, and in both forms that Salesforce has', async t => {
  const face = await startJsonFace(t)
  const [ada, bob] = await make(face, [
    { foreignId: { system: 'SFDC', id: '0035g00001X2y3z' }, email: 'ada@example.org' },
    { foreignId: { system: 'CRM', id: '7' }, email: 'bob@example.org' },
  ])

  t.same(await pages(face, 'foreignSystem=sfdc&foreignId=%200035g00001X2y3z%20'), [ada])
  t.same(await pages(face, 'foreignSystem=SFDC&foreignId=0035g00001X2y3zAAB'), [ada])
  t.same(await pages(face, 'foreignSystem=SFDC&foreignId=0035g00001X2y3zAAA'), [], 'a wrong suffix')
  t.same(await pages(face, 'foreignSystem=CRM&foreignId=7'), [bob])
  t.same(await pages(face, 'foreignSystem=CRM&foreignId=8'), [])
})

t.test('by update: in the order of time, the window of the first page for all, and told where it ends', async t => {
  const face = await startJsonFace(t)
  const ids = await make(face, five)
  const updates = await Promise.all(ids.map(async id => (await face.ask('GET', `/v1/people/${id}`)).json.updatedAt))
  const [from] = updates.toSorted()

  t.same((await pages(face, `updatedFrom=${from}`)).toSorted(), ids.toSorted())
  t.same(await pages(face, 'updatedFrom=2000-01-01T00:00:00Z&updatedTo=2000-01-02T00:00:00+02:00'), [])
  const { json } = await face.ask('GET', `/v1/people?updatedFrom=${from}`)
  t.ok(Date.parse(String(json.updatedTo)) >= Date.parse(String(updates.toSorted().at(-1))))
  const stated = await face.ask('GET', '/v1/people?updatedTo=2030-01-01T00:00:00Z')
  t.equal(stated.json.updatedTo, '2030-01-01T00:00:00.000Z')
})

t.test('by field: whoever has the value, in the form in which fields are kept', async t => {
  const face = await startJsonFace(t)
  const all = [
    { city: 'Ulm', doNotCall: true },
    { city: 'ulm' },
    { city: 'Ulm' },
    {},
    { city: 'Ulm', doNotCall: false },
  ]
  const ids = await make(
    face,
    all.map((fields, n) => ({ email: `p${n}@example.org`, fields })),
  )

  t.same(await pages(face, 'field=City&value=Ulm'), [ids[0], ids[2], ids[4]])
  t.same(await pages(face, 'field=doNotCall&value=true'), [ids[0]])
  t.same(await pages(face, 'field=city&value=Bonn'), [])
})

t.test('what cannot be asked for, and filters that do not go together, are refused with what to do', async t => {
  const face = await startJsonFace(t)
  await make(face, five)
  const { json } = await face.ask('GET', '/v1/people?limit=2')
  const cases = [
    ['firstName=Ada', 'query.firstName', /people are listed by email, by foreignSystem and foreignId, by field/],
    ['email=ada', 'query.email', /got no @/],
    ['email=a@example.org&updatedFrom=2026-01-01T00:00:00Z', 'query', /one filter/],
    ['foreignId=7', 'query.foreignSystem', /is needed/],
    ['foreignSystem=CRM', 'query.foreignId', /is needed/],
    ['foreignSystem=a%20b&foreignId=7', 'query.foreignSystem', /letters/],
    ['field=city', 'query.value', /is needed/],
    ['value=Ulm', 'query.field', /is needed/],
    ['field=shoeSize&value=7', 'query.field', /there is no field 'shoeSize'/],
    ['field=Email&value=a@example.org', 'query.field', /as `email`/],
    ['field=unsubscribed&value=true', 'query.field', /belongs to the address/],
    ['field=leadScore&value=many', 'query.value', /whole number/],
    ['field=city&value=', 'query.value', /expected a value/],
    ['field=city&value=Ulm&email=a@example.org', 'query', /one filter/],
    ['updatedFrom=yesterday', 'query.updatedFrom', /such as 2026/],
    ['updatedFrom=2026-01-31T08:30:00', 'query.updatedFrom', /zone/],
    [`updatedFrom=2026-01-31T08:30:00Z&after=${json.next}`, 'query.after', /other filters/],
  ] as const
  for (const [query, path, message] of cases) {
    const { status, json } = await face.ask('GET', `/v1/people?${query}`)
    t.match({ status, json }, { status: 422, json: { errors: [{ path, message }] } }, query)
  }
})
