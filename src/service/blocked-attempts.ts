// The record of mail that checks have stopped. A check does not wait for it: attempts gather here for a moment and are
// written many at once. Should the store not take them, they wait, up to a bound; past it they are counted as lost.

import type { AddressKey } from '../domain/address.js'
import type { CheckMode, Purpose } from '../domain/mailing.js'

export interface BlockedAttempt {
  readonly at: number
  /** Name of the credential that asked. */
  readonly caller: string
  readonly purpose: Purpose
  readonly mode: CheckMode
  readonly key: AddressKey
  /** Version of the status that stopped it. */
  readonly statusVersion: number
}

/** Ids follow the order in which attempts became visible: who reads on below one misses none. */
export interface KeptAttempt extends BlockedAttempt {
  readonly id: number
}

export interface AttemptSelection {
  readonly key?: AddressKey | undefined
  readonly caller?: string | undefined
  readonly purpose?: Purpose | undefined
  /** Milliseconds since the epoch, both ends included. */
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export interface BlockedAttemptStore {
  /** All of them or none. */
  addBlockedAttempts(attempts: readonly BlockedAttempt[]): Promise<void>
  /** Newest first, those below the id `before` (null: from the newest). */
  blockedAttempts(
    selection: AttemptSelection,
    page: { readonly before: number | null; readonly limit: number },
  ): Promise<readonly KeptAttempt[]>
  /** Drops at most `limit` of those that are older; gives how many. */
  forgetBlockedAttempts(olderThan: number, limit: number): Promise<number>
}

export interface AttemptEvents {
  lost(count: number): void
  /** The store did not take them; it is tried again. */
  trouble(cause: unknown): void
}

// About ten full checks of which every address is blocked.
const waitingMaxDefault = 100_000
const writtenAtOnceMax = 1_000
const writeEveryMs = 500

export class BlockedAttempts {
  readonly #store: Pick<BlockedAttemptStore, 'addBlockedAttempts'>
  readonly #events: AttemptEvents
  readonly #waitingMax: number
  #waiting: BlockedAttempt[] = []
  #timer: NodeJS.Timeout | null = null
  #writing: Promise<void> | null = null

  constructor(
    store: Pick<BlockedAttemptStore, 'addBlockedAttempts'>,
    events: AttemptEvents,
    waitingMax = waitingMaxDefault,
  ) {
    this.#store = store
    this.#events = events
    this.#waitingMax = waitingMax
  }

  /** Never throws and never waits. */
  add(attempts: readonly BlockedAttempt[]): void {
    const room = Math.max(0, this.#waitingMax - this.#waiting.length)
    for (const attempt of attempts.slice(0, room)) this.#waiting.push(attempt)
    if (attempts.length > room) this.#events.lost(attempts.length - room)
    this.#timer ??= setTimeout(() => this.#writeSoon(), writeEveryMs)
  }

  /** Resolves when what was added before is written, or the store refused it. */
  async flush(): Promise<void> {
    while (this.#writing !== null) await this.#writing
    this.#writing = this.#write().finally(() => {
      this.#writing = null
    })
    await this.#writing
  }

  /** Writes what waits; what the store does not take now is lost, and counted. */
  async stop(): Promise<void> {
    await this.flush()
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#waiting.length > 0) this.#events.lost(this.#waiting.length)
    this.#waiting = []
  }

  #writeSoon(): void {
    this.#timer = null
    void this.flush().then(() => {
      if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#writeSoon(), writeEveryMs)
    })
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const next = this.#waiting.slice(0, writtenAtOnceMax)
      try {
        await this.#store.addBlockedAttempts(next)
      } catch (cause) {
        // The check was answered long ago; there is nobody to tell but the operator.
        this.#events.trouble(cause)
        return
      }
      this.#waiting.splice(0, next.length)
    }
  }
}
