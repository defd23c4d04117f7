// The change feed as this face shows it: what a reader may ask for, its cursors, and how a change is written, which is
// the same for webhooks. How changes are found is not known here.

import { z } from 'zod'
import { shownKey } from '../domain/erasure.js'
import { type ChangeFeed, PositionAhead, TooManyWaiting } from '../service/changes/change-feed.js'
import {
  type Change,
  type ChangeKind,
  type ChangePosition,
  changeKinds,
  PositionArchived,
} from '../service/changes/changes.js'
import type { Service } from '../service/service.js'
import { type Finding, invalid, Problem } from './problem.js'
import { type GuardedRoute, route } from './route.js'
import { timestamp, timeText } from './time.js'
import { addressInUrl, momentInUrl } from './url.js'

const limitMax = 1_000
const limitDefault = 100
const waitSecondsMax = 60

const common = {
  id: z.string().describe('The same wherever and however often this change is told.'),
  at: timestamp,
  reason: z.string(),
  source: z.string().describe('What it came through.'),
  actor: z.string().describe('The credential, or the part of the system.'),
  commandId: z.string().describe('The command that did it; the changes of one command share it.'),
}

const status = z.enum(['subscribed', 'unsubscribed'])

export const statusChange = z
  .object({
    type: z.literal('status-changed'),
    ...common,
    address: z.string().nullable().describe('Null where it was erased since.'),
    from: status.describe('The same as `to` where a stronger cause took the place of a weaker one.'),
    to: status,
    version: z.int().describe('Version of the status that this made; it never goes back for an address.'),
    evidence: z.string().nullable(),
  })
  .meta({ id: 'StatusChange' })

export const personChange = z
  .object({
    type: z.enum(changeKinds).exclude(['status-changed']),
    ...common,
    personId: z.int(),
    attribute: z.string().nullable().describe('The field that changed, or the name of the list.'),
    from: z.string().nullable().describe('The value before; for people-merged the ids of the losers.'),
    to: z.string().nullable(),
    version: z.int().nullable().describe('Version of the status that a change of Unsubscribed follows from.'),
  })
  .meta({ id: 'PersonChange' })

export const changeResource = z.discriminatedUnion('type', [statusChange, personChange]).meta({ id: 'Change' })

export const changePage = z.object({
  changes: z.array(changeResource).describe('In the order in which they were committed.'),
  next: z.string().describe('Goes into `after` of the next request, also where there are no changes.'),
  hasMore: z.boolean().describe('True: ask again at once. False: this was the end, for now.'),
})

export const kindList = z
  .array(z.enum(changeKinds))
  .min(1)
  .describe('Kinds of changes; status-changed alone unless told.')

const wholeText = (fallback: number, least: number, most: number) =>
  z
    .string()
    .optional()
    .transform((text, context): number => {
      const value = text === undefined ? fallback : /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
      if (value >= least && value <= most) return value
      context.addIssue(`expected a whole number from ${least} to ${most}, got '${text?.slice(0, 60)}'`)
      return z.NEVER
    })

const after = z
  .string()
  .optional()
  .transform((text, context): Start => {
    if (text === undefined || text === 'beginning') return { type: 'beginning' }
    if (text === 'now') return { type: 'now' }
    const cursor = /^(\d{1,15})\.(\d{1,15})$/.exec(text)
    if (cursor !== null) return { type: 'at', position: { seq: Number(cursor[1]), activityId: Number(cursor[2]) } }
    const time = momentInUrl.safeParse(text)
    if (time.success) return { type: 'time', at: time.data }
    context.addIssue("expected `next` of an earlier reply, 'beginning', 'now', or a time such as 2026-01-31T08:30:00Z")
    return z.NEVER
  })
  .describe(
    'Where to go on: `next` of the last reply, `beginning` (where absent) of what is kept, `now`, or a time; from a ' +
      'time on it may begin up to ten minutes earlier.',
  )

type Start =
  | { readonly type: 'beginning' }
  | { readonly type: 'at'; readonly position: ChangePosition }
  | { readonly type: 'now' }
  | { readonly type: 'time'; readonly at: number }

const query = z.strictObject({
  after,
  kinds: z
    .string()
    .optional()
    .transform((text, context): readonly ChangeKind[] => {
      const kinds = kindList.safeParse(text === undefined ? ['status-changed'] : text.split(','))
      if (kinds.success) return kinds.data
      context.addIssue(`expected one or more of ${changeKinds.join(', ')}, separated by commas`)
      return z.NEVER
    })
    .describe('Kinds of changes, separated by commas; status-changed alone unless told.'),
  address: addressInUrl.optional().describe('Changes of the status of this address only; any spelling of it.'),
  status: status.optional().describe('Changes of a status to this one only.'),
  source: z.string().min(1).max(64).optional().describe('Only what came through this: `SOAP API`, `JSON API` ...'),
  limit: wholeText(limitDefault, 1, limitMax).describe(`Changes in one reply, about; at most ${limitMax}.`),
  wait: wholeText(0, 0, waitSecondsMax).describe('Seconds to wait for a change where there is none yet.'),
})

export function changeRoutes({ changes }: Pick<Service, 'changes'>): GuardedRoute[] {
  return [
    route({
      method: 'GET',
      path: '/v1/changes',
      operationId: 'listChanges',
      tag: 'Changes',
      summary: 'What changed, in the order in which it was committed',
      description:
        'Keep `next` and send it as `after`: each change then comes exactly once. A filter belongs to its cursor.',
      role: 'reader',
      query,
      replies: { 200: changePage },
      problems: {
        410: 'Changes behind `after` were archived; the detail names the oldest position that is kept.',
        503: 'Too many readers are waiting already.',
      },
      examples: [
        { title: 'From the beginning', status: 200 },
        { title: 'New opt-outs from now on', query: { after: 'now', status: 'unsubscribed' }, status: 200 },
      ],
      async handle({ query: { after, kinds, address, status: to, source, limit, wait }, left }) {
        refuseOtherKinds(kinds, { address, status: to })
        const filter = { kinds, key: address?.key ?? null, to: to ?? null, source: source ?? null }
        const page = await startOf(after, changes)
          .then(start => changes.read({ after: start, filter, limit, waitMs: wait * 1000, signal: left }))
          .catch((cause: unknown) => {
            throw asProblem(cause)
          })
        const value: z.input<typeof changePage> = {
          changes: page.changes.map(presentChange),
          next: cursorOf(page.next),
          hasMore: page.hasMore,
        }
        return { status: 200, content: { type: 'json', value } }
      },
    }),
  ]
}

const cursorOf = ({ seq, activityId }: ChangePosition): string => `${seq}.${activityId}`

async function startOf(start: Start, changes: ChangeFeed): Promise<ChangePosition> {
  switch (start.type) {
    case 'beginning':
      return changes.beginning()
    case 'at':
      return start.position
    case 'now':
      return changes.end()
    case 'time':
      return changes.positionBefore(start.at)
    default:
      return start satisfies never
  }
}

/** What happens to people has neither an address nor a status to filter by. */
export function refuseOtherKinds(
  kinds: readonly ChangeKind[],
  given: { readonly address?: unknown; readonly status?: unknown },
  path = 'query',
): void {
  if (kinds.every(kind => kind === 'status-changed')) return
  const findings = Object.entries(given)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name]): Finding => ({ path: `${path}.${name}`, message: 'goes with the kind status-changed alone' }))
  if (findings.length > 0) throw invalid(findings)
}

export function presentChange(change: Change): z.input<typeof changeResource> {
  const { id, at, reason, source, actor, commandId } = change
  const facts = { id, at: timeText(at), reason, source, actor, commandId }
  if (change.type === 'status-changed') {
    const { type, key, from, to, version, evidence } = change
    return { type, ...facts, address: shownKey(key), from, to, version, evidence }
  }
  const { type, personId, attribute, from, to, version } = change
  return { type, ...facts, personId, attribute, from, to, version }
}

function asProblem(cause: unknown): unknown {
  if (cause instanceof PositionAhead)
    return invalid([
      {
        path: 'query.after',
        message:
          'lies behind the end of the log: the cursor is of another store, or this one was restored from an older ' +
          'backup; start again by time',
      },
    ])
  if (cause instanceof PositionArchived) {
    const oldest = cursorOf(cause.oldest)
    return new Problem({
      status: 410,
      name: 'archived',
      title: 'Archived',
      detail:
        `query.after: changes behind it were archived, all up to ${timeText(cause.at)}; go on with after=${oldest}, ` +
        'the oldest that is kept. The status of addresses is still known in full: see the history of an address.',
      findings: [{ path: 'query.after', message: `expected ${oldest} or later` }],
    })
  }
  if (cause instanceof TooManyWaiting)
    return new Problem({
      status: 503,
      name: 'busy',
      title: 'More waits than can be taken',
      detail: cause.message,
      headers: { 'Retry-After': '1' },
    })
  return cause
}
