// The history of an address: every change of its status, and what the status was at a time. It works for an address
// that nobody has.

import { z } from 'zod'
import type { HistoryStore, StatusChangeLine } from '../service/history.js'
import { atQuery, filterOf, historyFilters, madeBy, presentMadeBy, refuseFuture } from './history-query.js'
import { cursors, pageOf } from './page.js'
import { type GuardedRoute, route } from './route.js'
import { timestamp, timeText } from './time.js'
import { addressInUrl } from './url.js'

const status = z.enum(['subscribed', 'unsubscribed'])

export const statusChange = z
  .object({
    version: z.int(),
    from: status.describe('The same as `to` where a stronger cause took the place of a weaker one.'),
    to: status,
    at: timestamp,
    actor: z.string(),
    source: z.string(),
    reason: z.string(),
    evidence: z.string().nullable(),
    command: madeBy,
  })
  .meta({ id: 'StatusHistoryLine' })

export const statusThen = z
  .object({
    address: z.string(),
    at: timestamp,
    status,
    version: z.int(),
    cause: statusChange.nullable().describe('The change that made it so; null: nobody had ever set it by then.'),
  })
  .meta({ id: 'StatusThen' })

const historyCursors = cursors('history-of-address', z.tuple([z.int()]))

export function addressHistoryRoutes({ reads }: { readonly reads: HistoryStore }): GuardedRoute[] {
  const params = z.strictObject({ address: addressInUrl })
  return [
    route({
      method: 'GET',
      path: '/v1/addresses/:address/history',
      operationId: 'listStatusChanges',
      tag: 'History',
      summary: 'Every change of the status of an address, the newest first',
      role: 'reader',
      params,
      query: z.strictObject({ ...historyCursors.query, ...historyFilters }),
      replies: { 200: pageOf('changes', statusChange) },
      examples: [
        { title: 'All of it', params: { address: 'ada@example.org' }, status: 200 },
        {
          title: 'From one source',
          params: { address: 'ada@example.org' },
          query: { source: 'SOAP API' },
          status: 200,
        },
      ],
      async handle({ params: { address }, query: { limit, after, ...filter }, filters }) {
        const page = { before: after?.place[0] ?? null, limit }
        const { lines, hasMore } = await reads.addressHistory(address.key, filterOf(filter), page)
        const last = lines.at(-1)
        const next = historyCursors.next(filters, hasMore, last && [last.version])
        return { status: 200, content: { type: 'json', value: { changes: lines.map(presentChange), next } } }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/addresses/:address/status',
      operationId: 'getStatusAt',
      tag: 'History',
      summary: 'What the status of an address was at a time, and why',
      role: 'reader',
      params,
      query: atQuery,
      replies: { 200: statusThen },
      examples: [
        {
          title: 'On a day',
          params: { address: 'ada@example.org' },
          query: { at: '2026-01-31T08:30:00Z' },
          status: 200,
        },
      ],
      async handle({ params: { address }, query: { at } }) {
        refuseFuture(at)
        const cause = await reads.statusAt(address.key, at)
        const value: z.input<typeof statusThen> = {
          address: address.key,
          at: timeText(at),
          status: cause?.status ?? 'subscribed',
          version: cause?.version ?? 0,
          cause: cause === undefined ? null : presentChange(cause),
        }
        return { status: 200, content: { type: 'json', value } }
      },
    }),
  ]
}

export function presentChange(line: StatusChangeLine): z.input<typeof statusChange> {
  const { version, from, status: to, at, actor, source, reason, evidence } = line
  return { version, from, to, at: timeText(at), actor, source, reason, evidence, command: presentMadeBy(line) }
}
