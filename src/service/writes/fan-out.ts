// Finishes in the background the histories that were too long for one transaction, one chunk at a time, by commands
// on the one write path. What is left to do stands in the store, so it goes on after a crash, in whichever process.

import { setTimeout as delay } from 'node:timers/promises'
import type { Cause, Policy } from '../../domain/command.js'
import type { CommandStore } from '../ports.js'
import { Background } from './background.js'
import { firstPace, paceAfter } from './fan-out-pace.js'
import type { GroupCommit } from './group-commit.js'

const cause: Cause = {
  actor: 'system',
  role: 'admin',
  source: 'fan-out',
  reason: 'fan-out',
  reasonGiven: false,
  evidence: null,
}
const policy: Policy = { resubscribe: 'compatible', addressChange: 'reset' }

const fanOutsAtOnce = 10

export class FanOutWorker {
  readonly #store: Pick<CommandStore, 'pendingFanOuts'>
  readonly #writes: Pick<GroupCommit, 'submit' | 'submitted'>
  readonly #background: Background
  #pace = firstPace
  #submittedBefore = 0

  constructor(
    store: Pick<CommandStore, 'pendingFanOuts'>,
    writes: Pick<GroupCommit, 'submit' | 'submitted'>,
    onDefect: (cause: unknown) => void,
  ) {
    this.#store = store
    this.#writes = writes
    this.#background = new Background(signal => this.#round(signal), onDefect)
  }

  start(): void {
    this.#background.start()
  }

  /** Something was just left to do: look now and not at the next round. */
  nudge(): void {
    this.#background.nudge()
  }

  stop(): Promise<void> {
    return this.#background.stop()
  }

  /** One chunk of each fan-out that waits; false where none does. */
  async #round(signal: AbortSignal): Promise<boolean> {
    const pending = await this.#store.pendingFanOuts(fanOutsAtOnce)
    for (const { key, version } of pending) {
      if (signal.aborted) break
      const { people } = this.#pace
      const startedAt = performance.now()
      await this.#writes.submit({
        command: { type: 'continue-fan-out', key, version, people },
        cause,
        policy,
        replay: { type: 'none' },
      })
      const ms = performance.now() - startedAt
      const { submitted } = this.#writes
      // One of them is ours.
      const isShared = submitted > this.#submittedBefore + 1
      this.#submittedBefore = submitted
      this.#pace = paceAfter({ people, ms, isShared })
      await delay(this.#pace.restMs)
    }
    return pending.length > 0
  }
}
