// The answers that are kept, so that the same call gets its own again. It must not know what makes two calls the same.

import type { Outcome } from '../../domain/command.js'
import type { Effect } from '../../domain/effect.js'

/** The answer that is kept under a key, so that the same call gets it again. */
export interface KeptAnswer {
  /** Hash of who sent it and under which key, in hex. */
  readonly replayKey: string
  /** Hash of what was asked, in hex. */
  readonly requestHash: string
  readonly seq: number
  readonly expiresAt: number
}

export interface FoundAnswer {
  readonly requestHash: string
  readonly outcome: Outcome
  readonly effects: readonly Effect[]
}
