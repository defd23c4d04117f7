// Lists of people: everybody, who has an address or an id of another system, and who was touched within a window of
// time. Only what the store answers from an index can be asked for; it says so where something else is.

import { z } from 'zod'
import { salesforce, salesforceIdForms } from '../domain/salesforce-id.js'
import type { PeoplePage, PeopleSelection, UpdateWindow } from '../service/ports.js'
import type { Service } from '../service/service.js'
import { cursors, type FilterMark, pageOf } from './page.js'
import { foreignIdText, foreignSystem } from './person-record.js'
import { personResource, presentPeople } from './person-resource.js'
import { type Finding, invalid } from './problem.js'
import { type GuardedRoute, route } from './route.js'
import { timestamp, timeText } from './time.js'
import { addressInUrl, momentInUrl } from './url.js'

// Behind one of the order of ids; or behind a touch, within the window that the first page had.
const place = z.union([z.tuple([z.int()]), z.tuple([z.int(), z.int(), z.int(), z.int()])])
const peopleCursors = cursors('people', place)

const indexed = 'people are listed by email, by foreignSystem and foreignId, or by updatedFrom and updatedTo'

const query = z.strictObject(
  {
    ...peopleCursors.query,
    email: addressInUrl.optional(),
    foreignSystem: foreignSystem.optional(),
    foreignId: foreignIdText.optional(),
    updatedFrom: momentInUrl.optional().describe('Touched then or later, by a command or by a change of status.'),
    updatedTo: momentInUrl.optional().describe('Touched then or before; now unless told.'),
  },
  { error: issue => (issue.code === 'unrecognized_keys' ? `cannot be asked for: ${indexed}` : undefined) },
)
type Query = z.output<typeof query>

type Asked =
  | { readonly type: 'selection'; readonly selection: PeopleSelection; readonly after: number }
  | { readonly type: 'window'; readonly window: UpdateWindow; readonly after: { at: number; id: number } | null }

export function listPeopleRoute({ reads, fields }: Pick<Service, 'reads' | 'fields'>): GuardedRoute {
  return route({
    method: 'GET',
    path: '/v1/people',
    operationId: 'listPeople',
    tag: 'People',
    summary: 'People, by address, by the id of another system, or by when they were touched',
    description:
      'Without a filter everybody, in the order of ids. With updatedFrom or updatedTo in the order of time; the ' +
      'window of the first page holds for all, and updatedTo says where it ends: whoever is touched while it is read ' +
      'is in the window that begins there. Fields cannot be asked for, since no index has their values.',
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
      { title: 'Who was touched since', query: { updatedFrom: '2026-01-31T08:30:00Z', limit: '500' }, status: 200 },
    ],
    async handle({ query, filters }) {
      const now = Date.now()
      const asked = readQuery(query, now)
      if (asked.type === 'selection') {
        const { selection, after } = asked
        const page = await reads.selectedPeople(selection, { after, limit: query.limit })
        return shown(page, filters, null, ({ id }) => [id])
      }
      const { window, after } = asked
      // Who asks up to now, and next time from now on, must not miss what was timed before and is committed after.
      if (window.to > now - settlingMs) await reads.settled()
      const page = await reads.updatedPeople(window, { after, limit: query.limit })
      return shown(page, filters, window.to, ({ id, updatedAt }) => [window.from, window.to, updatedAt, id])
    },
  })

  async function shown(
    { people, hasMore }: PeoplePage,
    filters: FilterMark,
    to: number | null,
    placeOf: (last: PeoplePage['people'][number]['person']) => z.input<typeof place>,
  ) {
    const last = people.at(-1)?.person
    const next = peopleCursors.next(filters, hasMore, last && placeOf(last))
    const value = { people: await presentPeople(people, fields), next, updatedTo: to === null ? null : timeText(to) }
    return { status: 200, content: { type: 'json', value } } as const
  }
}

// Far longer than a batch can be between its time and its commit.
const settlingMs = 60_000

function readQuery({ after, email, foreignSystem, foreignId, updatedFrom, updatedTo }: Query, now: number): Asked {
  const place = after?.place
  const findings: Finding[] = []
  const isWindow = updatedFrom !== undefined || updatedTo !== undefined
  const isForeign = foreignSystem !== undefined || foreignId !== undefined
  if ([email !== undefined, isForeign, isWindow].filter(Boolean).length > 1) {
    findings.push({ path: 'query', message: `expected one filter: ${indexed}` })
  }
  if (isForeign && (foreignSystem === undefined || foreignId === undefined)) {
    const path = foreignSystem === undefined ? 'query.foreignSystem' : 'query.foreignId'
    findings.push({ path, message: 'is needed: an id of another system is named by both' })
  }
  if (findings.length > 0) throw invalid(findings)
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
