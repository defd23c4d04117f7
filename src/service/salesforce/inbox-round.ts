// Works off what Salesforce has sent, in order of arrival for each record. One process at a time does, and says so by a
// lease; should two do it all the same, the shadow of a record lets only one of them write.

import { unseenRecord } from '../../domain/salesforce-record.js'
import { isPassing, type Round } from '../writes/background.js'
import { applySighting, type SyncOptions } from './apply-sighting.js'
import type { InboxStore, WaitingNotification } from './inbox.js'
import { readNotification } from './notification.js'
import type { SalesforceRecordStore, SalesforceWorkStore, Settlement } from './records.js'

const leaseMs = 30_000
const atOnce = 200
const sideBySide = 16
const attemptsMax = 6
const retryMs = 5_000

export interface InboxOptions extends SyncOptions {
  readonly store: InboxStore & SalesforceRecordStore & SalesforceWorkStore
  /** Random, of this process. */
  readonly holder: string
  onDefect(cause: unknown): void
}

export function inboxRound(options: InboxOptions): Round {
  return async signal => {
    const { store, holder, now } = options
    const waiting = await store.waitingNotifications(now(), atOnce)
    if (waiting.length === 0 || signal.aborted) return false
    if (!(await store.holdSalesforceWork('inbox', holder, now() + leaseMs, now()))) return false
    try {
      await processPage(onePerRecord(waiting), options)
    } finally {
      // Where this fails, the lease ends by itself.
      await store.releaseSalesforceWork('inbox', holder).catch(() => {})
    }
    return true
  }
}

// The others of a record come in the next round, when its shadow is written.
function onePerRecord(waiting: readonly WaitingNotification[]): readonly WaitingNotification[] {
  const first = new Map<string, WaitingNotification>()
  for (const each of waiting) {
    const name = `${each.orgId} ${each.recordId}`
    if (!first.has(name)) first.set(name, each)
  }
  return [...first.values()]
}

async function processPage(page: readonly WaitingNotification[], options: InboxOptions): Promise<void> {
  const { store, now } = options
  const records = new Map((await store.salesforceRecords(page)).map(each => [`${each.orgId} ${each.recordId}`, each]))
  const settlements: Settlement[] = []
  const passing: unknown[] = []
  const process = async (notification: WaitingNotification): Promise<void> => {
    try {
      const seen = readNotification(notification)
      if (seen === null) return await store.endNotification(notification.id, 'unusable', now())
      const known = records.get(`${notification.orgId} ${notification.recordId}`)
      const record = known ?? unseenRecord(notification, seen.objectType)
      settlements.push(await applySighting(notification, seen, record, options))
    } catch (cause) {
      if (isPassing(cause)) passing.push(cause)
      else await putOff(notification, cause, options)
    }
  }
  const queue = [...page]
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await process(next)
  }
  await Promise.all(Array.from({ length: sideBySide }, work))
  // What is lost was written by somebody else meanwhile, and still waits to be looked at.
  if (settlements.length > 0) await store.settleSalesforceRecords(settlements, now())
  if (passing.length > 0) throw passing[0]
}

// A defect of ours must not keep everything behind it waiting, nor be met for ever.
async function putOff({ id, attempts }: WaitingNotification, cause: unknown, options: InboxOptions): Promise<void> {
  const { store, now, onDefect } = options
  onDefect(cause)
  const failed = attempts + 1
  if (failed >= attemptsMax) await store.endNotification(id, 'failed', now())
  else await store.postponeNotification(id, failed, now() + retryMs * 2 ** attempts)
}
