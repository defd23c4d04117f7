// Work that nobody waits for: one round after the other while there is something to do, and a look now and then when
// there seems to be nothing, since another process may have left something. Must not know what a round does.

import { CommitUnknown, StoreUnavailable } from '../ports.js'
import { QueueFull, Stopping } from './submission.js'

const idleMs = 1_000

/** Does a part of what waits; false where nothing does. The signal says that it should come to an end soon. */
export type Round = (signal: AbortSignal) => Promise<boolean>

/** Trouble that passes by itself: the same may be tried again. */
export function isPassing(cause: unknown): boolean {
  return [StoreUnavailable, CommitUnknown, QueueFull, Stopping].some(kind => cause instanceof kind)
}

export class Background {
  readonly #round: Round
  readonly #onDefect: (cause: unknown) => void
  readonly #stop = new AbortController()
  #nudge: () => void = () => {}
  #running: Promise<void> = Promise.resolve()

  constructor(round: Round, onDefect: (cause: unknown) => void) {
    this.#round = round
    this.#onDefect = onDefect
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Something was just left to do: look now and not at the next round. */
  nudge(): void {
    this.#nudge()
  }

  /** Resolves once the round that is under way has ended. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#nudge()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        if (!(await this.#round(this.#stop.signal))) await this.#pause()
      } catch (cause) {
        if (!isPassing(cause)) this.#onDefect(cause)
        await this.#pause()
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, idleMs)
      this.#nudge = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.#stop.signal.aborted) this.#nudge()
    })
  }
}
