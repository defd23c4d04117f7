// The history of a person: what happened to it, by whom and why; and why it was mailed or not at a time. It works for
// people that were deleted since.

import { z } from 'zod'
import type { HistoryLine } from '../service/history.js'
import { type PersonAt, personAt } from '../service/person-at.js'
import type { Service } from '../service/service.js'
import { presentChange, statusChange } from './address-history.js'
import { atQuery, filterOf, historyFilters, madeBy, presentMadeBy, refuseFuture } from './history-query.js'
import { statedText } from './input.js'
import { cursors, pageOf } from './page.js'
import { notFound, Problem } from './problem.js'
import { type GuardedRoute, route } from './route.js'
import { timestamp, timeText } from './time.js'
import { personIdInUrl } from './url.js'

export const activity = z
  .object({
    id: z.int(),
    kind: z.string(),
    attribute: z.string().nullable().describe('The field that changed, or the list.'),
    from: z.string().nullable(),
    to: z.string().nullable(),
    at: timestamp,
    actor: z.string(),
    source: z.string(),
    reason: z.string(),
    statusVersion: z.int().nullable().describe('The version of the status that a change of the flag followed from.'),
    command: madeBy,
  })
  .meta({ id: 'Activity' })

export const personThen = z
  .object({
    id: z.int(),
    at: timestamp,
    exists: z.boolean(),
    email: z.string().nullable(),
    emailSince: timestamp.nullable().describe('Null: no address, or longer than its history is kept.'),
    unsubscribed: z.boolean().nullable().describe('Null where the person did not exist.'),
    cause: statusChange.nullable().describe('The change of the status of that address which made it so.'),
    explanation: z.string().describe('All of that as a sentence.'),
  })
  .meta({ id: 'PersonThen' })

const historyCursors = cursors('history-of-person', z.tuple([z.int()]))
const ada = { id: '1000000001' }

export function personHistoryRoutes({ reads, fields }: Pick<Service, 'reads' | 'fields'>): GuardedRoute[] {
  const params = z.strictObject({ id: personIdInUrl })
  return [
    route({
      method: 'GET',
      path: '/v1/people/:id/history',
      operationId: 'listActivities',
      tag: 'History',
      summary: 'What happened to a person, the newest first',
      description: 'Also of one that was deleted. Of an id that nobody ever had it is empty.',
      role: 'reader',
      params,
      query: z.strictObject({
        ...historyCursors.query,
        attribute: statedText(255).optional().describe('A field, by any of its names; or the name of a list.'),
        ...historyFilters,
      }),
      replies: { 200: pageOf('activities', activity) },
      examples: [
        { title: 'All of it', params: ada, status: 200 },
        { title: 'The flag', params: ada, query: { attribute: 'unsubscribed', limit: '10' }, status: 200 },
      ],
      async handle({ params: { id }, query: { limit, after, attribute, ...given }, filters }) {
        const filter = { ...filterOf(given), attribute: attribute === undefined ? null : fieldNameOf(attribute) }
        const { lines, hasMore } = await reads.personHistory(id, filter, { before: after?.place[0] ?? null, limit })
        const last = lines.at(-1)
        const next = historyCursors.next(filters, hasMore, last && [last.id])
        return { status: 200, content: { type: 'json', value: { activities: lines.map(presentLine), next } } }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/people/:id/status',
      operationId: 'getPersonAt',
      tag: 'History',
      summary: 'Why a person was mailed, or not mailed, at a time',
      description: 'Which address it had then, what the status of that address was, and who had made it so.',
      role: 'reader',
      params,
      query: atQuery,
      replies: { 200: personThen },
      problems: {
        404: 'Nobody ever had this id.',
        410: 'What the person was made with was erased, or what would tell it was archived.',
      },
      examples: [{ title: 'On a day', params: ada, query: { at: '2026-01-31T08:30:00Z' }, status: 200 }],
      async handle({ params: { id }, query: { at } }) {
        refuseFuture(at)
        const value = presentPersonAt(id, at, await personAt(id, at, reads))
        return { status: 200, content: { type: 'json', value } }
      },
    }),
  ]

  function fieldNameOf(attribute: string): string {
    return fields.dictionary.find(attribute)?.name ?? attribute
  }
  function presentLine(line: HistoryLine): z.input<typeof activity> {
    const { id, kind, from, to, at, actor, source, reason, statusVersion } = line
    const attribute = kind === 'value-changed' ? jsonNameOf(line.attribute) : line.attribute
    const command = presentMadeBy(line)
    return { id, kind, attribute, from, to, at: timeText(at), actor, source, reason, statusVersion, command }
  }
  function jsonNameOf(name: string | null): string | null {
    return name === null ? null : (fields.dictionary.find(name)?.jsonName ?? name)
  }
}

function presentPersonAt(id: number, time: number, then: PersonAt): z.input<typeof personThen> {
  const at = timeText(time)
  switch (then.type) {
    case 'never-heard-of':
      throw notFound(`nobody ever had the id ${id}`)
    case 'erased':
      throw new Problem({ status: 410, name: 'erased', title: 'Erased', detail: 'the address of then was erased' })
    case 'archived': {
      const detail = `what would tell it was archived: all up to ${timeText(then.upTo)}; ask for a later time`
      throw new Problem({ status: 410, name: 'archived', title: 'Archived', detail })
    }
    case 'not-there': {
      const { life } = then
      const explanation = life === undefined ? 'the person was made later' : `the person was gone ${told(life)}`
      return { id, at, exists: false, email: null, emailSince: null, unsubscribed: null, cause: null, explanation }
    }
    case 'there': {
      const { address, unsubscribed, status, ownFlag } = then
      const is = unsubscribed ? 'unsubscribed' : 'subscribed'
      const why = status ?? ownFlag
      const since = why === undefined ? ', as nobody had ever said otherwise' : ` ${told(why)}`
      const explanation =
        address === null
          ? `the person had no address, and was ${is} itself${since}`
          : `the person had the address ${address.address.text}, which was ${is}${since}`
      const email = address?.address.text ?? null
      const emailSince = address?.got ? timeText(address.got.at) : null
      const cause = status === undefined ? null : presentChange(status)
      return { id, at, exists: true, email, emailSince, unsubscribed, cause, explanation }
    }
  }
}

function told({ at, actor, source, reason }: { at: number; actor: string; source: string; reason: string }): string {
  return `since ${timeText(at)}, by ${actor} through ${source}, for the reason '${reason}'`
}
