// Re-subscribes that a guarded policy refused: what the caller is told, and the record of them that admins read.

import { z } from 'zod'
import type { Rejection } from '../domain/command.js'
import { shownKey } from '../domain/erasure.js'
import type { GuardItem } from '../domain/resubscribe.js'
import type { Caller } from '../service/access/credentials.js'
import type { RefusalRecord } from '../service/refusals.js'
import type { Service } from '../service/service.js'
import { forbidden } from './authentication.js'
import { cursors, pageOf } from './page.js'
import { type Finding, invalid, type Problem } from './problem.js'
import { type GuardedRoute, route } from './route.js'
import { timestamp, timeText } from './time.js'
import { addressInUrl } from './url.js'

const items = [
  'admin-role',
  'reason',
  'listed-reason',
  'recipient-reason',
  'evidence',
] as const satisfies readonly GuardItem[]

export const refusalResource = z
  .object({
    id: z.int().describe('Position in the log; ids grow.'),
    at: timestamp,
    actor: z.string().describe('Name of the credential that tried it.'),
    role: z.enum(['reader', 'writer', 'admin']),
    source: z.string(),
    address: z.string().nullable().describe('Null for a person without one, and where it was erased.'),
    personId: z.int().nullable(),
    missing: z.array(z.enum(items)).describe('What it lacked.'),
    reason: z.string().nullable().describe('What was stated; null where nothing was.'),
    evidence: z.string().nullable(),
  })
  .meta({ id: 'Refusal' })

const refusalCursors = cursors('refusals', z.tuple([z.int()]))

export function refusalRoutes({ refusals }: Pick<Service, 'refusals'>): GuardedRoute[] {
  return [
    route({
      method: 'GET',
      path: '/v1/refusals',
      operationId: 'listRefusals',
      tag: 'History',
      summary: 'Re-subscribes that were refused, in the order of the log',
      description: 'A refusal changes nothing, but who tried it, when, and what it lacked stays on record.',
      role: 'admin',
      query: z.strictObject({ ...refusalCursors.query, address: addressInUrl.optional() }),
      replies: { 200: pageOf('refusals', refusalResource) },
      examples: [{ title: 'The first ten', query: { limit: '10' }, status: 200 }],
      async handle({ query: { limit, after, address }, filters }) {
        const found = await refusals.refusals({ after: after?.place[0] ?? 0, limit: limit + 1, key: address?.key })
        const { shown, next } = refusalCursors.cut(found, { limit, filters }, ({ seq }) => [seq])
        return { status: 200, content: { type: 'json', value: { refusals: shown.map(presentRefusal), next } } }
      },
    }),
  ]
}

export function presentRefusal(record: RefusalRecord): z.input<typeof refusalResource> {
  const { seq: id, at, actor, role, source, key, personId, missing, reason, evidence } = record
  const address = key === null ? null : shownKey(key)
  return { id, at: timeText(at), actor, role, source, address, personId, missing: [...missing], reason, evidence }
}

/** The problem of a re-subscribe that the policy refused; `at` is where in the body reason and evidence belong. */
export function resubscribeRefused(
  { missing, reasons }: Rejection & { readonly type: 'resubscribe-refused' },
  caller: Caller,
  at: string,
): Problem {
  const findings = missing.flatMap((item): Finding[] => {
    switch (item) {
      case 'admin-role':
        return []
      case 'reason':
        return [{ path: `${at}.reason`, message: `is needed to re-subscribe: ${oneOf(reasons)}` }]
      case 'listed-reason':
        return [{ path: `${at}.reason`, message: `is none that admins allow: ${oneOf(reasons)}` }]
      case 'recipient-reason':
        return [
          { path: `${at}.reason`, message: `does not say that the recipient asked, who opted out: ${oneOf(reasons)}` },
        ]
      case 'evidence':
        return [{ path: `${at}.evidence`, message: 'is needed to re-subscribe: free text or a reference' }]
      default:
        return item satisfies never
    }
  })
  return missing.includes('admin-role') ? forbidden(caller, 'admin', findings) : invalid(findings)
}

const oneOf = (reasons: readonly string[]): string =>
  reasons.length === 0 ? 'there is none, see the setting resubscribe-reasons' : `expected one of ${reasons.join(', ')}`
