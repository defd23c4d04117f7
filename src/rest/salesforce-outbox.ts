// What Salesforce is still to be told, as admins see it: what waits, and what was given up and can be sent again. It
// must not know how Salesforce is called.

import { z } from 'zod'
import type { QueuedWrite } from '../service/salesforce/outbox.js'
import type { Service } from '../service/service.js'
import { type GuardedRoute, type Reply, route } from './route.js'
import { timestamp, timeText } from './time.js'

const failedMax = 1_000

export const salesforceWriteResource = z
  .object({
    organizationId: z.string(),
    recordId: z.string(),
    optedOut: z.boolean().describe('What the record is to be told.'),
    cause: z.enum(['status-changed', 'opt-out-stands', 'conflict', 'reconciled']),
    attempts: z.int(),
    queuedAt: timestamp,
    lastError: z.string().nullable().describe("Salesforce's code and message."),
  })
  .meta({ id: 'SalesforceWrite' })

const outboxResource = z
  .object({
    waiting: z.int().describe('Records that are still to be told.'),
    failed: z.int().describe('Records that were given up; they can be replayed.'),
    entries: z.array(salesforceWriteResource).describe(`Those that were given up, ${failedMax} at most.`),
  })
  .meta({ id: 'SalesforceOutbox' })

export function salesforceOutboxRoutes({ salesforce }: Pick<Service, 'salesforce'>): GuardedRoute[] {
  const common = { tag: 'Salesforce', takesKey: false } as const
  return [
    route({
      ...{ ...common, role: 'admin' },
      method: 'GET',
      path: '/v1/salesforce/outbox',
      operationId: 'getSalesforceOutbox',
      summary: 'What Salesforce is still to be told',
      replies: { 200: outboxResource },
      examples: [{ title: 'The outbox', status: 200 }],
      async handle() {
        const [counts, failed] = await Promise.all([salesforce.countOutbox(), salesforce.failedWrites(failedMax)])
        return json(200, { ...counts, entries: failed.map(presentWrite) })
      },
    }),
    route({
      ...{ ...common, role: 'admin' },
      method: 'POST',
      path: '/v1/salesforce/outbox/replay',
      operationId: 'replaySalesforceOutbox',
      summary: 'Send again what was given up',
      description: `Up to ${failedMax} records at a time. What is no longer so is not sent.`,
      body: z.strictObject({
        records: z
          .array(z.string().regex(/^[0-9A-Za-z]{18}$/))
          .min(1)
          .max(failedMax)
          .optional()
          .describe('All, unless told.'),
      }),
      replies: { 200: z.object({ replayed: z.int() }) },
      examples: [{ title: 'All of them', body: {}, status: 200 }],
      async handle({ body: { records } }) {
        const failed = await salesforce.failedWrites(failedMax)
        const meant = failed.filter(({ recordId }) => records === undefined || records.includes(recordId))
        await salesforce.queueWrites(meant, Date.now())
        return json(200, { replayed: meant.length })
      },
    }),
  ]
}

const json = (status: number, value: unknown): Reply => ({ status, content: { type: 'json', value } })

export function presentWrite(write: QueuedWrite): z.input<typeof salesforceWriteResource> {
  const { orgId: organizationId, recordId, optedOut, cause, attempts, lastError } = write
  return { organizationId, recordId, optedOut, cause, attempts, lastError, queuedAt: timeText(write.queuedAt) }
}
