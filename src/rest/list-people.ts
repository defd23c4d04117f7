// Lists of people: everybody, who has an address, an id of another system or a value of a field, and who was touched
// within a window of time. How the store finds them is not known here, but that fields take it a look at everybody is.

import { z } from 'zod'
import { type FieldDictionary, fieldNameLengthMax } from '../domain/field.js'
import { salesforce, salesforceIdForms } from '../domain/salesforce-id.js'
import type { FieldSelection, PeopleSelection, PersonView, UpdateWindow } from '../service/ports.js'
import type { Service } from '../service/service.js'
import { readSelection } from './field-selection.js'
import { statedText } from './input.js'
import { cursors, pageOf } from './page.js'
import { foreignIdText, foreignSystem } from './person-record.js'
import { personResource, presentPeople } from './person-resource.js'
import { type Finding, invalid } from './problem.js'
import { type GuardedRoute, type Reply, route } from './route.js'
import { timestamp, timeText } from './time.js'
import { addressInUrl, momentInUrl } from './url.js'

// Behind one of the order of ids; or behind a touch, within the window that the first page had.
const place = z.union([z.tuple([z.int()]), z.tuple([z.int(), z.int(), z.int(), z.int()])])
const peopleCursors = cursors('people', place)

const filters =
  'people are listed by email, by foreignSystem and foreignId, by field and value, or by updatedFrom and updatedTo'
const lookedAtMax = 5_000
/** Of a value that is asked for; URLs may be no longer anyway. */
const valueLengthMax = 1_000

const query = z.strictObject(
  {
    ...peopleCursors.query,
    email: addressInUrl.optional(),
    foreignSystem: foreignSystem.optional(),
    foreignId: foreignIdText.optional(),
    field: statedText(fieldNameLengthMax).optional().describe('A field that is kept of people, by any of its names.'),
    value: z.string().max(valueLengthMax).optional().describe('Exactly this, in the form in which it is shown.'),
    updatedFrom: momentInUrl.optional().describe('Touched then or later, by a command or by a change of status.'),
    updatedTo: momentInUrl.optional().describe('Touched then or before; now unless told.'),
  },
  { error: issue => (issue.code === 'unrecognized_keys' ? `cannot be asked for: ${filters}` : undefined) },
)
type Query = z.output<typeof query>

type Asked =
  | { readonly type: 'selection'; readonly selection: PeopleSelection; readonly after: number }
  | { readonly type: 'field'; readonly selection: FieldSelection; readonly after: number }
  | { readonly type: 'window'; readonly window: UpdateWindow; readonly after: { at: number; id: number } | null }

export function listPeopleRoute({ reads, fields }: Pick<Service, 'reads' | 'fields'>): GuardedRoute {
  return route({
    method: 'GET',
    path: '/v1/people',
    operationId: 'listPeople',
    tag: 'People',
    summary: 'People, by address, by the id of another system, by a field, or by when they were touched',
    description:
      'Without a filter everybody, in the order of ids. With updatedFrom or updatedTo in the order of time; the ' +
      'window of the first page holds for all, and updatedTo says where it ends: whoever is touched while it is read ' +
      'is in the window that begins there. With field and value a request looks at some thousand people, since no ' +
      'index has their values: a page may be short or empty and have a `next` all the same.',
    role: 'reader',
    query,
    replies: {
      200: pageOf('people', personResource).extend({
        updatedTo: timestamp.nullable().describe('Where the window ends; null where none was asked for.'),
      }),
    },
    examples: [
      { title: 'Everybody', status: 200 },
      { title: 'Who has an address', query: { email: 'ada@example.org' }, status: 200 },
      { title: 'Who has an id', query: { foreignSystem: 'SFDC', foreignId: '0035g00001X2y3z' }, status: 200 },
      { title: 'Who has a value', query: { field: 'city', value: 'Berlin' }, status: 200 },
      { title: 'Who was touched since', query: { updatedFrom: '2026-01-31T08:30:00Z', limit: '500' }, status: 200 },
    ],
    async handle({ query, filters }) {
      const now = Date.now()
      if (query.field !== undefined && fields.dictionary.find(query.field) === undefined) await fields.reload()
      const asked = readQuery(query, now, fields.dictionary)
      if (asked.type === 'field') {
        const { selection, after } = asked
        const { people, next } = await reads.peopleWithValue(selection, { after, limit: query.limit, lookedAtMax })
        return shown(people, null, peopleCursors.next(filters, next !== null, next === null ? undefined : [next]))
      }
      if (asked.type === 'selection') {
        const { selection, after } = asked
        const { people, hasMore } = await reads.selectedPeople(selection, { after, limit: query.limit })
        const last = people.at(-1)?.person
        return shown(people, null, peopleCursors.next(filters, hasMore, last && [last.id]))
      }
      const { window, after } = asked
      // Who asks up to now, and next time from now on, must not miss what was timed before and is committed after.
      if (window.to > now - settlingMs) await reads.settled()
      const { people, hasMore } = await reads.updatedPeople(window, { after, limit: query.limit })
      const last = people.at(-1)?.person
      const place = last && ([window.from, window.to, last.updatedAt, last.id] as const)
      return shown(people, window.to, peopleCursors.next(filters, hasMore, place && [...place]))
    },
  })

  async function shown(people: readonly PersonView[], to: number | null, next: string | null): Promise<Reply> {
    const value = { people: await presentPeople(people, fields), next, updatedTo: to === null ? null : timeText(to) }
    return { status: 200, content: { type: 'json', value } }
  }
}

// Far longer than a batch can be between its time and its commit.
const settlingMs = 60_000

function readQuery(query: Query, now: number, dictionary: FieldDictionary): Asked {
  const { after, email, foreignSystem, foreignId, field, value, updatedFrom, updatedTo } = query
  const place = after?.place
  const findings: Finding[] = []
  const isWindow = updatedFrom !== undefined || updatedTo !== undefined
  const isForeign = foreignSystem !== undefined || foreignId !== undefined
  const isField = field !== undefined || value !== undefined
  if ([email !== undefined, isForeign, isField, isWindow].filter(Boolean).length > 1) {
    findings.push({ path: 'query', message: `expected one filter: ${filters}` })
  }
  if (isForeign && (foreignSystem === undefined || foreignId === undefined)) {
    const path = foreignSystem === undefined ? 'query.foreignSystem' : 'query.foreignId'
    findings.push({ path, message: 'is needed: an id of another system is named by both' })
  }
  if (isField && (field === undefined || value === undefined)) {
    const path = field === undefined ? 'query.field' : 'query.value'
    findings.push({ path, message: 'is needed: a field is asked for with its value' })
  }
  if (findings.length > 0) throw invalid(findings)
  if (field !== undefined && value !== undefined) {
    const read = readSelection({ field, value }, dictionary, 'query')
    if (read.type === 'not-possible') throw invalid(read.findings)
    return { type: 'field', selection: read.selection, after: place?.[0] ?? 0 }
  }
  if (isWindow) {
    if (place?.length !== 4) {
      return { type: 'window', window: { from: updatedFrom ?? 0, to: updatedTo ?? now }, after: null }
    }
    const [from, to, at, id] = place
    return { type: 'window', window: { from, to }, after: { at, id } }
  }
  return { type: 'selection', selection: selectionOf(), after: place?.[0] ?? 0 }

  function selectionOf(): PeopleSelection {
    if (email !== undefined) return { type: 'addresses', keys: [email.key] }
    if (foreignSystem === undefined || foreignId === undefined) return { type: 'everybody' }
    const values = foreignSystem === salesforce ? salesforceIdForms(foreignId) : [foreignId]
    return { type: 'foreign-ids', system: foreignSystem, values }
  }
}
