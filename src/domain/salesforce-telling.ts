// What a record of Salesforce is still to be told of the status that its address has here. Pure; what comes from there
// is judged in another place, and how it is told is not known here.

import type { AddressKey } from './address.js'
import type { Precedence, SalesforceRecord, SyncConflict, WriteCause, WriteWish } from './salesforce-record.js'

export interface OurStatus {
  readonly key: AddressKey
  readonly optedOut: boolean
  readonly version: number
  readonly since: number | null
  /** Whether somebody on this side said so, and not the sync. */
  readonly isOurs: boolean
}

export type Telling =
  | { readonly type: 'nothing' }
  /** Both sides say the same. */
  | { readonly type: 'agrees' }
  | { readonly type: 'write'; readonly wish: WriteWish }
  | { readonly type: 'waits'; readonly conflict: SyncConflict }

/** After the status of the record's address has changed here. An opt-out goes there always. A re-subscribe goes there
 * where the record is known to be opted out, and never under `or`: there the record must be cleared by itself. */
export function tell(record: SalesforceRecord, status: OurStatus, precedence: Precedence, cause: WriteCause): Telling {
  if (record.isDeleted || record.address?.key !== status.key) return { type: 'nothing' }
  if (agrees(record, status)) return { type: 'agrees' }
  // They agreed on this very status, so what differs is newer and from there: it is judged when it is seen.
  if (record.agreedVersion !== null && record.agreedVersion >= status.version) return { type: 'nothing' }
  const { orgId, recordId, objectType, lastModified } = record
  const { optedOut, version, since } = status
  const wish = { orgId, recordId, optedOut, cause, statusVersion: version }
  if (optedOut) return { type: 'write', wish }
  // Nobody knows how it stands there: to clear it could undo what somebody chose there.
  if (record.optedOut === null && record.written === null) return { type: 'nothing' }
  if (precedence !== 'or') return { type: 'write', wish }
  const conflict: SyncConflict = {
    ...{ orgId, recordId, objectType, key: status.key, precedence, resolution: 'waits' },
    theirs: { optedOut: true, at: lastModified },
    ours: { optedOut, version, since },
  }
  return { type: 'waits', conflict }
}

/** What is on its way may be there already, so nothing agrees with it. */
function agrees({ optedOut, written }: SalesforceRecord, status: OurStatus): boolean {
  return optedOut === status.optedOut && written?.isPending !== true
}

/** Whether a wish still is what this side says, and still has to be said. */
export function isStillMeant(wish: WriteWish, record: SalesforceRecord | undefined, status: OurStatus): boolean {
  if (record === undefined || record.isDeleted || record.address?.key !== status.key) return false
  return wish.optedOut === status.optedOut && !agrees(record, status)
}
