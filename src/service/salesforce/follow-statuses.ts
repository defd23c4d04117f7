// Follows the changes of statuses in the order of the log, and leaves in the outbox what records of Salesforce are yet
// to be told of them. The write path writes nothing for this: how far it is, is a position under a lease.

import type { AddressKey } from '../../domain/address.js'
import {
  type Precedence,
  type RecordName,
  type SalesforceRecord,
  salesforceSource,
} from '../../domain/salesforce-record.js'
import { type OurStatus, tell } from '../../domain/salesforce-telling.js'
import type { ChangeFeed, ChangePage } from '../changes/change-feed.js'
import type { ReadStore } from '../ports.js'
import type { Round } from '../writes/background.js'
import { type SalesforceLeaseOptions, withLease } from './lease.js'
import type { SalesforceRecordStore, Settlement } from './records.js'

export interface FollowOptions extends SalesforceLeaseOptions {
  readonly store: SalesforceLeaseOptions['store'] &
    Pick<SalesforceRecordStore, 'selectedSalesforceRecords' | 'settleSalesforceRecords'> &
    Pick<ReadStore, 'status'>
  readonly changes: Pick<ChangeFeed, 'read'>
  readonly precedence: Precedence
  /** How long a round waits for changes where there are none. */
  readonly waitMs: number
  /** There is something to send. */
  readonly onWish: () => void
}

const changesAtOnce = 200
const recordsAtOnce = 200
// Of other changes: so far behind, the next look has little to pass over.
const moveAfter = 1_000

const ofStatuses = { kinds: ['status-changed'] as const, key: null, to: null, source: null }

export function followRound(options: FollowOptions): Round {
  const { store, changes, waitMs } = options
  const read = async (waitMs: number, signal: AbortSignal): Promise<{ seq: number; page: ChangePage }> => {
    const seq = await store.salesforcePosition('status-changes')
    const after = { seq, activityId: 0 }
    return { seq, page: await changes.read({ after, filter: ofStatuses, limit: changesAtOnce, waitMs, signal }) }
  }
  const isWorth = (seq: number, { steps, next }: ChangePage): boolean => steps.length > 0 || next.seq > seq + moveAfter
  return async signal => {
    // Nobody needs the lease to find that there is nothing.
    const { seq: from, page: first } = await read(waitMs, signal)
    if (!isWorth(from, first) || signal.aborted) return false
    return withLease('status-changes', options, async lease => {
      const { seq, page } = await read(0, signal)
      if (!isWorth(seq, page)) return false
      const keys = new Set(page.changes.flatMap(change => (change.type === 'status-changed' ? change.key : [])))
      // What is cut short is done again: a wish that is there already is only replaced by itself.
      for (const key of keys) {
        if (signal.aborted || !lease.isHeld()) return false
        await tellAllOf(key, options)
      }
      return (await lease.moveTo(page.next.seq)) && page.hasMore
    })
  }
}

/** Every record that has the address, as it and the status are now: later changes come behind. */
async function tellAllOf(key: AddressKey, options: FollowOptions): Promise<void> {
  const { store } = options
  let after: RecordName | null = null
  for (;;) {
    const page: readonly SalesforceRecord[] = await store.selectedSalesforceRecords(
      { type: 'address', key },
      { after, limit: recordsAtOnce },
    )
    if (page.length === 0) return
    const status = await statusOf(key, store)
    const settlements = page.flatMap(record => settlementOf(record, status, options.precedence) ?? [])
    const lost = await store.settleSalesforceRecords(settlements, options.now())
    if (settlements.some(({ wish }) => wish !== null)) options.onWish()
    // Whose record moved on in between is looked at again, and with it the rest of this page.
    if (lost.length === 0) {
      if (page.length < recordsAtOnce) return
      after = page.at(-1) ?? null
    }
  }
}

function settlementOf(record: SalesforceRecord, status: OurStatus, precedence: Precedence): Settlement | undefined {
  const telling = tell(record, status, precedence, 'status-changed')
  const nothingElse = { wish: null, conflict: null, processed: null }
  switch (telling.type) {
    case 'nothing':
      return undefined
    case 'agrees':
      if (record.agreedVersion === status.version && record.waitingSince === null) return undefined
      return { ...nothingElse, record: { ...record, agreedVersion: status.version, waitingSince: null } }
    case 'write':
      return { ...nothingElse, record, wish: telling.wish }
    case 'waits':
      return { ...nothingElse, record, conflict: telling.conflict }
    default:
      return telling satisfies never
  }
}

export async function statusOf(key: AddressKey, store: Pick<ReadStore, 'status'>): Promise<OurStatus> {
  const { status } = await store.status(key)
  const { version, since, source } = status
  return { key, optedOut: status.status === 'unsubscribed', version, since, isOurs: source !== salesforceSource }
}
