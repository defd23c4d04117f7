// Holds webhooks that nobody else holds, and has each delivered. The lease is short and renewed all the time, so that
// another process goes on soon after a crash; renewing it also tells what an admin changed.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Background, isPassing } from '../writes/background.js'
import { WebhookRun, type WebhookRunOptions } from './webhook-run.js'

const defaultLeaseMs = 15_000
// What is being sent when the server stops may take this long to be answered.
const finishMs = 2_000

export interface WebhookWorkerOptions extends WebhookRunOptions {
  readonly leaseMs?: number
  onDefect(cause: unknown): void
}

interface Running {
  readonly run: WebhookRun
  readonly holder: string
  readonly ended: Promise<void>
  heldAt: number
}

export class WebhookWorker {
  readonly #options: WebhookWorkerOptions
  readonly #leaseMs: number
  readonly #background: Background
  readonly #running = new Map<number, Running>()
  readonly #cut = new AbortController()

  constructor(options: WebhookWorkerOptions) {
    this.#options = options
    this.#leaseMs = options.leaseMs ?? defaultLeaseMs
    // The rest between two rounds is that of all background work, well within a lease.
    this.#background = new Background(() => this.#round(), options.onDefect)
  }

  start(): void {
    this.#background.start()
  }

  /** An admin changed something. */
  nudge(): void {
    this.#background.nudge()
  }

  async stop(): Promise<void> {
    await this.#background.stop()
    const running = [...this.#running.values()]
    for (const { run } of running) run.end()
    const all = Promise.all(running.map(({ ended }) => ended))
    await Promise.race([all, delay(finishMs, undefined, { ref: false })])
    this.#cut.abort()
    await all
  }

  async #round(): Promise<boolean> {
    for (const one of this.#running.values()) await this.#renew(one)
    const { store, messenger } = this.#options
    const holder = randomBytes(16).toString('hex')
    const lease = { holder, until: messenger.now() + this.#leaseMs }
    const webhook = await store.claimWebhook(messenger.now(), lease, [...this.#running.keys()])
    if (webhook === undefined) return false
    const run = new WebhookRun(webhook, holder, this.#cut.signal, this.#options)
    const ended = run
      .carryOut()
      .catch((cause: unknown) => {
        if (!isPassing(cause)) this.#options.onDefect(cause)
      })
      // Whoever comes next need not wait for the lease. Where this fails too, the lease ends by itself.
      .then(() => store.letGoOfWebhook(webhook.id, holder).catch(() => {}))
      .finally(() => this.#running.delete(webhook.id))
    this.#running.set(webhook.id, { run, holder, ended, heldAt: messenger.now() })
    return true
  }

  async #renew(running: Running): Promise<void> {
    const { store, messenger } = this.#options
    const { run, holder } = running
    const now = messenger.now()
    // The store did not answer for so long that somebody else may hold it by now.
    if (now - running.heldAt > this.#leaseMs) return run.end()
    const webhook = await store.holdWebhook(run.webhookId, { holder, until: now + this.#leaseMs })
    if (webhook === undefined) return run.end()
    running.heldAt = now
    run.refresh(webhook)
  }
}
