// Webhooks and what of their changes could not be delivered at once: small tables that are changed a few rows at a
// time. What is written under a lease names its holder, so that whoever lost it writes nothing.

import type { Knex } from 'knex'
import type { Queue, WebhookRunStore, WebhookStore } from '../service/webhooks/webhook-ports.js'
import { type EngineName, insertIfAbsent } from './engine.js'
import { nextId } from './flows.js'
import {
  type DeliveryRow,
  deliveryFrom,
  deliveryRow,
  editedColumns,
  type QueueRow,
  queueFrom,
  type WebhookRow,
  webhookFrom,
} from './webhook-rows.js'

export function createWebhooks(engine: EngineName, writer: Knex, reader: Knex): WebhookStore & WebhookRunStore {
  return {
    addWebhook: given =>
      writer.transaction(async transaction => {
        const id = await nextId(engine, transaction, 'webhook', 1)
        const row: WebhookRow = {
          ...{ id, url: given.url, description: given.description, filter: JSON.stringify(given.filter) },
          ...{ state: 'active', state_reason: null, secret: given.secret, previous_secret: null, previous_until: 0 },
          ...{ seq: given.position.seq, activity_id: given.position.activityId, delivered: 0, last_delivered_at: null },
          ...{ failing_since: null, last_error: null, created_at: given.createdAt, created_by: given.createdBy },
          ...{ holder: null, held_until: 0 },
        }
        await transaction('webhooks').insert(row)
        return webhookFrom(row)
      }),
    async webhooks() {
      const rows: WebhookRow[] = await reader('webhooks').orderBy('id').select('*')
      return rows.map(webhookFrom)
    },
    async webhookById(id) {
      const row: WebhookRow | undefined = await reader('webhooks').where({ id }).first('*')
      return row && webhookFrom(row)
    },
    async editWebhook(id, edit) {
      const columns = editedColumns(edit)
      if (Object.keys(columns).length > 0) await writer('webhooks').where({ id }).update(columns)
      return (await writer('webhooks').where({ id }).first('id')) !== undefined
    },
    removeWebhook: id =>
      writer.transaction(async transaction => {
        const removed = await transaction('webhooks').where({ id }).delete()
        await transaction('webhook_queues').where({ webhook_id: id }).delete()
        await transaction('webhook_deliveries').where({ webhook_id: id }).delete()
        return removed > 0
      }),

    async deliveries(id, state, { after, limit }) {
      const query = reader('webhook_deliveries').where({ webhook_id: id, state })
      if (after !== null) {
        const { seq, changeId } = after
        query.where(behind =>
          behind.where('seq', '>', seq).orWhere(same => same.where({ seq }).andWhere('change_id', '>', changeId)),
        )
      }
      const rows: DeliveryRow[] = await query.orderBy(['seq', 'change_id']).limit(limit).select('*')
      return rows.map(deliveryFrom)
    },
    async countDeliveries(id) {
      const rows: { state: string; n: number | string }[] = await reader('webhook_deliveries')
        .where({ webhook_id: id })
        .groupBy('state')
        .select('state')
        .count({ n: '*' })
      const count = (state: string): number => Number(rows.find(row => row.state === state)?.n ?? 0)
      return { waiting: count('waiting'), dead: count('dead') }
    },
    replayDead: (id, changeIds, at, limit) =>
      writer.transaction(async (transaction): Promise<number> => {
        const dead = transaction('webhook_deliveries').where({ webhook_id: id, state: 'dead' })
        if (changeIds !== null) dead.whereIn('change_id', [...changeIds])
        const rows: DeliveryRow[] = await dead.orderBy(['seq', 'change_id']).limit(limit).select('*')
        if (rows.length === 0) return 0
        const queues = [...new Set(rows.map(({ queue }) => queue))].sort()
        // The queues first: whoever is about to close one of them waits, and then finds something in it.
        await openQueues(
          engine,
          transaction,
          id,
          queues.map(queue => ({ queue, attempts: 0, failingSince: at, nextAt: at })),
        )
        return transaction('webhook_deliveries')
          .where({ webhook_id: id, state: 'dead' })
          .whereIn(
            'change_id',
            rows.map(row => row.change_id),
          )
          .update({ state: 'waiting', attempts: 0 })
      }),
    async wakeQueues(id, at) {
      await writer('webhook_queues').where({ webhook_id: id }).andWhere('next_at', '>', at).update({ next_at: at })
    },

    async claimWebhook(now, { holder, until }, except) {
      const free = reader('webhooks').where({ state: 'active' }).andWhere('held_until', '<=', now)
      const row: WebhookRow | undefined = await free
        .whereNotIn('id', [...except])
        .orderBy('id')
        .first('*')
      if (row === undefined) return undefined
      // Whoever changes the lease that both have seen was first; the other one looks again at its next round.
      const { id, holder: before, held_until } = row
      const seen = writer('webhooks').where({ id, holder: before, held_until, state: 'active' })
      return (await seen.update({ holder, held_until: until })) === 0 ? undefined : webhookFrom(row)
    },
    async holdWebhook(id, { holder, until }) {
      const held = await writer('webhooks').where({ id, holder, state: 'active' }).update({ held_until: until })
      const row: WebhookRow | undefined =
        held === 0 ? undefined : await writer('webhooks').where({ id, holder, state: 'active' }).first('*')
      return row && webhookFrom(row)
    },
    async letGoOfWebhook(id, holder) {
      await writer('webhooks').where({ id, holder }).update({ holder: null, held_until: 0 })
    },
    advanceWebhook: (id, holder, { position, delivered, deliveredAt, held, queues }) =>
      writer.transaction(async transaction => {
        const own = await transaction('webhooks').where({ id, holder }).forUpdate().first('id')
        if (own === undefined) return false
        await transaction('webhooks')
          .where({ id })
          .update({
            ...{ seq: position.seq, activity_id: position.activityId },
            delivered: transaction.raw('delivered + ?', [delivered]),
            ...(deliveredAt === null ? {} : { last_delivered_at: deliveredAt }),
          })
        await openQueues(engine, transaction, id, queues)
        for (const delivery of held) {
          const row = deliveryRow(id, delivery)
          await insertIfAbsent(engine, transaction('webhook_deliveries').insert(row), ['webhook_id', 'change_id'])
        }
        return true
      }),

    async queues(id) {
      const rows: QueueRow[] = await reader('webhook_queues').where({ webhook_id: id }).select('*')
      return rows.map(queueFrom)
    },
    async countWaiting(id) {
      const waiting = reader('webhook_deliveries').where({ webhook_id: id, state: 'waiting' })
      const [row]: { n?: number | string }[] = await waiting.count({ n: '*' })
      return Number(row!.n)
    },
    async dueQueues(id, now, limit) {
      const due = reader('webhook_queues').where({ webhook_id: id }).andWhere('next_at', '<=', now)
      const rows: QueueRow[] = await due.orderBy('next_at').limit(limit).select('*')
      return rows.map(queueFrom)
    },
    async waitingIn(id, queue, limit) {
      const waiting = writer('webhook_deliveries').where({ webhook_id: id, queue, state: 'waiting' })
      const rows: DeliveryRow[] = await waiting.orderBy(['seq', 'activity_id', 'change_id']).limit(limit).select('*')
      return rows.map(deliveryFrom)
    },
    async dropDelivery(id, changeId) {
      await writer('webhook_deliveries').where({ webhook_id: id, change_id: changeId }).delete()
    },
    deferQueue: (id, { queue, attempts, failingSince, nextAt }, { changeId, lastAt, lastError }) =>
      writer.transaction(async transaction => {
        await transaction('webhook_queues')
          .where({ webhook_id: id, queue })
          .update({ attempts, failing_since: failingSince, next_at: nextAt })
        await transaction('webhook_deliveries')
          .where({ webhook_id: id, change_id: changeId })
          .update({ attempts: transaction.raw('attempts + 1'), last_at: lastAt, last_error: lastError })
      }),
    buryDelivery: (id, queue, { changeId, lastAt, lastError }) =>
      writer.transaction(async transaction => {
        const anew = { attempts: 0, failing_since: lastAt, next_at: lastAt }
        await transaction('webhook_queues').where({ webhook_id: id, queue }).update(anew)
        await transaction('webhook_deliveries')
          .where({ webhook_id: id, change_id: changeId })
          .update({
            state: 'dead',
            attempts: transaction.raw('attempts + 1'),
            last_at: lastAt,
            last_error: lastError,
          })
      }),
    closeQueue: (id, queue, at) =>
      writer.transaction(async transaction => {
        const key = { webhook_id: id, queue }
        await transaction('webhook_queues').where(key).forUpdate().first('queue')
        const waiting = await transaction('webhook_deliveries')
          .where({ ...key, state: 'waiting' })
          .first('change_id')
        if (waiting === undefined) await transaction('webhook_queues').where(key).delete()
        else await transaction('webhook_queues').where(key).update({ next_at: at })
        return waiting === undefined
      }),
  }
}

/** Those that are open already keep their time. */
async function openQueues(
  engine: EngineName,
  transaction: Knex.Transaction,
  webhookId: number,
  queues: readonly Queue[],
): Promise<void> {
  for (const { queue, attempts, failingSince, nextAt } of queues) {
    const row: QueueRow = { webhook_id: webhookId, queue, attempts, failing_since: failingSince, next_at: nextAt }
    await insertIfAbsent(engine, transaction('webhook_queues').insert(row), ['webhook_id', 'queue'])
  }
}
