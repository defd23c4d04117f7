// Do redacted entries say what an erasure left of them? Each points to an entry behind it, which lists the hash of what
// it left and is under the chain itself. So nobody can pass a change off as an erasure, or bring back what was erased.

import type { LogEntry } from '../ports.js'
import { sha256 } from './log-chain.js'
import { detailOf } from './replay.js'

export class Redactions {
  /** Redacted entries so far, until the erasure comes that each one names. */
  readonly #open = new Map<number, { readonly by: number; readonly hash: string }>()
  /** Of the entries that were answered for, by which erasure. */
  readonly #by = new Map<number, number>()

  #begin = 0

  /** What came up to there is not looked at. */
  beginBehind(seq: number): void {
    this.#begin = seq
  }

  /** How many entries are redacted. */
  get count(): number {
    return this.#open.size + this.#by.size
  }

  /** Takes the next entry of the log; gives what is wrong with it. */
  take(entry: LogEntry): string | null {
    const { seq, detail, redactedBy } = entry
    if (typeof redactedBy === 'number' && detail !== null) this.#open.set(seq, { by: redactedBy, hash: sha256(detail) })
    if (entry.kind !== 'erase-address' || detail === null) return null
    for (const [of, hash] of detailOf(entry).redacted ?? []) {
      if (of <= this.#begin) continue
      const found = this.#open.get(of)
      // An entry that a later erasure redacted again is answered for by that one.
      if (found !== undefined && found.by > seq) continue
      if (found === undefined || found.by !== seq)
        return `log entry ${of}: the erasure ${seq} redacted it, but it does not say so`
      if (found.hash !== hash) return `log entry ${of}: its detail is not what the erasure ${seq} left of it`
      this.#open.delete(of)
      this.#by.set(of, seq)
    }
    return null
  }

  /** At the end of the log: an entry that names an erasure which does not know of it. */
  unanswered(): string | null {
    const [first] = this.#open
    return first === undefined
      ? null
      : `log entry ${first[0]}: it says that ${first[1].by} redacted it, but no such erasure lists it`
  }
}
