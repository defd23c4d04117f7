// Finishes in the background the histories that were too long for one transaction, one chunk at a time, by commands
// on the one write path. What is left to do stands in the store, so it goes on after a crash, in whichever process.

import { setTimeout as delay } from 'node:timers/promises'
import type { Cause, Policy } from '../domain/command.js'
import type { GroupCommit } from './group-commit.js'
import { type CommandStore, CommitUnknown, StoreUnavailable } from './ports.js'
import { QueueFull, Stopping } from './submission.js'

const cause: Cause = {
  actor: 'system',
  role: 'admin',
  source: 'fan-out',
  reason: 'fan-out',
  reasonGiven: false,
  evidence: null,
}
const policy: Policy = { resubscribe: 'compatible', addressChange: 'reset' }

// Between looks when nothing is known to be waiting: another process may have left something.
const idleMs = 1_000
const fanOutsAtOnce = 10

export class FanOutWorker {
  readonly #store: Pick<CommandStore, 'pendingFanOuts'>
  readonly #writes: Pick<GroupCommit, 'submit'>
  readonly #onDefect: (cause: unknown) => void
  #stop = new AbortController()
  #nudge: () => void = () => {}
  #running: Promise<void> = Promise.resolve()

  constructor(
    store: Pick<CommandStore, 'pendingFanOuts'>,
    writes: Pick<GroupCommit, 'submit'>,
    onDefect: (cause: unknown) => void,
  ) {
    this.#store = store
    this.#writes = writes
    this.#onDefect = onDefect
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Something was just left to do: look now and not at the next round. */
  nudge(): void {
    this.#nudge()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#nudge()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        if (!(await this.#round())) await this.#pause()
      } catch (cause) {
        const passes = [StoreUnavailable, CommitUnknown, QueueFull, Stopping].some(kind => cause instanceof kind)
        if (!passes) this.#onDefect(cause)
        await this.#pause()
      }
    }
  }

  /** One chunk of each fan-out that waits; false where none does. */
  async #round(): Promise<boolean> {
    const pending = await this.#store.pendingFanOuts(fanOutsAtOnce)
    for (const { key, version } of pending) {
      if (this.#stop.signal.aborted) break
      const startedAt = performance.now()
      await this.#writes.submit({
        command: { type: 'continue-fan-out', key, version },
        cause,
        policy,
        replay: { type: 'none' },
      })
      // As long a rest as the chunk took: callers keep at least half of the write path.
      await delay(performance.now() - startedAt)
    }
    return pending.length > 0
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
