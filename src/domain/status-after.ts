// What an effect makes of the status of an address. It knows the columns of a status; whether anything should change
// was decided before.

import type { Cause, Effect } from './command.js'
import type { EmailStatus } from './person.js'

/** Where in the log a command stands, when it was carried out and by whom. */
export interface Moment {
  readonly seq: number
  readonly at: number
  readonly cause: Cause
}

export function changedStatus(
  { key, to, version, reason, evidence, origin, since }: Effect & { type: 'status-changed' },
  { seq, at, cause: { source, actor } }: Moment,
): EmailStatus {
  // A list that was kept elsewhere may know since when; nothing can have been so only from tomorrow on.
  const began = Math.min(since ?? at, at)
  return { key, status: to, version, since: began, reason, source, actor, evidence, origin: origin ?? null, seq }
}

// The address has been unsubscribed all the while, and a history of it that is still being told stays what it is.
export function strengthenedStatus(
  before: EmailStatus,
  { version, reason, evidence, origin }: Effect & { type: 'cause-strengthened' },
  { seq, cause: { source, actor } }: Moment,
): EmailStatus {
  return { ...before, version, reason, source, actor, evidence, origin, seq }
}
