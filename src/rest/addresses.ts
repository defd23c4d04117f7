// Addresses and their subscription: the status of any address that can be written down, whether or not anybody has it,
// and the change of it (R1, R2, R6, R12).

import { z } from 'zod'
import type { AddressKey } from '../domain/address.js'
import type { SetSubscription } from '../domain/command.js'
import { origins } from '../domain/origin.js'
import { type EmailStatus, untouchedStatus } from '../domain/person.js'
import type { PersonView, ReadStore } from '../service/ports.js'
import { causeOf, type Face, type Service } from '../service/service.js'
import { entityTag, precondition, versionMoved } from './conditional.js'
import { replayHeaders, withoutKeyTrouble } from './idempotency.js'
import { evidenceLengthMax, reasonLengthMax, statedText } from './input.js'
import { cursors, pageOf } from './page.js'
import { personResource, presentPeople } from './person-resource.js'
import { refusal } from './refusal.js'
import { type GuardedRoute, type Reply, route } from './route.js'
import { timestamp, timeText } from './time.js'
import { addressInUrl } from './url.js'

const peopleMax = 100

const status = z.enum(['subscribed', 'unsubscribed'])
const origin = z
  .enum(origins)
  .describe('Whose word it is: the recipient asked or complained, an admin or a system says so, or an older list.')

export const addressResource = z
  .object({
    address: z.string().describe('The one spelling under which addresses are compared.'),
    status,
    version: z.int().describe('Counts the changes of the status and of its cause; 0: nobody ever set it.'),
    since: timestamp.nullable(),
    reason: z.string().nullable(),
    source: z.string().nullable(),
    actor: z.string().nullable(),
    origin: origin.nullable(),
    people: z.array(z.object({ id: z.int() })).describe(`Who has the address, newest id first, at most ${peopleMax}.`),
    peopleCount: z.int(),
  })
  .meta({ id: 'Address' })

export const subscriptionChange = z
  .strictObject({
    status,
    reason: statedText(reasonLengthMax)
      .optional()
      .describe('Why. To re-subscribe: the name of one of the resubscribe-reasons.'),
    evidence: statedText(evidenceLengthMax)
      .optional()
      .describe('What proves that the owner of the address asked to be re-subscribed; needed for that.'),
    origin: origin.optional(),
  })
  .meta({ id: 'SubscriptionChange' })

const peopleCursors = cursors('people-of-address', z.tuple([z.int()]))

export function addressRoutes(
  { reads, writes, fields }: Pick<Service, 'reads' | 'writes' | 'fields'>,
  face: Face,
): GuardedRoute[] {
  const params = z.strictObject({ address: addressInUrl })
  return [
    route({
      method: 'GET',
      path: '/v1/addresses/:address',
      operationId: 'getAddress',
      tag: 'Addresses',
      summary: 'The status of an address',
      description: 'An address that nobody ever mentioned is subscribed, at version 0.',
      role: 'reader',
      isVersioned: true,
      params,
      replies: { 200: addressResource },
      examples: [
        { title: 'An address that has people', params: { address: 'ada@example.org' }, status: 200 },
        { title: 'An address that nobody has', params: { address: 'nobody@example.org' }, status: 200 },
      ],
      async handle({ params: { address } }) {
        return presented(await reads.status(address.key), reads)
      },
    }),
    route({
      method: 'GET',
      path: '/v1/addresses/:address/people',
      operationId: 'listPeopleOfAddress',
      tag: 'Addresses',
      summary: 'Who has an address, in the order of their ids',
      role: 'reader',
      params,
      query: z.strictObject(peopleCursors.query),
      replies: { 200: pageOf('people', personResource) },
      examples: [
        { title: 'The first ten', params: { address: 'ada@example.org' }, query: { limit: '10' }, status: 200 },
      ],
      async handle({ params: { address }, query: { limit, after }, filters }) {
        const selection = { type: 'addresses', keys: [address.key] } as const
        const { people, hasMore } = await reads.selectedPeople(selection, { after: after?.place[0] ?? 0, limit })
        const last = people.at(-1)?.person.id
        const next = peopleCursors.next(filters, hasMore, last === undefined ? undefined : [last])
        return { status: 200, content: { type: 'json', value: { people: await presentPeople(people, fields), next } } }
      },
    }),
    route({
      method: 'PUT',
      path: '/v1/addresses/:address/subscription',
      operationId: 'setSubscription',
      tag: 'Addresses',
      summary: 'Unsubscribe or re-subscribe an address',
      description:
        'Holds for everybody who has the address, now and later; nobody needs to. A re-subscribe needs the role ' +
        'admin, a reason and evidence, unless the operator set JSON_RESUBSCRIBE to compatible.',
      role: 'writer',
      isVersioned: true,
      params,
      body: subscriptionChange,
      replies: { 200: addressResource },
      examples: [
        {
          title: 'Opt an address out',
          params: { address: 'bob@example.org' },
          body: { status: 'unsubscribed', reason: 'letter of 3 May' },
          status: 200,
        },
        {
          title: 'Re-subscribe, if nobody changed the status since it was read',
          params: { address: 'ada@example.org' },
          headers: { 'If-Match': '"v1"' },
          body: { status: 'subscribed', reason: 'asked-by-phone', evidence: 'call 4711, recorded' },
          as: 'admin',
          status: 200,
        },
      ],
      async handle({ params: { address }, body: { status: to, ...stated }, caller, headers, replay }) {
        const expected = precondition(headers['if-match'])
        if (expected.type === 'unmatchable') throw versionMoved('If-Match: no version of an address has this tag')
        const command: SetSubscription = {
          type: 'set-subscription',
          address,
          status: to,
          ...(expected.type === 'version' ? { expectedVersion: expected.version } : {}),
        }
        const submission = { command, cause: causeOf(caller, face, stated), policy: face.policy, replay }

        const answer = withoutKeyTrouble(await writes.submit(submission))
        if (answer.type === 'rejected') throw refusal(answer.rejection, caller, 'body')
        const { outcome } = answer
        if (outcome.type !== 'status-set') throw new Error(`set-subscription was answered with ${outcome.type}`)
        return presented(await statusAt(outcome.key, outcome.version, reads), reads, replayHeaders(answer))
      },
    }),
  ]
}

// The answer shows what this call made of the status. Somebody may have changed it since, most of all when an old
// answer is given again, so that version is looked for in the history.
async function statusAt(key: AddressKey, version: number, reads: ReadStore): Promise<StatusReading> {
  const now = await reads.status(key)
  if (now.status.version === version) return now
  if (version === 0) return { ...now, status: untouchedStatus(key) }
  const history = await reads.statusHistory(key)
  const index = history.findIndex(candidate => candidate.version === version)
  const record = history[index]
  if (record === undefined) throw new Error(`the history of an address has no version ${version}`)
  const { at, ...rest } = record
  // A stronger cause took the place of another one without a change of the status.
  const turned = history.slice(0, index).findLastIndex(({ status }) => status !== record.status)
  const since = history[turned + 1]?.at ?? at
  return { ...now, status: { ...rest, since } }
}

type StatusReading = Awaited<ReturnType<ReadStore['status']>>

async function presented(
  { status, people: peopleCount }: StatusReading,
  reads: ReadStore,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const people = await reads.peopleByAddress(status.key, peopleMax)
  return {
    status: 200,
    headers: { ...headers, ETag: entityTag(status.version) },
    content: { type: 'json', value: presentAddress(status, people, peopleCount) },
  }
}

function presentAddress(
  { key, status, version, since, reason, source, actor, origin }: EmailStatus,
  people: readonly PersonView[],
  peopleCount: number,
): z.input<typeof addressResource> {
  return {
    address: key,
    status,
    version,
    since: since === null ? null : timeText(since),
    reason,
    source,
    actor,
    origin,
    people: people.map(({ person: { id } }) => ({ id })),
    peopleCount,
  }
}
