// One webhook in the hands of one process: new changes from the log in their order, several addresses at a time, and
// beside them, at growing distances, those that failed. An address that failed holds back its own later changes only.

import { setTimeout as delay } from 'node:timers/promises'
import type { ChangeFeed, ChangePage } from '../changes/change-feed.js'
import { type Change, type ChangePosition, laterPosition, PositionArchived } from '../changes/changes.js'
import { type Attempt, type Messenger, sendChange } from './webhook-message.js'
import { type Held, type Placed, type Settled, WebhookPage } from './webhook-page.js'
import type { Delivery, Queue, Webhook, WebhookRunStore } from './webhook-ports.js'
import { EndpointHealth, retryInMs } from './webhook-retries.js'

export interface WebhookRunOptions {
  readonly store: WebhookRunStore
  readonly changes: ChangeFeed
  readonly messenger: Messenger
  /** Name of the queue in which a change waits: the same for all changes that must stay in order. */
  readonly queueOf: (change: Change) => string
  /** A change that fails for so long is dead; a webhook that fails for so long is disabled. */
  readonly giveUpMs: number
  onDisabled(webhook: Webhook, reason: string): void
  onDead(webhook: Webhook, changeId: string): void
}

const stepsAtOnce = 100
const retriesAtOnce = 4
const queueReadAtOnce = 20
// How long the log is waited for before the webhook is looked at again.
const waitMs = 20_000
// Between two looks for what is to be tried again.
const lookEveryMs = 250
// Past so many queues and deliveries nothing new is taken on: the log keeps it.
const queuesMax = 1_000
const waitingMax = 10_000

export class WebhookRun {
  readonly #options: WebhookRunOptions
  readonly #holder: string
  readonly #cut: AbortSignal
  readonly #over = new AbortController()
  readonly #health: EndpointHealth
  /** Queues whose changes must wait: all that the store has, and those on their way there. */
  readonly #blocked = new Set<string>()
  /** How many changes of a queue were put aside and are not yet stored. */
  readonly #unstored = new Map<string, number>()
  #webhook: Webhook
  #waiting = 0
  #writes: Promise<unknown> = Promise.resolve()

  /** `cut` ends what is being sent; `end` lets it finish. */
  constructor(webhook: Webhook, holder: string, cut: AbortSignal, options: WebhookRunOptions) {
    this.#webhook = webhook
    this.#holder = holder
    this.#cut = cut
    this.#options = options
    this.#health = new EndpointHealth(webhook.failingSince)
  }

  get webhookId(): number {
    return this.#webhook.id
  }

  /** Goes by what an admin changed since. */
  refresh(webhook: Webhook): void {
    this.#webhook = { ...webhook, position: this.#webhook.position }
    if (webhook.failingSince === null && this.#health.isDown) this.#health.reset()
  }

  /** Takes up nothing more. */
  end(): void {
    this.#over.abort()
  }

  /** Until it is ended; what is under way by then is finished, and kept. */
  async carryOut(): Promise<void> {
    const { store } = this.#options
    const { id } = this.#webhook
    for (const { queue } of await store.queues(id)) this.#blocked.add(queue)
    this.#waiting = await store.countWaiting(id)
    // If one of the two cannot go on, the other one must not either.
    const loops = [this.#follow(), this.#retry()].map(loop => loop.finally(() => this.end()))
    const ends = await Promise.allSettled(loops)
    await this.#writes.catch(() => {})
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  get #goesOn(): boolean {
    return !this.#over.signal.aborted
  }

  // New changes, a page at a time.
  async #follow(): Promise<void> {
    while (this.#goesOn) {
      const isFull = this.#blocked.size >= queuesMax || this.#waiting >= waitingMax
      if (isFull || this.#health.probeInMs(this.#options.messenger.now()) > 0) {
        await this.#rest(lookEveryMs)
        continue
      }
      const page = await this.#read(this.#health.isDown ? 1 : stepsAtOnce)
      if (page === null || !this.#goesOn) return
      if (page.steps.length === 0) {
        await this.#advance(page.next, 0, [], [])
        // Where nobody is kept waiting any more, the server is about to stop.
        await this.#rest(lookEveryMs)
      } else await new WebhookPage(page.steps, page.next, this).carryOut()
    }
  }

  // Null where part of what was to be sent is no longer there.
  async #read(limit: number): Promise<ChangePage | null> {
    const { position: after, filter } = this.#webhook
    try {
      const read = { after, filter: { ...filter, key: null }, limit, waitMs, signal: this.#over.signal }
      return await this.#options.changes.read(read)
    } catch (cause) {
      if (!(cause instanceof PositionArchived)) throw cause
      await this.#advance(cause.oldest, 0, [], [])
      await this.#disable(`changes behind ${after.seq} were not sent in time: ${cause.message}; activate it to go on`)
      return null
    }
  }

  // What failed before, each queue from its first change on.
  async #retry(): Promise<void> {
    const { store, messenger } = this.#options
    while (this.#goesOn) {
      const due = await store.dueQueues(this.#webhook.id, messenger.now(), this.#health.isDown ? 1 : retriesAtOnce)
      await Promise.all(due.map(queue => this.#drain(queue)))
      if (due.length === 0) await this.#rest(lookEveryMs)
    }
  }

  async #drain(found: Queue): Promise<void> {
    const { store, changes, messenger } = this.#options
    const { id } = this.#webhook
    let queue = found
    this.#blocked.add(queue.queue)
    while (this.#goesOn) {
      const waiting = await store.waitingIn(id, queue.queue, queueReadAtOnce)
      if (waiting.length === 0) return this.#close(queue.queue)
      const known = await changes.changesByIds(waiting.map(({ changeId }) => changeId))
      for (const { changeId } of waiting) {
        if (!this.#goesOn) return
        const change = known.find(one => one.id === changeId)
        // Erased since: there is nothing left to tell.
        const attempt = change === undefined ? 'erased' : await this.#send(change)
        if (attempt === null) return
        const at = messenger.now()
        if (attempt === 'erased' || attempt.type === 'delivered') {
          await this.#write(() => store.dropDelivery(id, changeId))
          this.#waiting--
          if (attempt !== 'erased') await this.#advance(this.#webhook.position, 1, [], [])
          queue = { ...queue, attempts: 0, failingSince: at }
          continue
        }
        const failed = { changeId, lastAt: at, lastError: attempt.error }
        if (!this.#health.isDown && at - queue.failingSince > this.#options.giveUpMs) {
          await this.#write(() => store.buryDelivery(id, queue.queue, failed))
          this.#waiting--
          this.#options.onDead(this.#webhook, changeId)
          queue = { ...queue, attempts: 0, failingSince: at }
          continue
        }
        const attempts = queue.attempts + 1
        const later = { ...queue, attempts, nextAt: at + retryInMs(attempts) }
        return this.#write(() => store.deferQueue(id, later, failed))
      }
    }
  }

  async #close(queue: string): Promise<void> {
    const { store, messenger } = this.#options
    // Looked at and let go in one turn: whoever comes now is sent at once, and nothing older is left anywhere.
    const isNeeded = this.#unstored.has(queue)
    if (!isNeeded) this.#blocked.delete(queue)
    else await this.#rest(lookEveryMs)
    const isClosed = await this.#write(() => store.closeQueue(this.#webhook.id, queue, messenger.now()))
    if (!isClosed) this.#blocked.add(queue)
  }

  /** What becomes of a new change; null where it was not tried and must be read again. */
  async deliver(change: Change): Promise<Settled | null> {
    const queue = this.queueOf(change)
    if (!this.#goesOn) return null
    if (this.#blocked.has(queue)) return this.#hold(change, queue, null)
    const wasDown = this.#health.isDown
    const attempt = await this.#send(change)
    if (attempt === null) return null
    if (attempt.type === 'delivered') return { type: 'delivered' }
    // A probe of a receiver that is down is not kept: the log has it.
    if (wasDown || attempt.isGone) return null
    return this.#hold(change, queue, attempt.error)
  }

  queueOf(change: Change): string {
    return this.#options.queueOf(change)
  }

  get isDown(): boolean {
    return this.#health.isDown
  }

  #hold(change: Change, queue: string, error: string | null): Held {
    this.#blocked.add(queue)
    this.#unstored.set(queue, (this.#unstored.get(queue) ?? 0) + 1)
    return { type: 'held', changeId: change.id, queue, error, at: this.#options.messenger.now() }
  }

  /** Null where it was cut short by the end of this run. */
  async #send(change: Change): Promise<Attempt | null> {
    const { messenger, store, giveUpMs } = this.#options
    const attempt = await sendChange(messenger, this.#webhook, change, this.#cut)
    if (attempt.type === 'failed' && this.#cut.aborted) return null
    const [id, now] = [this.#webhook.id, messenger.now()]
    if (attempt.type === 'delivered') {
      if (this.#health.succeeded()) {
        await this.#write(() => store.editWebhook(id, { failingSince: null, lastError: null }))
        await this.#write(() => store.wakeQueues(id, now))
      }
      return attempt
    }
    const wentDown = this.#health.failed(this.#options.queueOf(change), now)
    const { failingSince } = this.#health
    if (attempt.isGone) await this.#disable('the receiver answered 410 Gone')
    else if (failingSince !== null && now - failingSince > giveUpMs) {
      await this.#disable(`nothing got through since ${new Date(failingSince).toISOString()}; last: ${attempt.error}`)
    } else if (wentDown) await this.#write(() => store.editWebhook(id, { failingSince, lastError: attempt.error }))
    return attempt
  }

  async #disable(reason: string): Promise<void> {
    if (!this.#goesOn) return
    this.end()
    const edit = { state: 'disabled', stateReason: reason } as const
    await this.#write(() => this.#options.store.editWebhook(this.#webhook.id, edit))
    this.#options.onDisabled(this.#webhook, reason)
  }

  /** Keeps how far it is, and what was put aside on the way. */
  async keep(position: ChangePosition, delivered: number, held: readonly Placed<Held>[]): Promise<void> {
    const deliveries = held.map(
      ({ changeId, queue, position: place, error, at }): Delivery => ({
        ...{ changeId, queue, position: place, storedAt: at, lastError: error },
        attempts: error === null ? 0 : 1,
        lastAt: error === null ? null : at,
      }),
    )
    const queues = held.map(
      ({ queue, error, at }): Queue => ({
        ...{ queue, failingSince: at },
        attempts: error === null ? 0 : 1,
        nextAt: error === null ? at : at + retryInMs(1),
      }),
    )
    await this.#advance(position, delivered, deliveries, queues)
    this.#waiting += held.length
    for (const { queue } of held) {
      const left = this.#unstored.get(queue)! - 1
      if (left === 0) this.#unstored.delete(queue)
      else this.#unstored.set(queue, left)
    }
  }

  async #advance(
    position: ChangePosition,
    delivered: number,
    held: readonly Delivery[],
    queues: readonly Queue[],
  ): Promise<void> {
    const { store, messenger } = this.#options
    const deliveredAt = delivered > 0 ? messenger.now() : null
    const isBehind = laterPosition(position, this.#webhook.position) === this.#webhook.position
    if (isBehind && delivered === 0 && held.length === 0) return
    const isHeld = await this.#write(() => {
      // A retry that was delivered meanwhile must not take the position back.
      const progress = {
        position: laterPosition(position, this.#webhook.position),
        delivered,
        deliveredAt,
        held,
        queues,
      }
      return store.advanceWebhook(this.#webhook.id, this.#holder, progress)
    })
    if (!isHeld) this.end()
    else this.#webhook = { ...this.#webhook, position: laterPosition(position, this.#webhook.position) }
  }

  // One after the other: what a queue is told must reach the store in the order in which it was said.
  #write<T>(work: () => Promise<T>): Promise<T> {
    const written = this.#writes.then(work)
    // After one that failed nothing is written: a place behind what was not put aside would lose it.
    this.#writes = written
    written.catch(() => this.end())
    return written
  }

  #rest(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#over.signal }).catch(() => {})
  }
}
