// One look at the end of the log for all who wait for something new there, whoever in whichever process commits it.
// Looks only while somebody waits. It knows positions, not what stands at them.

import { isPassing } from '../writes/background.js'

// What another process commits is seen after at most this long; our own commits say so themselves.
const lookEveryMs = 250
// Under steady writes waiting readers are woken this often, each time for all that came meanwhile.
const restMs = 25

interface Waiting {
  readonly seq: number
  wake(): void
}

export class HeadWatch {
  readonly #head: () => Promise<{ readonly seq: number }>
  readonly #onDefect: (cause: unknown) => void
  readonly #waiting = new Set<Waiting>()
  #isLooking = false
  #isReleased = false
  #nudge: () => void = () => {}

  constructor(head: () => Promise<{ readonly seq: number }>, onDefect: (cause: unknown) => void) {
    this.#head = head
    this.#onDefect = onDefect
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** True once nobody is kept waiting any more. */
  get isReleased(): boolean {
    return this.#isReleased
  }

  /** Something was committed here. */
  nudge(): void {
    this.#nudge()
  }

  /** Lets everybody go, and keeps nobody from now on. */
  release(): void {
    this.#isReleased = true
    for (const { wake } of [...this.#waiting]) wake()
    this.#nudge()
  }

  /** Resolves when the log goes beyond `seq`, when the time is over, or when whoever waits has left. */
  beyond(
    seq: number,
    { withinMs, signal }: { readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    if (this.#isReleased || signal.aborted) return Promise.resolve()
    return new Promise(resolve => {
      const wake = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(entry)
        resolve()
      }
      const entry = { seq, wake }
      const timer = setTimeout(wake, withinMs)
      signal.addEventListener('abort', wake)
      this.#waiting.add(entry)
      if (!this.#isLooking) void this.#look()
    })
  }

  async #look(): Promise<void> {
    this.#isLooking = true
    while (this.#waiting.size > 0) {
      // Whatever is committed from here on is heard of, also while the question is on its way.
      let isNudged = false
      this.#nudge = () => {
        isNudged = true
      }
      try {
        const { seq } = await this.#head()
        for (const entry of [...this.#waiting]) if (entry.seq < seq) entry.wake()
      } catch (cause) {
        if (!isPassing(cause)) this.#onDefect(cause)
      }
      await pause(restMs)
      if (!isNudged && this.#waiting.size > 0) await this.#nudged()
    }
    this.#isLooking = false
  }

  #nudged(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, lookEveryMs - restMs)
      this.#nudge = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

const pause = (ms: number): Promise<void> => new Promise(resolve => void setTimeout(resolve, ms))
