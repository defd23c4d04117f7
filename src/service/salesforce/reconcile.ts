// Compares everything with Salesforce, a page at a time: reads its records, looks at what is known of them here, and
// has the side marked that is to be marked. What was done twice after a crash finds itself done.

import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { parseAddress } from '../../domain/address.js'
import type { Cause, Policy } from '../../domain/command.js'
import { agreed, compare, type Finding } from '../../domain/salesforce-reconcile.js'
import {
  type Precedence,
  type SalesforceObject,
  type SalesforceRecord,
  salesforceObjects,
  salesforceSource,
  unseenRecord,
} from '../../domain/salesforce-record.js'
import type { ReadStore } from '../ports.js'
import type { Round } from '../writes/background.js'
import type { GroupCommit } from '../writes/group-commit.js'
import { statusOf } from './follow-statuses.js'
import type { InboxStore, Notification } from './inbox.js'
import { type SalesforceLeaseOptions, withLease } from './lease.js'
import type { SalesforceRecordStore, Settlement } from './records.js'
import { CallRefused, type RemotePage, type RemoteRecord, RemoteUnreachable, type SalesforceRemote } from './remote.js'
import { noSyncCounts, type SalesforceSync, type SyncCounts, type SyncPlace, type SyncStore } from './syncs.js'

export interface ReconcileOptions extends SalesforceLeaseOptions {
  readonly store: SalesforceLeaseOptions['store'] &
    Pick<SalesforceRecordStore, 'salesforceRecords' | 'settleSalesforceRecords'> &
    Pick<InboxStore, 'receiveNotifications'> &
    Pick<ReadStore, 'status'> &
    SyncStore
  readonly writes: Pick<GroupCommit, 'submit'>
  readonly remote: SalesforceRemote
  readonly precedence: Precedence
  /** Something is left for the inbox and the outbox. */
  readonly onWork: () => void
  /** `of`: how many records there are of the kind that is compared; null where nobody knows. */
  readonly onProgress?: (sync: SalesforceSync, of: number | null) => void
  readonly onEnd: (sync: SalesforceSync) => void
  /** Before the first of the attempts that follow a failed call; twice as long before each further one. */
  readonly pauseMs?: number
}

const recordsAtOnce = 100
const sideBySide = 20
const attemptsMax = 5
const firstPauseMs = 1_000
const policy: Policy = { resubscribe: 'guarded', addressChange: 'reset' }
const cause: Cause = {
  ...{ actor: 'system', role: 'writer', source: salesforceSource, reason: 'opted out in Salesforce' },
  ...{ reasonGiven: false, evidence: null },
}

/** A round stays with one comparison to its end. */
export function reconcileRound(options: ReconcileOptions): Round {
  const { now, store } = options
  return async signal => {
    if ((await store.nextSync()) === undefined) return false
    return withLease('reconcile', options, async lease => {
      const asked = await store.nextSync()
      if (asked === undefined) return false
      let sync: SalesforceSync = { ...asked, state: 'running', startedAt: asked.startedAt ?? now() }
      // Nothing of a dry run is kept, so it begins again.
      if (sync.isDryRun)
        sync = { ...sync, place: { objectType: salesforceObjects[0], afterId: null }, counts: noSyncCounts }
      let failures = 0
      for (let page: RemotePage | null = null; ; ) {
        if (signal.aborted || !lease.isHeld()) return false
        const askedAt = now()
        try {
          page = await nextPage(page, sync.place, options.remote)
          sync = await comparePage(sync, page, askedAt, options)
          failures = 0
        } catch (trouble) {
          if (!(trouble instanceof RemoteUnreachable || trouble instanceof CallRefused)) throw trouble
          page = null
          if (++failures >= attemptsMax) return end(sync, trouble.message, options)
          // Cut short where the server stops.
          await delay((options.pauseMs ?? firstPauseMs) * 2 ** (failures - 1), undefined, { signal }).catch(() => {})
          continue
        }
        const place = page.more === null ? behind(sync.place.objectType) : sync.place
        if (place === null) return end(sync, null, options)
        if (place !== sync.place) page = null
        sync = { ...sync, place }
        await store.recordSync(sync)
      }
    })
  }
}

/** By its locator, or where there is none (any more) from behind the last record. */
function nextPage(page: RemotePage | null, place: SyncPlace, remote: SalesforceRemote): Promise<RemotePage> {
  if (page?.more == null) return remote.firstPage(place.objectType, place.afterId)
  return remote.nextPage(place.objectType, page.more)
}

function behind(objectType: SalesforceObject): SyncPlace | null {
  const next = salesforceObjects[salesforceObjects.indexOf(objectType) + 1]
  return next === undefined ? null : { objectType: next, afterId: null }
}

async function end(sync: SalesforceSync, lastError: string | null, options: ReconcileOptions): Promise<boolean> {
  const ended: SalesforceSync = {
    ...{ ...sync, lastError, endedAt: options.now(), state: lastError === null ? 'complete' : 'failed' },
  }
  await options.store.recordSync(ended)
  options.onEnd(ended)
  return true
}

async function comparePage(
  sync: SalesforceSync,
  { records, size }: RemotePage,
  askedAt: number,
  options: ReconcileOptions,
): Promise<SalesforceSync> {
  const orgId = await options.remote.orgId()
  let { counts } = sync
  for (let first = 0; first < records.length; first += recordsAtOnce) {
    const compared = await compareSome(records.slice(first, first + recordsAtOnce), orgId, askedAt, options)
    if (!sync.isDryRun) await carryOut(compared, orgId, options)
    counts = compared.reduce(count, counts)
    options.onProgress?.({ ...sync, counts }, size)
  }
  return { ...sync, counts, place: { ...sync.place, afterId: records.at(-1)?.recordId ?? sync.place.afterId } }
}

interface Compared {
  readonly seen: RemoteRecord
  readonly finding: Finding | { readonly type: 'unusable' }
}

async function compareSome(
  seen: readonly RemoteRecord[],
  orgId: string,
  askedAt: number,
  { store, precedence }: ReconcileOptions,
): Promise<readonly Compared[]> {
  const names = seen.map(({ recordId }) => ({ orgId, recordId }))
  const known = new Map((await store.salesforceRecords(names)).map(record => [record.recordId, record]))
  const look = async (one: RemoteRecord): Promise<Compared> => {
    const { objectType, recordId, optedOut, lastModified } = one
    const parsed = parseAddress(one.email ?? '')
    if (parsed.type !== 'address') return { seen: one, finding: { type: 'unusable' } }
    const { address } = parsed
    const record = known.get(recordId) ?? unseenRecord({ orgId, recordId }, objectType)
    const status = await statusOf(address.key, store)
    return { seen: one, finding: compare({ address, optedOut, lastModified, askedAt }, record, status, precedence) }
  }
  const compared: Compared[] = []
  for (let first = 0; first < seen.length; first += sideBySide)
    compared.push(...(await Promise.all(seen.slice(first, first + sideBySide).map(look))))
  return compared
}

async function carryOut(compared: readonly Compared[], orgId: string, options: ReconcileOptions): Promise<void> {
  const { store, now, onWork } = options
  const untold = compared.filter(({ finding }) => finding.type === 'untold')
  await store.receiveNotifications(
    untold.map(({ seen }) => notificationOf(seen, orgId)),
    now(),
  )
  const settlements = await Promise.all(compared.map(({ finding }) => settlementOf(finding, options)))
  // What moved on meanwhile is left to the next comparison.
  await store.settleSalesforceRecords(
    settlements.flatMap(settlement => settlement ?? []),
    now(),
  )
  onWork()
}

async function settlementOf(finding: Compared['finding'], { writes }: ReconcileOptions): Promise<Settlement | null> {
  const nothingElse = { wish: null, conflict: null, processed: null }
  switch (finding.type) {
    case 'agrees':
      return finding.record === null ? null : { ...nothingElse, record: finding.record }
    case 'mark-there':
      return { ...nothingElse, record: finding.record, wish: finding.wish, conflict: finding.conflict }
    case 'mark-here': {
      const version = await optOut(finding.record, writes)
      if (version === null) return null
      return { ...nothingElse, record: agreed(finding.record, { version }), conflict: finding.conflict }
    }
    case 'on-its-way':
    case 'untold':
    case 'unusable':
      return null
    default:
      return finding satisfies never
  }
}

/** The version of the status by then; null where it cannot be said. */
async function optOut(record: SalesforceRecord, writes: Pick<GroupCommit, 'submit'>): Promise<number | null> {
  const evidence = `${record.objectType} ${record.recordId}, found by comparing`
  const command = { type: 'set-subscription', address: record.address!, status: 'unsubscribed' } as const
  const answer = await writes.submit({ command, cause: { ...cause, evidence }, policy, replay: { type: 'none' } })
  return answer.type === 'carried-out' && answer.outcome.type === 'status-set' ? answer.outcome.version : null
}

// Its name follows from what it says, so that the same finding is taken once.
function notificationOf(
  { objectType, recordId, email, optedOut, lastModified }: RemoteRecord,
  orgId: string,
): Notification {
  const fields = {
    Email: email ?? '',
    HasOptedOutOfEmail: String(optedOut),
    LastModifiedDate: new Date(lastModified).toISOString(),
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([recordId, fields]))
    .digest('hex')
  return { orgId, notificationId: `sync${hash.slice(0, 14)}`, objectType, recordId, fields }
}

function count(counts: SyncCounts, { finding }: Compared): SyncCounts {
  const kind = counted[finding.type]
  const isConflict = 'conflict' in finding && finding.conflict !== null
  const conflicts = counts.conflicts + (isConflict ? 1 : 0)
  return { ...counts, records: counts.records + 1, conflicts, [kind]: counts[kind] + 1 }
}

const counted = {
  agrees: 'agreed',
  'on-its-way': 'onTheirWay',
  untold: 'untold',
  unusable: 'unusable',
  'mark-there': 'markedThere',
  'mark-here': 'markedHere',
} as const satisfies Record<Compared['finding']['type'], keyof SyncCounts>
