// What a store keeps of what Salesforce is still to be told: one wish a record, the newest. How it is sent, and what is
// worth another attempt, is not known here.

import type { WriteWish } from '../../domain/salesforce-record.js'

export interface QueuedWrite extends WriteWish {
  readonly queuedAt: number
  /** Counts the wishes for this record. */
  readonly revision: number
  readonly attempts: number
  readonly nextTry: number
  /** `failed`: not tried again by itself; a new wish makes it wait once more. */
  readonly state: 'waiting' | 'failed'
  readonly lastError: string | null
}

export interface OutboxStore {
  /** A wish that follows from an older version of the status than the one that waits is passed over. */
  queueWrites(wishes: readonly WriteWish[], at: number): Promise<void>
  /** Those that wait and whose time has come, the longest waiting first. */
  dueWrites(now: number, limit: number): Promise<readonly QueuedWrite[]>
  failedWrites(limit: number): Promise<readonly QueuedWrite[]>
  /** The state after an attempt. A write that was asked for anew in between stays as it is. */
  recordAttempts(writes: readonly QueuedWrite[]): Promise<void>
  /** Done. A write that was asked for anew in between stays. */
  removeWrites(writes: readonly QueuedWrite[]): Promise<void>
  countOutbox(): Promise<{ readonly waiting: number; readonly failed: number }>
}
