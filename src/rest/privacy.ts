// What is held about an address, as its owner may ask to see it, and the erasure of it. Both are for admins.

import { z } from 'zod'
import type { Erased } from '../domain/erasure.js'
import {
  type HeldPerson,
  type HeldSalesforce,
  type Holdings,
  heldMax,
  type Waiting,
} from '../service/privacy/privacy.js'
import { causeOf, type Face, type Service } from '../service/service.js'
import { attempt, presentAttempt } from './checks.js'
import { replayHeaders, withoutKeyTrouble } from './idempotency.js'
import { evidenceLengthMax, reasonLengthMax, statedText } from './input.js'
import { personResource, presentPeople } from './person-resource.js'
import { presentRefusal, refusalResource } from './refusals.js'
import { type GuardedRoute, route } from './route.js'
import { presentConflict, presentRecord, salesforceConflictResource, salesforceRecordResource } from './salesforce.js'
import { presentWrite, salesforceWriteResource } from './salesforce-outbox.js'
import { timestamp, timeText } from './time.js'
import { addressInUrl } from './url.js'

const status = z.enum(['subscribed', 'unsubscribed'])

const erasureRequest = z
  .strictObject({
    reason: statedText(reasonLengthMax).describe('Why; it stays in the log, so name nobody.'),
    evidence: statedText(evidenceLengthMax).optional().describe('A reference to the request. It stays in the log.'),
  })
  .meta({ id: 'ErasureRequest' })

const counts = z.object({
  people: z.int().describe('Deleted, with fields, foreign ids, cookies and places on lists.'),
  statusVersions: z.int().describe('Versions of the status that go on under a keyed hash.'),
  activities: z.int().describe('Lines of history whose values or reason were redacted.'),
  logEntries: z.int().describe('Entries of the log that were redacted.'),
  refusals: z.int(),
  blockedAttempts: z.int(),
  jobReports: z.int().describe('Parts of reports of jobs that named the address.'),
})

const erasure = z
  .object({
    erased: counts,
    kept: z.object({ status, version: z.int() }).describe('The status that is kept under a keyed hash.'),
    waitingJobs: z
      .array(z.int())
      .describe('Jobs that are not over and have rows which name the address: cancel them, or erase again after them.'),
    waitingFlowRuns: z.array(z.int()).describe('Runs of flows that are not over and name it: the same.'),
    waitingNotifications: z.int().describe('Messages of Salesforce that name it and wait: erase again after them.'),
  })
  .meta({ id: 'Erasure' })

const heldPerson = personResource
  .extend({ cookies: z.array(z.string()), lists: z.array(z.string()) })
  .meta({ id: 'HeldPerson' })

const holdings = z
  .object({
    address: z.string(),
    status: z.object({
      status,
      version: z.int(),
      since: timestamp.nullable(),
      reason: z.string().nullable(),
      source: z.string().nullable(),
      actor: z.string().nullable(),
      evidence: z.string().nullable(),
    }),
    statusHistory: z.array(
      z.object({
        version: z.int(),
        status,
        at: timestamp,
        reason: z.string(),
        source: z.string(),
        actor: z.string(),
        evidence: z.string().nullable(),
      }),
    ),
    people: z.array(heldPerson),
    activities: z
      .array(
        z.object({
          id: z.int(),
          personId: z.int(),
          kind: z.string(),
          attribute: z.string().nullable(),
          from: z.string().nullable(),
          to: z.string().nullable(),
          at: timestamp,
          source: z.string(),
          reason: z.string(),
        }),
      )
      .describe('Also of people who had the address and were deleted.'),
    commands: z
      .array(
        z.object({
          position: z.int(),
          id: z.string(),
          at: timestamp,
          kind: z.string(),
          actor: z.string(),
          source: z.string(),
          detail: z.unknown().describe('As the log keeps it; null where it is gone.'),
        }),
      )
      .describe('Entries of the log.'),
    refusals: z.array(refusalResource),
    blockedAttempts: z.array(attempt),
    deliveries: z
      .array(z.object({ webhook: z.int(), changeId: z.string(), state: z.string(), attempts: z.int() }))
      .describe('Changes that could not be delivered to webhooks yet.'),
    jobs: z.object({
      reporting: z.array(z.int()).describe('Jobs whose reports name the address.'),
      waiting: z.array(z.int()).describe('Jobs that are not over and have rows that do.'),
    }),
    flowRuns: z.array(z.int()).describe('Runs of flows on those people, or that name the address.'),
    salesforce: z.object({
      records: z.array(salesforceRecordResource).describe('As they were seen last.'),
      conflicts: z.array(salesforceConflictResource),
      writes: z.array(salesforceWriteResource).describe('What those records are still to be told.'),
      notifications: z
        .array(
          z.object({
            organizationId: z.string(),
            recordId: z.string(),
            objectType: z.string(),
            receivedAt: timestamp,
            outcome: z.string().nullable().describe('Null: it waits.'),
            fields: z.record(z.string(), z.string()),
          }),
        )
        .describe('Messages of Salesforce that name the address, which wait or failed.'),
    }),
    cut: z.array(z.string()).describe(`What there is more of than the ${heldMax} that are listed.`),
  })
  .meta({ id: 'Holdings' })

export function privacyRoutes({ privacy, fields }: Pick<Service, 'privacy' | 'fields'>, face: Face): GuardedRoute[] {
  const params = z.strictObject({ address: addressInUrl })
  return [
    route({
      method: 'GET',
      path: '/v1/addresses/:address/export',
      operationId: 'exportAddress',
      tag: 'Privacy',
      summary: 'All that is held about an address',
      description: 'Looks through the whole log, so it takes the longer the longer that is.',
      role: 'admin',
      params,
      replies: { 200: holdings },
      examples: [{ title: 'For its owner', params: { address: 'ada@example.org' }, status: 200 }],
      async handle({ params: { address } }) {
        const held = await privacy.holdings(address)
        const people = await presentPeople(held.people, fields)
        return { status: 200, content: { type: 'json', value: presentHoldings(address.key, held, people) } }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/addresses/:address/erase',
      operationId: 'eraseAddress',
      tag: 'Privacy',
      summary: 'Erase an address and everybody who has it',
      description:
        'There is no way back. People of the address are deleted, the log and all histories are redacted, and its ' +
        'status goes on under a keyed hash: an opt-out holds, and meets whoever names the address again.',
      role: 'admin',
      params,
      body: erasureRequest,
      replies: { 200: erasure },
      examples: [
        {
          title: 'At the request of its owner',
          params: { address: 'bob@example.org' },
          body: { reason: 'erasure request', evidence: 'ticket 4712' },
          status: 200,
        },
      ],
      async handle({ params: { address }, body: stated, caller, replay }) {
        const answer = withoutKeyTrouble(await privacy.erase({ address, cause: causeOf(caller, face, stated), replay }))
        if (answer.type === 'rejected' || answer.outcome.type !== 'erased')
          throw new Error(`an erasure was answered with ${answer.type}`)
        const value = presentErasure(answer.outcome, await privacy.waiting(address))
        return { status: 200, headers: replayHeaders(answer), content: { type: 'json', value } }
      },
    }),
  ]
}

export function presentErasure(
  { counts: erased, kept }: Erased,
  { jobs, flowRuns, notifications }: Waiting,
): z.input<typeof erasure> {
  return {
    ...{ erased: { ...erased }, kept: { ...kept } },
    ...{ waitingJobs: [...jobs], waitingFlowRuns: [...flowRuns], waitingNotifications: notifications },
  }
}

type Shown = Awaited<ReturnType<typeof presentPeople>>[number]

function presentHoldings(address: string, held: Holdings, people: readonly Shown[]): z.input<typeof holdings> {
  const { version, since, reason, source, actor, evidence } = held.status
  return {
    address,
    status: { status: held.status.status, version, since: momentText(since), reason, source, actor, evidence },
    statusHistory: held.statusHistory.map(record => ({
      version: record.version,
      status: record.status,
      at: timeText(record.at),
      reason: record.reason,
      source: record.source,
      actor: record.actor,
      evidence: record.evidence,
    })),
    people: people.map((person, index) => ({ ...person, ...linksOf(held.people[index]!) })),
    activities: held.activities.map(({ id, personId, kind, attribute, from, to, at, source, reason }) => ({
      ...{ id, personId, kind, attribute, from, to, at: timeText(at), source, reason },
    })),
    commands: held.commands.map(({ seq: position, commandId: id, at, kind, actor, source, detail }) => ({
      ...{ position, id, at: timeText(at), kind, actor, source },
      detail: detail === null ? null : (JSON.parse(detail) as unknown),
    })),
    refusals: held.refusals.map(presentRefusal),
    blockedAttempts: held.blockedAttempts.map(presentAttempt),
    deliveries: held.deliveries.map(({ webhook, changeId, state, attempts }) => ({
      ...{ webhook, changeId, state, attempts },
    })),
    jobs: { reporting: [...held.jobs.reporting], waiting: [...held.jobs.waiting] },
    flowRuns: [...held.flowRuns],
    salesforce: presentSalesforce(held.salesforce),
    cut: [...held.cut],
  }
}

const presentSalesforce = ({ records, conflicts, writes, notifications }: HeldSalesforce) => ({
  records: records.map(presentRecord),
  conflicts: conflicts.map(presentConflict),
  writes: writes.map(presentWrite),
  notifications: notifications.map(({ orgId: organizationId, recordId, objectType, receivedAt, outcome, fields }) => ({
    ...{ organizationId, recordId, objectType, receivedAt: timeText(receivedAt), outcome, fields: { ...fields } },
  })),
})

const linksOf = ({ cookies, lists }: HeldPerson) => ({ cookies: [...cookies], lists: [...lists] })
const momentText = (at: number | null): string | null => (at === null ? null : timeText(at))
