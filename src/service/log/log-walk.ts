// A walk along the chain of the log, wherever its entries come from: each is checked against the one before, and played
// into a store where there is one to play into. It knows how far it is, not what lies ahead.

import type { CommandStore, LogCut, LogEntry } from '../ports.js'
import { brokenEntry, genesisHash } from './log-chain.js'
import { Redactions } from './redactions.js'
import { detailOf, replay } from './replay.js'

export class LogWalk {
  readonly #target: CommandStore | null
  previous: { readonly seq: number; readonly hash: string } = { seq: 0, hash: genesisHash }
  /** The last activity that the entries tell of; of no meaning once one was erased. */
  activityId = 0
  /** Entries whose detail was erased. */
  erased = 0
  readonly redactions = new Redactions()

  /** Null: nothing is played. */
  constructor(target: CommandStore | null) {
    this.#target = target
  }

  /** Whether the target holds what all entries make. */
  get isReplayed(): boolean {
    return this.#target !== null && this.erased === 0
  }

  beginAt({ seq, hash, activityId }: LogCut): void {
    this.previous = { seq, hash }
    this.activityId = activityId
    this.redactions.beginBehind(seq)
  }

  /** What is wrong with the first of these entries that is not what should come next; null where none is. */
  async take(page: readonly LogEntry[]): Promise<string | null> {
    for (const entry of page) {
      const broken = brokenEntry(entry, this.previous) ?? this.redactions.take(entry)
      if (broken !== null) return broken
      if (entry.detail === null) this.erased++
      else {
        const activities = activitiesIn(entry)
        if (activities === null) return `log entry ${entry.seq}: its detail is not what any command or erasure leaves`
        this.activityId += activities
      }
      this.previous = entry
    }
    if (this.isReplayed) await replay(page, this.#target!)
    return null
  }
}

// The hash of a redacted detail is known only further on, so that anything may stand here.
function activitiesIn(entry: LogEntry): number | null {
  try {
    return detailOf(entry).effects.filter(({ type }) => type === 'activity').length
  } catch {
    return null
  }
}
