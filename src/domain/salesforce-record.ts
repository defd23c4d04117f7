// A record of Salesforce, of the objects Lead and Contact, as the sync knows it: the shadow of what was seen last.
// The words of both directions are here; what follows from them is in salesforce-sync.ts. Must not know wire or store.

import type { Address, AddressKey } from './address.js'
import type { PersonId } from './person.js'

export const salesforceObjects = ['Lead', 'Contact'] as const
export type SalesforceObject = (typeof salesforceObjects)[number]

/** Source of every change of a status that the sync makes. */
export const salesforceSource = 'Salesforce sync'

/** Both ids in their form of 18 characters. */
export interface RecordName {
  readonly orgId: string
  readonly recordId: string
}

/** Who wins where both sides changed since they agreed last. `or`: the sync sets opt-outs, and clears none while the
 * other side still has it; a re-subscribe takes both sides. `latest`: the newer change. */
export const precedences = ['or', 'latest', 'salesforce', 'local'] as const
export type Precedence = (typeof precedences)[number]

export interface SalesforceRecord extends RecordName {
  readonly objectType: SalesforceObject
  /** The person that it is linked with. */
  readonly personId: PersonId | null
  /** As last seen there. */
  readonly address: Address | null
  /** As last seen there, or as we wrote it and were told that it is so. Null: never seen. */
  readonly optedOut: boolean | null
  /** Of what was seen last, by the clock of Salesforce. */
  readonly lastModified: number | null
  /** Version of the status of `address` with which the record agreed last; null: it never did. */
  readonly agreedVersion: number | null
  /** Under `or`: since when it is cleared there while this side still has the opt-out. */
  readonly waitingSince: number | null
  readonly written: Written | null
  readonly isDeleted: boolean
  /** Counts the changes of this shadow: whoever writes it names the one that was read. 0: there is none yet. */
  readonly version: number
}

/** What we wrote to the record last. */
export interface Written {
  readonly optedOut: boolean
  /** When it was sent, by the clock of Salesforce where that is known. */
  readonly at: number
  /** True from before it is sent until it is answered or its echo arrives. Back to null or the one before where the
   * answer is that it was refused. */
  readonly isPending: boolean
}

/** Longer than any call may take (SALESFORCE_TIMEOUT_MS): a write that was sent so long ago, and never answered, has
 * arrived by now or never will. */
export const callsEndWithinMs = 11 * 60_000

/** A wish that Salesforce learn how it is; whoever sends it looks again at record and status before. */
export interface WriteWish extends RecordName {
  readonly optedOut: boolean
  readonly cause: WriteCause
  /** Of the status that the wish followed from. */
  readonly statusVersion: number
}

/** `status-changed`: here. `opt-out-stands`: the record was seen cleared while its address is opted out. `conflict`:
 * this side won. `reconciled`: found when everything was compared. */
export type WriteCause = 'status-changed' | 'opt-out-stands' | 'conflict' | 'reconciled'

/** Both sides said something since they agreed last, and opposite things. */
export interface SyncConflict extends RecordName {
  readonly objectType: SalesforceObject
  readonly key: AddressKey
  readonly theirs: { readonly optedOut: boolean; readonly at: number | null }
  readonly ours: { readonly optedOut: boolean; readonly version: number; readonly since: number | null }
  readonly precedence: Precedence
  readonly resolution: ConflictResolution
}

/** `waits`: nothing was changed on either side. `ours` goes, or has gone, to Salesforce. */
export type ConflictResolution = 'waits' | 'took-theirs' | 'kept-ours'

/** A record that nothing is known of yet. */
export function unseenRecord(name: RecordName, objectType: SalesforceObject): SalesforceRecord {
  return {
    ...{ orgId: name.orgId, recordId: name.recordId, objectType },
    ...{ personId: null, address: null, optedOut: null, lastModified: null, agreedVersion: null, waitingSince: null },
    ...{ written: null, isDeleted: false, version: 0 },
  }
}
