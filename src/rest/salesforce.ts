// What the exchange with Salesforce knows: its records as they were seen last, and where the two sides disagreed.

import { z } from 'zod'
import { shownKey } from '../domain/erasure.js'
import { type Precedence, precedences, type SalesforceRecord, salesforceObjects } from '../domain/salesforce-record.js'
import type { KeptConflict } from '../service/salesforce/records.js'
import type { Service } from '../service/service.js'
import { cursors, pageOf } from './page.js'
import { type GuardedRoute, route } from './route.js'
import { timeOrNull, timestamp, timeText } from './time.js'
import { addressInUrl } from './url.js'

const objectType = z.enum(salesforceObjects)
const salesforceId = z.string().regex(/^[0-9A-Za-z]{18}$/, 'expected an id of 18 letters and digits')

export const salesforceRecordResource = z
  .object({
    organizationId: z.string(),
    recordId: z.string(),
    objectType,
    personId: z.int().nullable().describe('The person that it is linked with.'),
    email: z.string().nullable(),
    optedOut: z.boolean().nullable().describe('Email Opt Out as it was seen there last; null where it never was.'),
    lastModified: timestamp.nullable().describe('By the clock of Salesforce.'),
    waitingSince: timestamp.nullable().describe('Since when it is cleared there and waits for this side.'),
    isDeleted: z.boolean(),
  })
  .meta({ id: 'SalesforceRecord' })

const side = z.object({ optedOut: z.boolean(), at: timestamp.nullable() })
export const salesforceConflictResource = z
  .object({
    id: z.int().describe('Ids grow.'),
    at: timestamp,
    organizationId: z.string(),
    recordId: z.string(),
    objectType,
    address: z.string().nullable(),
    theirs: side.describe('What Salesforce said.'),
    ours: side.describe('How it was here.'),
    precedence: z.enum(precedences as readonly [Precedence, ...Precedence[]]),
    resolution: z.enum(['waits', 'took-theirs', 'kept-ours']).describe('What was done.'),
  })
  .meta({ id: 'SalesforceConflict' })

const conflictCursors = cursors('salesforce-conflicts', z.tuple([z.int()]))
const recordCursors = cursors('salesforce-records', z.tuple([z.string(), z.string()]))

export function salesforceRoutes({ salesforce }: Pick<Service, 'salesforce'>): GuardedRoute[] {
  return [
    route({
      method: 'GET',
      path: '/v1/salesforce/conflicts',
      operationId: 'listSalesforceConflicts',
      tag: 'Salesforce',
      summary: 'Where Salesforce and this side disagreed, the newest first',
      description: 'Kept for SALESFORCE_CONFLICT_DAYS.',
      role: 'admin',
      query: z.strictObject({ ...conflictCursors.query, recordId: salesforceId.optional() }),
      replies: { 200: pageOf('conflicts', salesforceConflictResource) },
      examples: [{ title: 'The newest ten', query: { limit: '10' }, status: 200 }],
      async handle({ query: { limit, after, recordId }, filters }) {
        const page = { before: after?.place[0] ?? null, limit: limit + 1 }
        const found = await salesforce.salesforceConflicts({ recordId }, page)
        const { shown, next } = conflictCursors.cut(found, { limit, filters }, ({ id }) => [id])
        return { status: 200, content: { type: 'json', value: { conflicts: shown.map(presentConflict), next } } }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/salesforce/records',
      operationId: 'listSalesforceRecords',
      tag: 'Salesforce',
      summary: 'The records of Salesforce that have an address, as they were seen last',
      description: 'What the sync compares with when it hears of a record again.',
      role: 'admin',
      query: z.strictObject({ ...recordCursors.query, address: addressInUrl }),
      replies: { 200: pageOf('records', salesforceRecordResource) },
      examples: [{ title: 'Those of one address', query: { address: 'ada@example.org' }, status: 200 }],
      async handle({ query: { limit, after, address }, filters }) {
        const behind = after === undefined ? null : { orgId: after.place[0], recordId: after.place[1] }
        const page = { after: behind, limit: limit + 1 }
        const found = await salesforce.selectedSalesforceRecords({ type: 'address', key: address.key }, page)
        const placeOf = ({ orgId, recordId }: SalesforceRecord): [string, string] => [orgId, recordId]
        const { shown, next } = recordCursors.cut(found, { limit, filters }, placeOf)
        return { status: 200, content: { type: 'json', value: { records: shown.map(presentRecord), next } } }
      },
    }),
  ]
}

export function presentConflict(conflict: KeptConflict): z.input<typeof salesforceConflictResource> {
  const { id, at, orgId, recordId, objectType, key, theirs, ours, precedence, resolution } = conflict
  return {
    ...{
      id,
      at: timeText(at),
      organizationId: orgId,
      recordId,
      objectType,
      address: shownKey(key),
      precedence,
      resolution,
    },
    theirs: { optedOut: theirs.optedOut, at: timeOrNull(theirs.at) },
    ours: { optedOut: ours.optedOut, at: timeOrNull(ours.since) },
  }
}

export function presentRecord(record: SalesforceRecord): z.input<typeof salesforceRecordResource> {
  const { orgId, recordId, objectType, personId, address, optedOut, isDeleted } = record
  return {
    ...{ organizationId: orgId, recordId, objectType, personId, email: address?.text ?? null, optedOut, isDeleted },
    lastModified: timeOrNull(record.lastModified),
    waitingSince: timeOrNull(record.waitingSince),
  }
}
