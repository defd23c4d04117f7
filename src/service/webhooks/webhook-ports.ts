// What a store must do for webhooks. Terms:
//   position   how far the webhook is in the log; whatever lies behind it was not looked at yet
//   queue      the undelivered changes of one address (or person), which wait for the first of them
//   delivery   one change that could not be delivered at once: it waits in its queue, or is dead
//   lease      which process delivers a webhook, and until when no other one may

import type { Status } from '../../domain/person.js'
import type { ChangeKind, ChangePosition } from '../changes/changes.js'
import type { Lease } from '../flows/flows.js'

export interface WebhookFilter {
  readonly kinds: readonly ChangeKind[]
  readonly to: Status | null
  readonly source: string | null
}

/** `disabled`: by the program, since nothing got through for too long, or the receiver said that it is gone. */
export type WebhookState = 'active' | 'paused' | 'disabled'

export interface Webhook {
  readonly id: number
  readonly url: string
  readonly description: string
  readonly filter: WebhookFilter
  readonly state: WebhookState
  readonly stateReason: string | null
  /** Sealed. */
  readonly secret: string
  /** Signs along until then, so that a receiver can change over. */
  readonly previousSecret: string | null
  readonly previousUntil: number
  readonly position: ChangePosition
  readonly delivered: number
  readonly lastDeliveredAt: number | null
  /** Since when nothing gets through; null while something does. */
  readonly failingSince: number | null
  readonly lastError: string | null
  readonly createdAt: number
  readonly createdBy: string
}

export type NewWebhook = Pick<
  Webhook,
  'url' | 'description' | 'filter' | 'secret' | 'position' | 'createdAt' | 'createdBy'
>

export type WebhookEdit = Partial<
  Pick<
    Webhook,
    | 'url'
    | 'description'
    | 'filter'
    | 'state'
    | 'stateReason'
    | 'secret'
    | 'previousSecret'
    | 'previousUntil'
    | 'failingSince'
    | 'lastError'
  >
>

export interface Delivery {
  readonly changeId: string
  readonly queue: string
  /** Where the change is in the order of the log. */
  readonly position: ChangePosition
  readonly attempts: number
  readonly storedAt: number
  readonly lastAt: number | null
  readonly lastError: string | null
}

export type DeliveryState = 'waiting' | 'dead'

export interface Queue {
  readonly queue: string
  /** Failures of its first delivery. */
  readonly attempts: number
  readonly failingSince: number
  readonly nextAt: number
}

export interface WebhookProgress {
  readonly position: ChangePosition
  /** So many more were delivered. */
  readonly delivered: number
  readonly deliveredAt: number | null
  /** Those that have to wait, with the queues that they open. */
  readonly held: readonly Delivery[]
  readonly queues: readonly Queue[]
}

/** The part that administration needs. */
export interface WebhookStore {
  addWebhook(webhook: NewWebhook): Promise<Webhook>
  webhooks(): Promise<readonly Webhook[]>
  webhookById(id: number): Promise<Webhook | undefined>
  /** False where there is none. */
  editWebhook(id: number, edit: WebhookEdit): Promise<boolean>
  /** With all that was kept for it. */
  removeWebhook(id: number): Promise<boolean>
  /** In the order of the log, those behind `after`. */
  deliveries(
    id: number,
    state: DeliveryState,
    page: { readonly after: { readonly seq: number; readonly changeId: string } | null; readonly limit: number },
  ): Promise<readonly Delivery[]>
  countDeliveries(id: number): Promise<Readonly<Record<DeliveryState, number>>>
  /** Dead ones wait again, at once: those of these ids, or all of them, the oldest first. */
  replayDead(id: number, changeIds: readonly string[] | null, at: number, limit: number): Promise<number>
  /** All queues may be tried at once. */
  wakeQueues(id: number, at: number): Promise<void>
}

/** The part that delivering needs. */
export interface WebhookRunStore {
  /** One that is active, that nobody holds, and that is not among those held already. */
  claimWebhook(now: number, lease: Lease, except: readonly number[]): Promise<Webhook | undefined>
  /** The webhook as it is now, held on to; undefined where it went to somebody else, or is active no more. */
  holdWebhook(id: number, lease: Lease): Promise<Webhook | undefined>
  letGoOfWebhook(id: number, holder: string): Promise<void>
  editWebhook: WebhookStore['editWebhook']
  wakeQueues: WebhookStore['wakeQueues']
  /** All of it or nothing. False, and nothing is written, where the lease went to somebody else. */
  advanceWebhook(id: number, holder: string, progress: WebhookProgress): Promise<boolean>
  queues(id: number): Promise<readonly Queue[]>
  countWaiting(id: number): Promise<number>
  /** Those whose time has come, the longest waiting first. */
  dueQueues(id: number, now: number, limit: number): Promise<readonly Queue[]>
  /** The first that wait in it, in the order of the log. */
  waitingIn(id: number, queue: string, limit: number): Promise<readonly Delivery[]>
  dropDelivery(id: number, changeId: string): Promise<void>
  /** The first of the queue failed once more. */
  deferQueue(id: number, queue: Queue, failed: Pick<Delivery, 'changeId' | 'lastAt' | 'lastError'>): Promise<void>
  /** It is given up; the queue goes on with the next. */
  buryDelivery(id: number, queue: string, failed: Pick<Delivery, 'changeId' | 'lastAt' | 'lastError'>): Promise<void>
  /** False where something waits in it after all; then it may be tried at once. */
  closeQueue(id: number, queue: string, at: number): Promise<boolean>
}
