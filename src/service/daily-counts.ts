// The daily quota of a caller holds for all processes together and over restarts: each adds what it admitted to counts
// in the store, every few seconds, and learns what all have. What passes in between is counted late, and may be that
// many too many; a crash loses it.

import { type CallLimiter, dayAt, type UncountedCalls } from './access/call-limits.js'

export interface CallCountStore {
  /** Adds calls, and gives the count of that caller's day. */
  addCalls(calls: UncountedCalls): Promise<number>
  forgetCallsBefore(day: string): Promise<void>
}

/** How often a process tells and learns. */
export const shareCountsEveryMs = 5_000

const dayMs = 24 * 3_600_000
// Counts of past days are of no use; a month of them may still help somebody who asks.
const daysKept = 31

/** Rejects with the error of the store; what could not be added is added the next time. */
export async function shareCounts(limiter: CallLimiter, store: CallCountStore, now: number): Promise<void> {
  const untold = [...limiter.takeUncounted()]
  try {
    for (const calls of [...untold]) {
      const counted = await store.addCalls(calls)
      untold.shift()
      limiter.learn(calls.caller, calls.day, counted)
    }
    await store.forgetCallsBefore(dayAt(now - daysKept * dayMs))
  } finally {
    for (const calls of untold) limiter.returnUncounted(calls)
  }
}
