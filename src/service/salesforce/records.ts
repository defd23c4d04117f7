// What a store keeps of the records of Salesforce: their shadows, the conflicts, and changes of both that become true
// together with what follows from them. Nothing here decides.

import type { AddressKey } from '../../domain/address.js'
import type { PersonId } from '../../domain/person.js'
import type { RecordName, SalesforceRecord, SyncConflict, WriteWish } from '../../domain/salesforce-record.js'

/** What one look at one record changes, all of it or nothing. */
export interface Settlement {
  /** The shadow as it shall be. Its `version` is the one that was read; stored it is the next. */
  readonly record: SalesforceRecord
  /** Put into the outbox. */
  readonly wish: WriteWish | null
  readonly conflict: SyncConflict | null
  /** The notification that this was the processing of. */
  readonly processed: { readonly id: number; readonly outcome: NotificationOutcome } | null
}

/** What became of a notification. `older`, `echo` and `nothing-new` changed no status. */
export type NotificationOutcome =
  | 'opted-out'
  | 're-subscribed'
  | 'refused'
  | 'conflict'
  | 'nothing-new'
  | 'older'
  | 'echo'
  | 'deleted'
  | 'unusable'
  | 'failed'

export interface KeptConflict extends SyncConflict {
  readonly id: number
  readonly at: number
}

/** Which conflicts are meant: those that fit all that is given. */
export interface ConflictSelection {
  readonly orgId?: string | undefined
  readonly recordId?: string | undefined
}

export type RecordSelection =
  | { readonly type: 'address'; readonly key: AddressKey }
  | { readonly type: 'person'; readonly personId: PersonId }
  | { readonly type: 'org'; readonly orgId: string }

export interface SalesforceRecordStore {
  /** Those that are known, in no order. */
  salesforceRecords(names: readonly RecordName[]): Promise<readonly SalesforceRecord[]>
  /** In order of org and record, those behind `after` (null: from the beginning). */
  selectedSalesforceRecords(
    selection: RecordSelection,
    page: { readonly after: RecordName | null; readonly limit: number },
  ): Promise<readonly SalesforceRecord[]>
  /** In one transaction. What comes back are those whose record moved on since it was read: of these nothing is
   * written, and they are to be looked at again. */
  settleSalesforceRecords(settlements: readonly Settlement[], at: number): Promise<readonly Settlement[]>
  /** Newest first, from below an id (null: from the newest). */
  salesforceConflicts(
    selection: ConflictSelection,
    page: { readonly before: number | null; readonly limit: number },
  ): Promise<readonly KeptConflict[]>
  forgetSalesforceConflicts(olderThan: number, limit: number): Promise<number>
}

/** Pieces of work that one process at a time does, for all that share the store. */
export type SalesforceWork = 'inbox' | 'outbox' | 'status-changes' | 'reconcile'

export interface SalesforceWorkStore {
  /** Takes the work up or keeps on with it, until then; false while somebody else has it. */
  holdSalesforceWork(name: SalesforceWork, holder: string, until: number, now: number): Promise<boolean>
  releaseSalesforceWork(name: SalesforceWork, holder: string): Promise<void>
  /** How far the work is; 0 where it never began. */
  salesforcePosition(name: SalesforceWork): Promise<number>
  /** False where the work is somebody else's by now. */
  moveSalesforcePosition(name: SalesforceWork, holder: string, position: number): Promise<boolean>
}
