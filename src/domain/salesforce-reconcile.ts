// What follows where a record of Salesforce is compared with the status that its address has here. Pure. It finds what
// no message told of, and ends what waits; a re-subscribe never comes from a mere comparison.

import type { Address } from './address.js'
import {
  callsEndWithinMs,
  type Precedence,
  type SalesforceRecord,
  type SyncConflict,
  type WriteWish,
} from './salesforce-record.js'
import { decideSighting } from './salesforce-sync.js'
import type { OurStatus } from './salesforce-telling.js'

/** As the record is there, and when that was asked for. */
export interface ComparedRecord {
  readonly address: Address
  readonly optedOut: boolean
  readonly lastModified: number
  readonly askedAt: number
}

export type Finding =
  /** Nothing to do; the shadow where it is to be written, null where not even that. */
  | { readonly type: 'agrees'; readonly record: SalesforceRecord | null }
  /** Something newer is known or under way: the next comparison sees it. */
  | { readonly type: 'on-its-way' }
  /** It changed there and nobody said so: to be treated as if Salesforce had sent it. */
  | { readonly type: 'untold' }
  | {
      readonly type: 'mark-there'
      readonly record: SalesforceRecord
      readonly wish: WriteWish
      readonly conflict: SyncConflict | null
    }
  | { readonly type: 'mark-here'; readonly record: SalesforceRecord; readonly conflict: SyncConflict | null }

export function compare(
  seen: ComparedRecord,
  record: SalesforceRecord,
  status: OurStatus,
  precedence: Precedence,
): Finding {
  if (isUnderWay(seen, record)) return { type: 'on-its-way' }
  if (record.lastModified !== null && record.lastModified > seen.lastModified) return { type: 'on-its-way' }
  const isNew = record.version === 0 || record.address === null
  if (isNew && (seen.optedOut || status.optedOut)) return { type: 'untold' }
  const isElsewhere = record.address?.key !== seen.address.key || record.isDeleted
  const isOther = isElsewhere || record.optedOut !== seen.optedOut
  const isOurWrite = !isElsewhere && record.written?.isPending === true && record.written.optedOut === seen.optedOut
  if (!isNew && isOther && !isOurWrite && isTaken(seen, record, status, precedence)) return { type: 'untold' }

  const { address, optedOut, lastModified } = seen
  // Nobody will answer it any more: what is seen there is what became of it.
  const written = record.written === null ? null : { ...record.written, isPending: false }
  const shadow: SalesforceRecord = { ...record, address, optedOut, lastModified, written, isDeleted: false }
  if (optedOut === status.optedOut) {
    const isSettled = record.waitingSince === null && record.written?.isPending !== true
    const isKnown = !isNew && !isOther && record.agreedVersion === status.version && isSettled
    return { type: 'agrees', record: isKnown ? null : agreed(shadow, status) }
  }
  return judge(shadow, status, precedence)
}

function isUnderWay({ askedAt }: ComparedRecord, { written }: SalesforceRecord): boolean {
  if (written === null) return false
  return written.at + (written.isPending ? callsEndWithinMs : 0) >= askedAt
}

function judge(shadow: SalesforceRecord, status: OurStatus, precedence: Precedence): Finding {
  const { orgId, recordId, agreedVersion, waitingSince } = shadow
  const wish: WriteWish = {
    ...{ orgId, recordId, optedOut: status.optedOut, cause: 'reconciled', statusVersion: status.version },
  }
  const conflict = (resolution: SyncConflict['resolution']): SyncConflict => ({
    ...{ orgId, recordId, objectType: shadow.objectType, key: status.key, precedence, resolution },
    theirs: { optedOut: !status.optedOut, at: shadow.lastModified },
    ours: { optedOut: status.optedOut, version: status.version, since: status.since },
  })
  if (status.optedOut) {
    const ended = waitingSince === null ? null : conflict('kept-ours')
    return { type: 'mark-there', record: { ...shadow, waitingSince: null }, wish, conflict: ended }
  }
  // A re-subscribe here that came after both sides agreed, and is newer than any word from there.
  const isResubscribed = agreedVersion !== null && agreedVersion < status.version
  if (precedence !== 'or' && isResubscribed) return { type: 'mark-there', record: shadow, wish, conflict: null }
  return { type: 'mark-here', record: shadow, conflict: isResubscribed ? conflict('took-theirs') : null }
}

export const agreed = (record: SalesforceRecord, { version }: Pick<OurStatus, 'version'>): SalesforceRecord => ({
  ...record,
  agreedVersion: version,
  waitingSince: null,
})

// A message that looks older than what is known, or like an answer to what we wrote, is passed over; what it said is
// then compared like everything else.
function isTaken(
  { address, optedOut, lastModified }: ComparedRecord,
  record: SalesforceRecord,
  { optedOut: isOut, version, since, isOurs }: OurStatus,
  precedence: Precedence,
): boolean {
  const sighting = { address, optedOut, lastModified, modifiedBy: null, isDeleted: false }
  const status = { status: isOut ? ('unsubscribed' as const) : ('subscribed' as const), version, since, isOurs }
  const decision = decideSighting(sighting, { record, status, precedence, writer: null, now: lastModified })
  return decision.outcome !== 'older' && decision.record.optedOut === optedOut
}
