// What admins do with webhooks: make them, change them, test them, look at what could not be delivered and have it
// sent again. Delivering itself goes on elsewhere, in whichever process holds the webhook.

import { randomBytes } from 'node:crypto'
import type { ChangeFeed } from '../changes/change-feed.js'
import type { Change } from '../changes/changes.js'
import { type Attempt, type Messenger, send } from './webhook-message.js'
import type { Delivery, DeliveryState, Webhook, WebhookFilter, WebhookState, WebhookStore } from './webhook-ports.js'
import { drawSecret } from './webhook-signature.js'

/** How long the secret before signs along. */
export const secretOverlapMs = 24 * 3_600_000
export const webhooksMax = 100
const replayedAtOnceMax = 1_000

export interface WebhooksOptions {
  readonly store: WebhookStore
  readonly changes: ChangeFeed
  readonly messenger: Messenger
  /** Null where it may be called; else a sentence about why not. */
  readonly refusedTarget: (url: string) => Promise<string | null>
  /** Something was changed that whoever delivers should see at once. */
  readonly nudge: () => void
}

export interface WebhookView {
  readonly webhook: Webhook
  readonly deliveries: Readonly<Record<DeliveryState, number>>
}

export type WebhookMade =
  | { readonly type: 'made'; readonly view: WebhookView; readonly secret: string }
  | { readonly type: 'target-refused'; readonly problem: string }
  | { readonly type: 'too-many' }

export type WebhookChanged =
  | { readonly type: 'changed'; readonly view: WebhookView }
  | { readonly type: 'target-refused'; readonly problem: string }
  | { readonly type: 'not-found' }

export class Webhooks {
  readonly #options: WebhooksOptions

  constructor(options: WebhooksOptions) {
    this.#options = options
  }

  /** The secret is shown this once. */
  async add(given: {
    readonly url: string
    readonly description: string
    readonly filter: WebhookFilter
    /** The beginning is that of what is kept. */
    readonly from: 'now' | 'beginning'
    readonly actor: string
  }): Promise<WebhookMade> {
    const { store, changes, messenger, nudge } = this.#options
    const problem = await this.#options.refusedTarget(given.url)
    if (problem !== null) return { type: 'target-refused', problem }
    if ((await store.webhooks()).length >= webhooksMax) return { type: 'too-many' }
    const secret = drawSecret()
    const { url, description, filter, actor: createdBy } = given
    const webhook = await store.addWebhook({
      ...{ url, description, filter, createdBy },
      position: await (given.from === 'now' ? changes.end() : changes.beginning()),
      secret: messenger.seal.close(secret),
      createdAt: messenger.now(),
    })
    nudge()
    return { type: 'made', view: await this.#viewOf(webhook), secret }
  }

  async list(): Promise<readonly WebhookView[]> {
    const webhooks = await this.#options.store.webhooks()
    return Promise.all(webhooks.map(webhook => this.#viewOf(webhook)))
  }

  async find(id: number): Promise<WebhookView | undefined> {
    const webhook = await this.#options.store.webhookById(id)
    return webhook && this.#viewOf(webhook)
  }

  async change(
    id: number,
    edit: {
      readonly url?: string
      readonly description?: string
      readonly filter?: WebhookFilter
      readonly state?: Exclude<WebhookState, 'disabled'>
    },
  ): Promise<WebhookChanged> {
    const { store, messenger, nudge, refusedTarget } = this.#options
    const problem = edit.url === undefined ? null : await refusedTarget(edit.url)
    if (problem !== null) return { type: 'target-refused', problem }
    const anew = edit.state === 'active' ? { stateReason: null, failingSince: null, lastError: null } : {}
    const paused = edit.state === 'paused' ? { stateReason: 'paused by an admin' } : {}
    if (!(await store.editWebhook(id, { ...edit, ...anew, ...paused }))) return { type: 'not-found' }
    if (edit.state === 'active') await store.wakeQueues(id, messenger.now())
    nudge()
    const view = await this.find(id)
    return view === undefined ? { type: 'not-found' } : { type: 'changed', view }
  }

  async remove(id: number): Promise<boolean> {
    const isRemoved = await this.#options.store.removeWebhook(id)
    this.#options.nudge()
    return isRemoved
  }

  /** A new secret, shown this once; the one before signs along for a day. */
  async rotateSecret(id: number): Promise<string | undefined> {
    const { store, messenger, nudge } = this.#options
    const webhook = await store.webhookById(id)
    if (webhook === undefined) return undefined
    const secret = drawSecret()
    await store.editWebhook(id, {
      secret: messenger.seal.close(secret),
      previousSecret: webhook.secret,
      previousUntil: messenger.now() + secretOverlapMs,
    })
    nudge()
    return secret
  }

  /** Sends a message of the type `ping` at once, whatever the state is, and tells what came of it. */
  async ping(id: number, signal: AbortSignal): Promise<Attempt | undefined> {
    const { store, messenger } = this.#options
    const webhook = await store.webhookById(id)
    if (webhook === undefined) return undefined
    const payload = { type: 'ping', timestamp: new Date(messenger.now()).toISOString(), data: { webhookId: id } }
    return send(messenger, webhook, { id: `ping_${randomBytes(12).toString('hex')}`, payload }, signal)
  }

  /** What waits or is dead, each with its change; null where that is gone. */
  async deliveries(
    id: number,
    state: DeliveryState,
    page: Parameters<WebhookStore['deliveries']>[2],
  ): Promise<readonly { readonly delivery: Delivery; readonly change: Change | null }[]> {
    const { store, changes } = this.#options
    const found = await store.deliveries(id, state, page)
    const known = new Map((await changes.changesByIds(found.map(({ changeId }) => changeId))).map(one => [one.id, one]))
    return found.map(delivery => ({ delivery, change: known.get(delivery.changeId) ?? null }))
  }

  /** How many dead ones wait again; undefined where there is no such webhook. */
  async replay(id: number, changeIds: readonly string[] | null): Promise<number | undefined> {
    const { store, messenger, nudge } = this.#options
    if ((await store.webhookById(id)) === undefined) return undefined
    let replayed = 0
    for (;;) {
      const some = await store.replayDead(id, changeIds, messenger.now(), replayedAtOnceMax)
      replayed += some
      if (some < replayedAtOnceMax) break
    }
    nudge()
    return replayed
  }

  async #viewOf(webhook: Webhook): Promise<WebhookView> {
    return { webhook, deliveries: await this.#options.store.countDeliveries(webhook.id) }
  }
}
