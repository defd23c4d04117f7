// What the two faces are given: every verb they can use, and nothing of how it is done.

import type { Cause, Policy } from '../domain/command.js'
import type { Origin } from '../domain/origin.js'
import type { Caller, Credentials } from './access/credentials.js'
import type { OneClick } from './access/one-click.js'
import type { BlockedAttemptStore, BlockedAttempts } from './blocked-attempts.js'
import type { ChangeFeed } from './changes/change-feed.js'
import type { CheckAddresses } from './checks.js'
import type { Fields } from './fields.js'
import type { FlowStore } from './flows/flows.js'
import type { HistoryStore } from './history.js'
import type { JobReads, JobStore, ReceivingStore } from './jobs/jobs.js'
import type { ListStore } from './lists.js'
import type { ReadBarrier, ReadStore, SnapshotStore } from './ports.js'
import type { Privacy } from './privacy/privacy.js'
import type { RefusalStore } from './refusals.js'
import type { OutboxStore } from './salesforce/outbox.js'
import type { SalesforceRecordStore } from './salesforce/records.js'
import type { SyncStore } from './salesforce/syncs.js'
import type { Settings } from './settings.js'
import type { Traces } from './traces/traces.js'
import type { Webhooks } from './webhooks/webhooks.js'
import type { GroupCommit } from './writes/group-commit.js'

export interface Service {
  readonly writes: Pick<GroupCommit, 'submit' | 'submitAll'>
  readonly reads: ReadStore & ReadBarrier & HistoryStore
  readonly changes: ChangeFeed
  readonly webhooks: Webhooks
  readonly refusals: RefusalStore
  readonly salesforce: Pick<SalesforceRecordStore, 'salesforceConflicts' | 'selectedSalesforceRecords'> &
    Pick<OutboxStore, 'countOutbox' | 'failedWrites' | 'queueWrites'> &
    Omit<SyncStore, 'recordSync'> & {
      /** Somebody said how Salesforce is reached. */
      readonly isConnected: boolean
    }
  readonly fields: Fields
  readonly credentials: Credentials
  readonly lists: ListStore
  readonly settings: Settings
  readonly flows: FlowStore
  readonly privacy: Privacy
  readonly jobs: Pick<JobStore, 'takeJob' | 'lastImportInto'> & ReceivingStore & JobReads
  readonly exports: SnapshotStore
  /** Links for one-click unsubscribe, and the URL that they begin with: null where nobody set one. */
  readonly oneClick: OneClick & { readonly publicUrl: string | null }
  /** The check before sending. */
  readonly check: CheckAddresses
  /** What it stopped: how it is read, and brought up to date first. */
  readonly blockedAttempts: Pick<BlockedAttemptStore, 'blockedAttempts'> & Pick<BlockedAttempts, 'flush'>
  /** Callers whose calls are kept for support. */
  readonly traces: Pick<Traces, 'start' | 'list' | 'drop' | 'calls' | 'call'>
  /** Whether calls can be served now, with a sentence for each thing that stands in the way. */
  readiness(): Promise<Readiness>
}

export interface Readiness {
  readonly isReady: boolean
  readonly problems: readonly string[]
}

/** What is fixed for a face: how it appears in histories, and which policy it applies. */
export interface Face {
  /** Source of every change that comes through it. */
  readonly source: string
  /** Reason of a change for which the caller gave none. */
  readonly defaultReason: string
  readonly policy: Policy
}

export function causeOf(
  caller: Caller,
  face: Face,
  stated: {
    readonly reason?: string | undefined
    readonly evidence?: string | undefined
    readonly origin?: Origin | undefined
  } = {},
): Cause {
  const { reason, evidence, origin } = stated
  const cause = {
    actor: caller.id,
    role: caller.role,
    source: face.source,
    reason: reason ?? face.defaultReason,
    reasonGiven: reason !== undefined,
    evidence: evidence ?? null,
  }
  return origin === undefined ? cause : { ...cause, origin }
}
