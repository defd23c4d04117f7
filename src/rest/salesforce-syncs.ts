// Comparisons of everything with Salesforce: asked for by admins, carried out behind the faces, and looked at here. It
// must not know what is compared with what.

import { z } from 'zod'
import { askOrJoin, type SalesforceSync } from '../service/salesforce/syncs.js'
import type { Service } from '../service/service.js'
import { cursors, pageOf } from './page.js'
import { notFound, Problem } from './problem.js'
import { type GuardedRoute, type Reply, route } from './route.js'
import { timeOrNull, timestamp, timeText } from './time.js'

const syncResource = z
  .object({
    id: z.int().describe('Ids grow.'),
    dryRun: z.boolean().describe('Nothing is changed; the counts say what would be.'),
    state: z
      .enum(['waiting', 'running', 'complete', 'failed'])
      .describe('waiting: also where it was cut short; a server, or the command line, goes on with it.'),
    askedBy: z.string(),
    askedAt: timestamp,
    startedAt: timestamp.nullable(),
    endedAt: timestamp.nullable(),
    lastError: z.string().nullable().describe('Why it failed, in the words of Salesforce.'),
    records: z.int().describe('Records that were compared so far.'),
    agreed: z.int().describe('Say the same on both sides.'),
    untold: z.int().describe('Changed in Salesforce with no message about it: treated as if one had come.'),
    markedThere: z.int().describe('Put into the outbox, to be told.'),
    markedHere: z.int().describe('Addresses that were unsubscribed here, since the record is.'),
    onTheirWay: z.int().describe('Left alone, since something newer is under way.'),
    conflicts: z.int().describe('Counted above as well.'),
    unusable: z.int().describe('Records without a usable address.'),
  })
  .meta({ id: 'SalesforceSync' })

const params = z.strictObject({
  id: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'expected the number of a comparison')
    .transform(Number),
})
const syncCursors = cursors('salesforce-syncs', z.tuple([z.int()]))

export function salesforceSyncRoutes({ salesforce }: Pick<Service, 'salesforce'>): GuardedRoute[] {
  const common = { tag: 'Salesforce', role: 'admin', takesKey: false } as const
  return [
    route({
      ...common,
      method: 'POST',
      path: '/v1/salesforce/syncs',
      operationId: 'startSalesforceSync',
      summary: 'Compare everything with Salesforce',
      description:
        'It is carried out in the background; look at it until it has ended. Where one of the same kind has not ' +
        'yet, that one is answered.',
      body: z.strictObject({
        dryRun: z.boolean().optional().describe('true: says what it would do, and changes nothing.'),
      }),
      replies: { 202: syncResource },
      problems: { 409: 'Nobody said how Salesforce is reached.' },
      examples: [{ title: 'Try it', body: { dryRun: true }, status: 202 }],
      async handle({ body: { dryRun: isDryRun = false }, caller }) {
        if (!salesforce.isConnected)
          throw new Problem({
            ...{ status: 409, name: 'salesforce-not-connected', title: 'Salesforce is not connected' },
            detail:
              'nobody said how Salesforce is reached: expected SALESFORCE_LOGIN_URL, SALESFORCE_CLIENT_ID and ' +
              'SALESFORCE_CLIENT_SECRET to be set',
          })
        const asked = await askOrJoin(salesforce, { isDryRun, askedBy: caller.id, name: null }, Date.now())
        return json(202, presentSync(asked))
      },
    }),
    route({
      ...common,
      method: 'GET',
      path: '/v1/salesforce/syncs',
      operationId: 'listSalesforceSyncs',
      summary: 'Comparisons with Salesforce, the newest first',
      query: z.strictObject(syncCursors.query),
      replies: { 200: pageOf('syncs', syncResource) },
      examples: [{ title: 'The newest ten', query: { limit: '10' }, status: 200 }],
      async handle({ query: { limit, after }, filters }) {
        const found = await salesforce.salesforceSyncs({ before: after?.place[0] ?? null, limit: limit + 1 })
        const { shown, next } = syncCursors.cut(found, { limit, filters }, ({ id }) => [id])
        return json(200, { syncs: shown.map(presentSync), next })
      },
    }),
    route({
      ...common,
      method: 'GET',
      path: '/v1/salesforce/syncs/:id',
      operationId: 'getSalesforceSync',
      summary: 'A comparison: how far it is, and what it found',
      params,
      replies: { 200: syncResource },
      problems: { 404: 'There is no such comparison.' },
      examples: [{ title: 'One that has ended', params: { id: '1' }, status: 200 }],
      async handle({ params: { id } }) {
        const sync = await salesforce.salesforceSync(id)
        if (sync === undefined) throw notFound(`there is no comparison ${id}`)
        return json(200, presentSync(sync))
      },
    }),
  ]
}

const json = (status: number, value: unknown): Reply => ({ status, content: { type: 'json', value } })

function presentSync(sync: SalesforceSync): z.input<typeof syncResource> {
  const { id, isDryRun: dryRun, state, askedBy, lastError, counts } = sync
  return {
    ...{ id, dryRun, state, askedBy, lastError, ...counts },
    askedAt: timeText(sync.askedAt),
    startedAt: timeOrNull(sync.startedAt),
    endedAt: timeOrNull(sync.endedAt),
  }
}
