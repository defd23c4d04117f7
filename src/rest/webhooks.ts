// Webhooks as admins manage them: where changes are sent, which ones, and what could not be delivered. How a message
// looks is said here too, since it carries the change as the feed shows it.

import { z } from 'zod'
import { type Change, changeKinds } from '../service/changes/changes.js'
import type { Service } from '../service/service.js'
import type { WebhookFilter } from '../service/webhooks/webhook-ports.js'
import { secretOverlapMs, type WebhookView, webhooksMax } from '../service/webhooks/webhooks.js'
import { changeResource, kindList, presentChange, refuseOtherKinds } from './changes.js'
import { cursors, pageOf } from './page.js'
import { invalid, notFound, Problem } from './problem.js'
import { type GuardedRoute, type Reply, route } from './route.js'
import { timeOrNull, timestamp, timeText } from './time.js'

const replayedIdsMax = 1_000

const status = z.enum(['subscribed', 'unsubscribed'])
const url = z.string().max(2_000).describe('https:// and a public host, unless WEBHOOK_NETWORKS says otherwise.')
const description = z.string().trim().max(500)

const filter = z.strictObject({
  kinds: kindList.optional(),
  status: status.optional().describe('Changes of a status to this one only.'),
  source: z.string().min(1).max(64).optional().describe('Only what came through this.'),
})

export const webhookResource = z
  .object({
    id: z.int(),
    url: z.string(),
    description: z.string(),
    filter: z.object({ kinds: z.array(z.enum(changeKinds)), status: status.nullable(), source: z.string().nullable() }),
    state: z
      .enum(['active', 'paused', 'disabled'])
      .describe('disabled: `stateReason` says why. Changes wait in the log, for as long as it is kept.'),
    stateReason: z.string().nullable(),
    delivered: z.int().describe('How many changes were delivered so far.'),
    waiting: z.int().describe('Changes that failed, or wait for one of the same address that did.'),
    dead: z.int().describe('Changes that were given up; they can be replayed.'),
    lastDeliveredAt: timestamp.nullable(),
    failingSince: timestamp.nullable().describe('Since when nothing gets through.'),
    lastError: z.string().nullable(),
    createdAt: timestamp,
    createdBy: z.string(),
  })
  .meta({ id: 'Webhook' })

const secret = z.string().describe('Shown this once: whsec_ and base64, as Standard Webhooks has it.')

export const webhookCreation = z.strictObject({
  url,
  description: description.optional(),
  filter: filter.optional(),
  from: z.enum(['now', 'beginning']).optional().describe('Which changes come first; now, unless told.'),
})

export const webhookEdit = z.strictObject({
  url: url.optional(),
  description: description.optional(),
  filter: filter.optional(),
  state: z.enum(['active', 'paused']).optional().describe('active: goes on where it stopped.'),
})

const deliveryResource = z.object({
  changeId: z.string(),
  attempts: z.int(),
  storedAt: timestamp,
  lastAttemptAt: timestamp.nullable(),
  lastError: z.string().nullable(),
  change: changeResource.nullable().describe('null: it was erased since.'),
})

const deliveryPages = cursors('deliveries', z.object({ seq: z.int(), changeId: z.string().max(64) }))
const idInUrl = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'expected the number of a webhook')
  .transform(Number)
const params = z.strictObject({ id: idInUrl })
const example = { id: '1' }
const none = { 404: 'There is no such webhook.' }

export function webhookRoutes({ webhooks }: Pick<Service, 'webhooks'>): GuardedRoute[] {
  const common = { tag: 'Webhooks', role: 'admin', takesKey: false } as const
  return [
    route({
      ...common,
      method: 'GET',
      path: '/v1/webhooks',
      operationId: 'listWebhooks',
      summary: 'All webhooks',
      replies: { 200: z.object({ webhooks: z.array(webhookResource) }) },
      examples: [{ title: 'All', status: 200 }],
      async handle() {
        return json(200, { webhooks: (await webhooks.list()).map(present) })
      },
    }),
    route({
      ...common,
      method: 'POST',
      path: '/v1/webhooks',
      operationId: 'addWebhook',
      summary: 'Have changes sent to a URL',
      description:
        'Each change is sent at least once, those of one address in their order, signed as Standard Webhooks has it. ' +
        'Keep the secret: it is shown this once.',
      body: webhookCreation,
      replies: { 201: webhookResource.extend({ secret }) },
      problems: { 409: `There are ${webhooksMax} webhooks already.` },
      examples: [
        {
          title: 'New opt-outs',
          body: { url: 'https://crm.example/changes', filter: { status: 'unsubscribed' } },
          status: 201,
        },
      ],
      async handle({ body, caller }) {
        const { description: text = '' } = body
        const from = body.from ?? 'now'
        const given = { url: body.url, description: text, filter: filterOf(body.filter), from, actor: caller.id }
        const made = await webhooks.add(given)
        switch (made.type) {
          case 'made':
            return json(201, { ...present(made.view), secret: made.secret })
          case 'target-refused':
            throw invalid([{ path: 'body.url', message: made.problem }])
          case 'too-many':
            throw new Problem({
              ...{ status: 409, name: 'too-many-webhooks', title: 'Too many webhooks' },
              detail: `there are ${webhooksMax} webhooks already, which is the most there can be`,
            })
          default:
            return made satisfies never
        }
      },
    }),
    route({
      ...common,
      method: 'GET',
      path: '/v1/webhooks/:id',
      operationId: 'getWebhook',
      summary: 'A webhook, and how it does',
      params,
      replies: { 200: webhookResource },
      problems: none,
      examples: [{ title: 'One', params: example, status: 200 }],
      async handle({ params: { id } }) {
        return json(200, present(found(await webhooks.find(id), id)))
      },
    }),
    route({
      ...common,
      method: 'PATCH',
      path: '/v1/webhooks/:id',
      operationId: 'changeWebhook',
      summary: 'Change, pause or resume a webhook',
      params,
      body: webhookEdit,
      replies: { 200: webhookResource },
      problems: none,
      examples: [{ title: 'Pause it', params: example, body: { state: 'paused' }, status: 200 }],
      async handle({ params: { id }, body }) {
        const { filter: given, ...rest } = body
        const edit = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
        const changed = await webhooks.change(id, given === undefined ? edit : { ...edit, filter: filterOf(given) })
        if (changed.type === 'not-found') throw nothingThere(id)
        if (changed.type === 'target-refused') throw invalid([{ path: 'body.url', message: changed.problem }])
        return json(200, present(changed.view))
      },
    }),
    route({
      ...common,
      method: 'DELETE',
      path: '/v1/webhooks/:id',
      operationId: 'removeWebhook',
      summary: 'Remove a webhook with all that waits for it',
      params,
      replies: { 204: null },
      problems: none,
      examples: [{ title: 'Remove it', params: example, status: 204 }],
      async handle({ params: { id } }) {
        if (!(await webhooks.remove(id))) throw nothingThere(id)
        return { status: 204, content: { type: 'none' } }
      },
    }),
    route({
      ...common,
      method: 'POST',
      path: '/v1/webhooks/:id/secret',
      operationId: 'rotateWebhookSecret',
      summary: 'Draw a new secret',
      description: `For ${secretOverlapMs / 3_600_000} hours messages carry a signature by each of the two.`,
      params,
      replies: { 200: z.object({ secret }) },
      problems: none,
      examples: [{ title: 'Draw one', params: example, status: 200 }],
      async handle({ params: { id } }) {
        return json(200, { secret: found(await webhooks.rotateSecret(id), id) })
      },
    }),
    route({
      ...common,
      method: 'POST',
      path: '/v1/webhooks/:id/ping',
      operationId: 'pingWebhook',
      summary: 'Send a message of the type ping now',
      params,
      replies: {
        200: z.object({ delivered: z.boolean(), status: z.int().nullable(), error: z.string().nullable() }),
      },
      problems: none,
      examples: [{ title: 'Try it', params: example, status: 200 }],
      async handle({ params: { id }, left }) {
        const attempt = found(await webhooks.ping(id, left), id)
        const error = attempt.type === 'failed' ? attempt.error : null
        return json(200, { delivered: attempt.type === 'delivered', status: attempt.status, error })
      },
    }),
    route({
      ...common,
      method: 'GET',
      path: '/v1/webhooks/:id/deliveries',
      operationId: 'listWebhookDeliveries',
      summary: 'What could not be delivered',
      params,
      query: z.strictObject({
        state: z.enum(['waiting', 'dead']).default('dead'),
        ...deliveryPages.query,
      }),
      replies: { 200: pageOf('deliveries', deliveryResource) },
      problems: none,
      examples: [{ title: 'Given up', params: example, query: { state: 'dead' }, status: 200 }],
      async handle({ params: { id }, query: { state, limit, after }, filters }) {
        found(await webhooks.find(id), id)
        const read = await webhooks.deliveries(id, state, { after: after?.place ?? null, limit: limit + 1 })
        const { shown, next } = deliveryPages.cut(read, { limit, filters }, ({ delivery }) => ({
          seq: delivery.position.seq,
          changeId: delivery.changeId,
        }))
        const deliveries = shown.map(({ delivery, change }) => ({
          changeId: delivery.changeId,
          attempts: delivery.attempts,
          storedAt: timeText(delivery.storedAt),
          lastAttemptAt: timeOrNull(delivery.lastAt),
          lastError: delivery.lastError,
          change: change === null ? null : presentChange(change),
        }))
        return json(200, { deliveries, next })
      },
    }),
    route({
      ...common,
      method: 'POST',
      path: '/v1/webhooks/:id/replay',
      operationId: 'replayWebhookDeliveries',
      summary: 'Send again what was given up',
      description: 'They come late, so newer ones of the same address may be there already: compare versions.',
      params,
      body: z.strictObject({
        changes: z.array(z.string().max(64)).min(1).max(replayedIdsMax).optional().describe('All, unless told.'),
      }),
      replies: { 200: z.object({ replayed: z.int() }) },
      problems: none,
      examples: [{ title: 'All of them', params: example, body: {}, status: 200 }],
      async handle({ params: { id }, body: { changes } }) {
        return json(200, { replayed: found(await webhooks.replay(id, changes ?? null), id) })
      },
    }),
  ]
}

/** The payload of a message: type and time as Standard Webhooks has them, and the change. */
export function webhookPayload(change: Change): Readonly<Record<string, unknown>> {
  return { type: change.type, timestamp: timeText(change.at), data: presentChange(change) }
}

const json = (code: number, value: unknown): Reply => ({ status: code, content: { type: 'json', value } })
const nothingThere = (id: number): Error => notFound(`there is no webhook ${id}`)

function found<T>(thing: T | undefined, id: number): T {
  if (thing === undefined) throw nothingThere(id)
  return thing
}

function filterOf(given: z.output<typeof filter> = {}): WebhookFilter {
  const { kinds = ['status-changed'], status: to, source } = given
  refuseOtherKinds(kinds, { status: to }, 'body.filter')
  return { kinds, to: to ?? null, source: source ?? null }
}

function present({ webhook, deliveries }: WebhookView): z.input<typeof webhookResource> {
  const { id, url: target, description: text, filter: wanted, state, stateReason, delivered, lastError } = webhook
  return {
    ...{ id, url: target, description: text, state, stateReason, delivered, lastError, ...deliveries },
    filter: { kinds: [...wanted.kinds], status: wanted.to, source: wanted.source },
    lastDeliveredAt: timeOrNull(webhook.lastDeliveredAt),
    failingSince: timeOrNull(webhook.failingSince),
    createdAt: timeText(webhook.createdAt),
    createdBy: webhook.createdBy,
  }
}
