// Webhooks, their queues and deliveries as rows, and their way into the words of the service and back.

import type {
  Delivery,
  Queue,
  Webhook,
  WebhookEdit,
  WebhookFilter,
  WebhookState,
} from '../service/webhooks/webhook-ports.js'

export interface WebhookRow {
  readonly id: number
  readonly url: string
  readonly description: string
  readonly filter: string
  readonly state: string
  readonly state_reason: string | null
  readonly secret: string
  readonly previous_secret: string | null
  readonly previous_until: number
  readonly seq: number
  readonly activity_id: number
  readonly delivered: number
  readonly last_delivered_at: number | null
  readonly failing_since: number | null
  readonly last_error: string | null
  readonly created_at: number
  readonly created_by: string
  readonly holder: string | null
  readonly held_until: number
}

export function webhookFrom(row: WebhookRow): Webhook {
  const { id, url, description, secret, delivered } = row
  return {
    ...{ id, url, description, secret, delivered },
    filter: JSON.parse(row.filter) as WebhookFilter,
    state: row.state as WebhookState,
    stateReason: row.state_reason,
    previousSecret: row.previous_secret,
    previousUntil: row.previous_until,
    position: { seq: row.seq, activityId: row.activity_id },
    lastDeliveredAt: row.last_delivered_at,
    failingSince: row.failing_since,
    lastError: row.last_error,
    createdAt: row.created_at,
    createdBy: row.created_by,
  }
}

export function editedColumns(edit: WebhookEdit): Partial<WebhookRow> {
  const columns: { readonly [Name in keyof WebhookEdit]-?: keyof WebhookRow } = {
    url: 'url',
    description: 'description',
    filter: 'filter',
    state: 'state',
    stateReason: 'state_reason',
    secret: 'secret',
    previousSecret: 'previous_secret',
    previousUntil: 'previous_until',
    failingSince: 'failing_since',
    lastError: 'last_error',
  }
  const named = Object.entries(edit).map(([name, value]) => [
    columns[name as keyof WebhookEdit], // the keys of an edit are these
    name === 'filter' ? JSON.stringify(value) : value,
  ])
  return Object.fromEntries(named)
}

export interface QueueRow {
  readonly webhook_id: number
  readonly queue: string
  readonly attempts: number
  readonly failing_since: number
  readonly next_at: number
}

export function queueFrom({ queue, attempts, failing_since: failingSince, next_at: nextAt }: QueueRow): Queue {
  return { queue, attempts, failingSince, nextAt }
}

export interface DeliveryRow {
  readonly webhook_id: number
  readonly change_id: string
  readonly queue: string
  readonly seq: number
  readonly activity_id: number
  readonly state: string
  readonly attempts: number
  readonly stored_at: number
  readonly last_at: number | null
  readonly last_error: string | null
}

export function deliveryRow(webhookId: number, delivery: Delivery): DeliveryRow {
  const { changeId, queue, position, attempts, storedAt, lastAt, lastError } = delivery
  return {
    ...{ webhook_id: webhookId, change_id: changeId, queue, seq: position.seq, activity_id: position.activityId },
    ...{ state: 'waiting', attempts, stored_at: storedAt, last_at: lastAt, last_error: lastError },
  }
}

export function deliveryFrom(row: DeliveryRow): Delivery {
  const { queue, attempts } = row
  return {
    ...{ queue, attempts, changeId: row.change_id, storedAt: row.stored_at },
    position: { seq: row.seq, activityId: row.activity_id },
    lastAt: row.last_at,
    lastError: row.last_error,
  }
}
