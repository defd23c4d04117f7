// What a store keeps of the comparisons of everything with Salesforce: which were asked for, how far they are, what
// they found. How they are carried out is in reconcile.ts.

import { type SalesforceObject, salesforceObjects } from '../../domain/salesforce-record.js'

export interface SyncCounts {
  /** Records that were compared. */
  readonly records: number
  readonly agreed: number
  /** Treated as if Salesforce had sent them. */
  readonly untold: number
  readonly markedThere: number
  readonly markedHere: number
  /** Left alone, since something newer is under way. */
  readonly onTheirWay: number
  readonly conflicts: number
  /** Records whose address is none that mail could go to. */
  readonly unusable: number
}

export interface SalesforceSync {
  readonly id: number
  readonly isDryRun: boolean
  readonly askedBy: string
  readonly state: 'waiting' | 'running' | 'complete' | 'failed'
  /** What is compared at the moment, and behind which record. */
  readonly place: SyncPlace
  readonly counts: SyncCounts
  readonly askedAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
  readonly lastError: string | null
}

export interface SyncPlace {
  readonly objectType: SalesforceObject
  readonly afterId: string | null
}

export const firstPlace: SyncPlace = { objectType: salesforceObjects[0], afterId: null }

export const noSyncCounts: SyncCounts = {
  ...{ records: 0, agreed: 0, untold: 0, markedThere: 0, markedHere: 0, onTheirWay: 0, conflicts: 0, unusable: 0 },
}

export interface NewSync {
  readonly isDryRun: boolean
  readonly askedBy: string
  /** The same name asks for the same one. */
  readonly name: string | null
}

export interface SyncStore {
  askForSync(given: NewSync, at: number): Promise<SalesforceSync>
  /** The oldest that has not ended. */
  nextSync(): Promise<SalesforceSync | undefined>
  recordSync(sync: SalesforceSync): Promise<void>
  salesforceSync(id: number): Promise<SalesforceSync | undefined>
  /** Newest first, from below an id (null: from the newest). */
  salesforceSyncs(page: { readonly before: number | null; readonly limit: number }): Promise<readonly SalesforceSync[]>
}

/** One of the same kind that has not ended is answered; whoever asks twice wants it done once. */
export async function askOrJoin(
  store: Pick<SyncStore, 'askForSync' | 'nextSync'>,
  given: NewSync,
  at: number,
): Promise<SalesforceSync> {
  const next = await store.nextSync()
  return next !== undefined && next.isDryRun === given.isDryRun ? next : store.askForSync(given, at)
}
