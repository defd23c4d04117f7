// The check before sending, and the record of what it stopped. Verdicts are made by the service; here is their form.

import { z } from 'zod'
import { shownKey } from '../domain/erasure.js'
import { checkModes, purposes } from '../domain/mailing.js'
import type { KeptAttempt } from '../service/blocked-attempts.js'
import { checkedAtOnceMax, sendable } from '../service/checks.js'
import type { Service } from '../service/service.js'
import { cursors, pageOf } from './page.js'
import { type GuardedRoute, route } from './route.js'
import { timestamp, timeText } from './time.js'
import { addressInUrl, momentInUrl } from './url.js'
import { verdictTexts } from './verdict-text.js'

const purpose = z.enum(purposes)

export const checkRequest = z
  .strictObject({
    addresses: z
      .array(z.string())
      .min(1)
      .max(checkedAtOnceMax)
      .describe('In any spelling. What is no address gets a verdict of its own.'),
    purpose: purpose
      .default('commercial')
      .describe('transactional: the recipient needs to get it; opt-outs are told and do not stop it.'),
    mode: z.enum(checkModes).default('each').describe('each: a verdict for each address. group: who may be mailed.'),
  })
  .meta({ id: 'CheckRequest' })

/** A check as nearly everybody sends it, recognised without the schema; for whatever else, undefined. */
export function plainCheck(json: unknown): z.output<typeof checkRequest> | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  const { addresses, purpose = 'commercial', mode = 'each', ...others }: Record<string, unknown> = { ...json }
  if (Object.keys(others).length > 0 || !isOneOf(purposes, purpose) || !isOneOf(checkModes, mode)) return undefined
  if (!Array.isArray(addresses) || addresses.length === 0 || addresses.length > checkedAtOnceMax) return undefined
  return addresses.every(address => typeof address === 'string') ? { addresses, purpose, mode } : undefined
}

const isOneOf = <Word>(words: readonly Word[], given: unknown): given is Word => words.includes(given as Word)

export const verdict = z
  .object({
    address: z.string().nullable().describe('The one spelling under which it is compared; null where it is none.'),
    verdict: z.enum(['send', 'blocked', 'invalid']),
    why: z
      .enum(['subscribed', 'unsubscribed', 'transactional', 'check-off', 'not-an-address'])
      .describe('transactional: opted out, and may get this all the same. check-off: nobody looked.'),
    status: z.enum(['subscribed', 'unsubscribed']).nullable(),
    version: z.int().nullable().describe('Counts the changes of the status; 0: nobody ever set it.'),
    since: timestamp.nullable(),
    reason: z.string().nullable(),
    problem: z.string().optional().describe('Why it is no address.'),
  })
  .meta({ id: 'Verdict' })

const isOn = z.enum(['on', 'off']).describe('off: an admin switched the check off, and everything may be sent.')

const eachReply = z
  .object({
    mode: z.literal('each'),
    check: isOn,
    verdicts: z.array(verdict).describe('In the order of the addresses.'),
  })
  .meta({ id: 'CheckOfEach' })

const groupReply = z
  .object({
    mode: z.literal('group'),
    check: isOn,
    addresses: z.array(z.string()).describe('Who may be mailed, in order and as written; each mailbox once.'),
    dropped: z.object({ blocked: z.int(), invalid: z.int(), duplicate: z.int() }).describe('How many are left out.'),
  })
  .meta({ id: 'CheckOfGroup' })

export const attempt = z
  .object({
    id: z.int(),
    at: timestamp,
    caller: z.string(),
    purpose,
    mode: z.enum(checkModes),
    address: z.string().nullable().describe('Null where it was erased.'),
    statusVersion: z.int().describe('The version of the status that stopped it.'),
  })
  .meta({ id: 'BlockedAttempt' })

const attemptCursors = cursors('blocked-attempts', z.tuple([z.int()]))

export function checkRoutes({ check, blockedAttempts }: Pick<Service, 'check' | 'blockedAttempts'>): GuardedRoute[] {
  return [
    route({
      method: 'POST',
      path: '/v1/checks',
      operationId: 'checkAddresses',
      tag: 'Checks',
      summary: 'May these addresses be mailed?',
      description:
        'Sees every opt-out that was acknowledged, by any server, before the call began. Blocked mail is put on ' +
        'record. No limit on calls applies.',
      role: 'reader',
      takesKey: false,
      isDirect: true,
      body: checkRequest,
      plainBody: plainCheck,
      replies: { 200: z.union([eachReply, groupReply]) },
      examples: [
        {
          title: 'Before sending to some people',
          body: { addresses: ['ada@example.org', 'Bob@Example.org', 'not an address'], purpose: 'commercial' },
          status: 200,
        },
        {
          title: 'Before sending to a group',
          body: { addresses: ['ada@example.org', 'bob@example.org'], mode: 'group' },
          status: 200,
        },
      ],
      async handle({ body: { addresses, purpose, mode }, caller }) {
        const { check: state, verdicts } = await check({ addresses, purpose, mode, caller: caller.id })
        if (mode === 'group') {
          const value: z.input<typeof groupReply> = {
            ...{ mode, check: state },
            ...withoutReadonly(sendable(addresses, verdicts)),
          }
          return { status: 200, content: { type: 'json', value } }
        }
        // By hand: to make thousands of objects for JSON.stringify takes longer than all else that is done here.
        const text = `{"mode":"each","check":"${state}","verdicts":[${verdictTexts(verdicts)}]}\n`
        return { status: 200, content: { type: 'text', contentType: 'application/json', text } }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/blocked-attempts',
      operationId: 'listBlockedAttempts',
      tag: 'Checks',
      summary: 'Mail that checks have stopped, newest first',
      description: 'What other servers stopped within the last second may still be missing.',
      role: 'reader',
      query: z.strictObject({
        ...attemptCursors.query,
        address: addressInUrl.optional(),
        caller: z.string().max(255).optional().describe('Name of the API key that asked.'),
        purpose: purpose.optional(),
        from: momentInUrl.optional(),
        to: momentInUrl.optional(),
      }),
      replies: { 200: pageOf('attempts', attempt) },
      examples: [
        { title: 'The latest', status: 200 },
        {
          title: 'About one address',
          query: { address: 'ada@example.org', from: '2026-01-01T00:00:00Z' },
          status: 200,
        },
      ],
      async handle({ query: { limit, after, address, ...others }, filters }) {
        // What this server stopped before is to be seen.
        await blockedAttempts.flush()
        const selection = { ...others, key: address?.key }
        const page = { before: after?.place[0] ?? null, limit: limit + 1 }
        const found = await blockedAttempts.blockedAttempts(selection, page)
        const { shown, next } = attemptCursors.cut(found, { limit, filters }, ({ id }) => [id])
        return { status: 200, content: { type: 'json', value: { attempts: shown.map(presentAttempt), next } } }
      },
    }),
  ]
}

const withoutReadonly = ({ addresses, dropped }: ReturnType<typeof sendable>) => ({
  addresses: [...addresses],
  dropped: { ...dropped },
})

export function presentAttempt({
  id,
  at,
  caller,
  purpose,
  mode,
  key,
  statusVersion,
}: KeptAttempt): z.input<typeof attempt> {
  return { id, at: timeText(at), caller, purpose, mode, address: shownKey(key), statusVersion }
}
