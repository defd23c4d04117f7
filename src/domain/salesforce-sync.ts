// What follows from seeing a record of Salesforce: pure. A change of the flag there is somebody's word and becomes a
// command; the mere value is not, since every edit of a record sends all of it. Must not know who sends or stores.

import type { Address } from './address.js'
import type { EmailStatus } from './person.js'
import { salesforceIdForms } from './salesforce-id.js'
import type { ConflictResolution, Precedence, SalesforceRecord, SyncConflict, WriteWish } from './salesforce-record.js'

/** What Salesforce says of a record. Undefined: not mentioned, or nothing that could be used. */
export interface Sighting {
  readonly address: Address | undefined
  readonly optedOut: boolean | undefined
  /** By the clock of Salesforce; null where it was not said. */
  readonly lastModified: number | null
  readonly modifiedBy: string | null
  readonly isDeleted: boolean
}

export interface AddressStatus extends Pick<EmailStatus, 'status' | 'version' | 'since'> {
  /** Whether somebody on this side said so, and not the sync. */
  readonly isOurs: boolean
}

export interface SyncSituation {
  /** The shadow as it was before. */
  readonly record: SalesforceRecord
  /** Of the address that the record has by this sighting; null where it has none. */
  readonly status: AddressStatus | null
  readonly precedence: Precedence
  /** The user of Salesforce as whom we write, where it is known. */
  readonly writer: string | null
  readonly now: number
}

export interface SyncDecision {
  readonly outcome: 'opted-out' | 're-subscribed' | 'conflict' | 'nothing-new' | 'older' | 'echo' | 'deleted'
  /** The command about the status of the address that is due. */
  readonly command: 'unsubscribe' | 're-subscribe' | null
  readonly record: SalesforceRecord
  readonly wish: Pick<WriteWish, 'optedOut' | 'cause'> | null
  readonly conflict: SyncConflict | null
}

// A record that we opted out may still be reported as it was before; their clock and ours may be so far apart.
const clocksApartMs = 60_000

export function decideSighting(sighting: Sighting, situation: SyncSituation): SyncDecision {
  const { record } = situation
  const nothing = { command: null, wish: null, conflict: null }
  if (isOlder(sighting, record)) return { outcome: 'older', record, ...nothing }
  const lastModified = sighting.lastModified ?? record.lastModified
  if (sighting.isDeleted)
    return { outcome: 'deleted', record: { ...record, lastModified, isDeleted: true }, ...nothing }

  const seen = isStale(sighting, record) ? { ...sighting, optedOut: undefined } : sighting
  const address = seen.address ?? record.address
  const isMoved = address?.key !== record.address?.key
  const optedOut = seen.optedOut ?? record.optedOut
  const { written } = record
  const shadow: SalesforceRecord = {
    ...record,
    ...{ address, optedOut, lastModified, isDeleted: false },
    // What was agreed upon, or waits, was about the address before.
    ...(isMoved ? { agreedVersion: null, waitingSince: null } : {}),
    written: written === null || seen.optedOut !== written.optedOut ? written : { ...written, isPending: false },
  }
  if (isEcho(seen, situation)) return { outcome: 'echo', record: shadow, ...nothing }
  return judge({ ...situation, shadow, isMoved, saidAt: sighting.lastModified })
}

interface Judged extends SyncSituation {
  readonly shadow: SalesforceRecord
  readonly isMoved: boolean
  /** When the record was changed, if that was said. */
  readonly saidAt: number | null
}

function judge(judged: Judged): SyncDecision {
  const { record, shadow, status } = judged
  const nothing = { outcome: 'nothing-new', command: null, record: shadow, wish: null, conflict: null } as const
  if (status === null || shadow.address === null || shadow.optedOut === null) return nothing
  // What a record without an address said was about nobody: with its first address it is seen for the first time.
  const before = record.address === null ? null : record.optedOut
  if (shadow.optedOut && before !== true) return judgeOptOut(judged, status, before)
  if (!shadow.optedOut && before === true) return judgeClearing(judged, status)
  if (shadow.optedOut && judged.isMoved && status.status === 'subscribed') return judgeMovedOptOut(judged, status)
  return nothing
}

function judgeOptOut(judged: Judged, status: AddressStatus, before: boolean | null): SyncDecision {
  const { shadow, precedence, saidAt } = judged
  const record = { ...shadow, waitingSince: null }
  const optOut = { outcome: 'opted-out', command: 'unsubscribe', record, wish: null } as const
  // Seen for the first time, nothing says that somebody here changed it since; then the opt-out is to be believed.
  const isContested = before !== null && status.status === 'subscribed' && changedHere(judged, status)
  if (!isContested) return { ...optOut, conflict: null }
  // What came from another record there is no word of this side, and its time here is when it was heard.
  const isNewerHere = status.isOurs && status.since !== null && saidAt !== null && saidAt < status.since
  if (precedence === 'local' || (precedence === 'latest' && isNewerHere)) return kept(judged, status)
  return { ...optOut, conflict: conflictOf(judged, status, 'took-theirs') }
}

function judgeClearing(judged: Judged, status: AddressStatus): SyncDecision {
  const { shadow, precedence, saidAt, now } = judged
  const nothing = { outcome: 'nothing-new', command: null, record: shadow, wish: null, conflict: null } as const
  if (status.status === 'subscribed') return nothing
  if (precedence === 'or') {
    const conflict = conflictOf(judged, status, 'waits')
    return { ...nothing, outcome: 'conflict', record: { ...shadow, waitingSince: now }, conflict }
  }
  // Without its time nobody can say that it is newer than what is known here.
  if (saidAt === null) return kept(judged, status)
  const isNewerThere = status.since !== null && saidAt > status.since
  // A message from before our opt-out may have agreed with it meanwhile; a clearing from before it still is older.
  const isContested = changedHere(judged, status) || (status.isOurs && !isNewerThere)
  if (isContested && (precedence === 'local' || (precedence === 'latest' && !isNewerThere))) return kept(judged, status)
  const conflict = isContested ? conflictOf(judged, status, 'took-theirs') : null
  return { ...nothing, outcome: 're-subscribed', command: 're-subscribe', conflict }
}

// R3: the person takes the status of its new address, although the record still says what it said of the one before.
function judgeMovedOptOut(judged: Judged, status: AddressStatus): SyncDecision {
  if (judged.precedence === 'local' || judged.precedence === 'latest') return kept(judged, status)
  const conflict = conflictOf(judged, status, 'waits')
  return { outcome: 'conflict', command: null, record: judged.shadow, wish: null, conflict }
}

function kept(judged: Judged, status: AddressStatus): SyncDecision {
  const wish = { optedOut: status.status === 'unsubscribed', cause: 'conflict' } as const
  const conflict = conflictOf(judged, status, 'kept-ours')
  return { outcome: 'conflict', command: null, record: judged.shadow, wish, conflict }
}

// Version 0 is nobody's word.
const changedHere = ({ shadow }: Judged, status: AddressStatus): boolean =>
  (shadow.agreedVersion ?? 0) !== status.version

function conflictOf(judged: Judged, status: AddressStatus, resolution: ConflictResolution): SyncConflict {
  const { orgId, recordId, objectType, optedOut, address } = judged.shadow
  const { version, since } = status
  return {
    ...{ orgId, recordId, objectType, resolution, precedence: judged.precedence },
    key: address!.key,
    theirs: { optedOut: optedOut!, at: judged.saidAt },
    ours: { optedOut: status.status === 'unsubscribed', version, since },
  }
}

// At the same time (they count whole seconds) the opt-out is preferred.
function isOlder({ lastModified, optedOut }: Sighting, record: SalesforceRecord): boolean {
  if (lastModified === null || record.lastModified === null) return false
  if (lastModified === record.lastModified) return optedOut === false && record.optedOut === true
  return lastModified < record.lastModified
}

function isStale({ optedOut, lastModified }: Sighting, { optedOut: before, written }: SalesforceRecord): boolean {
  if (optedOut !== false || before !== true || written?.optedOut !== true || lastModified === null) return false
  return lastModified <= written.at + clocksApartMs
}

// What we write comes back as a message, perhaps late. A clearing that may be ours is never taken for a person; an
// opt-out is, where it is not sure, since other programs may write as the same user.
function isEcho({ optedOut, modifiedBy, lastModified }: Sighting, { record, writer }: SyncSituation): boolean {
  const { written } = record
  if (optedOut === undefined || optedOut === record.optedOut) return false
  const isWriterKnown = modifiedBy !== null && writer !== null
  const isByUs = isWriterKnown && salesforceIdForms(writer).includes(modifiedBy)
  const isAsWritten = written !== null && written.optedOut === optedOut
  if (optedOut) return isAsWritten && written.isPending && (isByUs || !isWriterKnown)
  const isOfThatTime = (at: number): boolean => lastModified === null || lastModified <= at + clocksApartMs
  return isByUs || (isAsWritten && (written.isPending || isOfThatTime(written.at)))
}

/** The re-subscribe was refused: the opt-out stands here, and goes back there. */
export function afterRefusal(decision: SyncDecision, situation: SyncSituation): SyncDecision {
  const { status } = situation
  if (status === null) return decision
  const { record: shadow } = decision
  return kept({ ...situation, shadow, isMoved: false, saidAt: shadow.lastModified }, status)
}

/** What is to be stored, once the command is carried out and the status is what it is by then. */
export function settleDecision(
  decision: SyncDecision,
  status: AddressStatus | null,
): { readonly record: SalesforceRecord; readonly wish: WriteWish | null } {
  const { record, wish } = decision
  const { orgId, recordId, optedOut, waitingSince, written } = record
  if (status === null || optedOut === null || decision.outcome === 'older' || decision.outcome === 'deleted')
    return { record, wish: null }
  const isOut = status.status === 'unsubscribed'
  const asked = { orgId, recordId, statusVersion: status.version }
  if (isOut === optedOut)
    return { record: { ...record, agreedVersion: status.version, waitingSince: null }, wish: null }
  if (wish !== null) return { record, wish: wish.optedOut === isOut ? { ...asked, ...wish } : null }
  // Cleared or never set there, although the address is opted out here. What is on its way need not be sent again.
  const isOnItsWay = written?.isPending === true && written.optedOut
  if (!isOut || waitingSince !== null || isOnItsWay) return { record, wish: null }
  return { record, wish: { ...asked, optedOut: true, cause: 'opt-out-stands' } }
}
