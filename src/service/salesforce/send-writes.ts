// Sends what waits in the outbox, up to 200 records a call, and judges the answers record by record. Before anything is
// sent, it is looked at again, and the record's shadow says that it is on its way: its echo may come before the answer.

import type { RecordName, SalesforceRecord } from '../../domain/salesforce-record.js'
import { isStillMeant } from '../../domain/salesforce-telling.js'
import type { ReadStore } from '../ports.js'
import type { Round } from '../writes/background.js'
import { statusOf } from './follow-statuses.js'
import { type SalesforceLeaseOptions, withLease } from './lease.js'
import type { OutboxStore, QueuedWrite } from './outbox.js'
import type { SalesforceRecordStore } from './records.js'
import {
  CallRefused,
  passesByItself,
  RemoteUnreachable,
  type RemoteWriteResult,
  type SalesforceRemote,
  writesPerCallMax,
} from './remote.js'

export interface SendOptions extends SalesforceLeaseOptions {
  readonly store: SalesforceLeaseOptions['store'] &
    Pick<SalesforceRecordStore, 'salesforceRecords' | 'settleSalesforceRecords'> &
    Pick<OutboxStore, 'dueWrites' | 'recordAttempts' | 'removeWrites'> &
    Pick<ReadStore, 'status'>
  readonly remote: Pick<SalesforceRemote, 'orgId' | 'write'>
  /** A record that is not tried again by itself; `code` is Salesforce's. */
  readonly onDead: (name: RecordName, code: string) => void
  /** Nothing gets through; it is tried again. Null: it does once more. */
  readonly onTrouble: (cause: Error | null) => void
}

/** A write and the record that it is for, as read just before. */
interface Meant {
  readonly write: QueuedWrite
  readonly record: SalesforceRecord
}

// From a second on, twice as long each time: the tenth after 17 minutes, the last some 8 hours behind the first.
const attemptsMax = 24
const firstPauseMs = 1_000
const pauseMaxMs = 30 * 60_000

export function sendRound(options: SendOptions): Round {
  let failures = 0
  let pausedUntil = 0
  const { store, now, onTrouble } = options
  return async () => {
    if (now() < pausedUntil || (await store.dueWrites(now(), 1)).length === 0) return false
    return withLease('outbox', options, async () => {
      const due = await store.dueWrites(now(), writesPerCallMax)
      if (due.length === 0) return false
      try {
        const orgId = await options.remote.orgId()
        await endOthers(due, orgId, options)
        await sendAll(atOnce(due.filter(write => write.orgId === orgId)), options)
      } catch (cause) {
        if (!(cause instanceof RemoteUnreachable || cause instanceof CallRefused)) throw cause
        // Nothing says that it is the records' fault, so they keep their attempts, however long it takes.
        pausedUntil = now() + pauseMs(failures++)
        onTrouble(cause)
        return false
      }
      if (failures > 0) onTrouble(null)
      failures = 0
      return true
    })
  }
}

const pauseMs = (attempts: number): number => Math.min(pauseMaxMs, firstPauseMs * 2 ** Math.min(attempts, 20))

/** A call that was refused as a whole is repeated in smaller ones, until the guilty record is alone. */
function atOnce(due: readonly QueuedWrite[]): readonly QueuedWrite[] {
  const [first] = due
  if (first === undefined) return []
  return due.slice(0, Math.max(1, writesPerCallMax >> Math.min(first.attempts, 8)))
}

/** What is for an organisation that this server does not reach stays visible, and in nobody's way. */
async function endOthers(due: readonly QueuedWrite[], orgId: string, options: SendOptions): Promise<void> {
  const others = due.filter(write => write.orgId !== orgId)
  const error = `the connected app reaches the organisation ${orgId}, not this one`
  await options.store.recordAttempts(others.map(write => failed(write, error)))
  for (const write of others) options.onDead(write, 'OTHER_ORGANISATION')
}

async function sendAll(due: readonly QueuedWrite[], options: SendOptions): Promise<void> {
  const meant = await announce(due, options)
  if (meant.length === 0) return
  const writes = meant.map(({ write: { recordId, optedOut }, record: { objectType } }) => ({
    ...{ objectType, recordId, optedOut },
  }))
  let results: readonly RemoteWriteResult[]
  try {
    results = await options.remote.write(writes)
  } catch (cause) {
    if (!(cause instanceof CallRefused) || passesByItself(cause.code)) throw cause
    const { code, message } = cause
    results = writes.map(() => ({ type: 'refused', code: wholeCall, message: `${code}: ${message}` }))
  }
  await keepResults(meant, results, options)
}

const wholeCall = 'WHOLE_CALL_REFUSED'

/** Takes away what is said already, and marks the rest as on its way. */
async function announce(due: readonly QueuedWrite[], options: SendOptions): Promise<readonly Meant[]> {
  const { store, now } = options
  const records = byName(await store.salesforceRecords(due))
  const meant: Meant[] = []
  const over: QueuedWrite[] = []
  for (const write of due) {
    const record = records.get(nameOf(write))
    const key = record?.address?.key
    if (record === undefined || key === undefined) over.push(write)
    else if (isStillMeant(write, record, await statusOf(key, store))) meant.push({ write, record })
    else over.push(write)
  }
  await store.removeWrites(over)
  const at = now()
  const announced = meant.map(({ write, record }) => ({
    write,
    record: { ...presumed(record, write), written: { optedOut: write.optedOut, at, isPending: true } },
  }))
  const lost = await store.settleSalesforceRecords(
    announced.map(({ record }) => ({ record, wish: null, conflict: null, processed: null })),
    at,
  )
  // They moved on since they were read, and come again with the next round.
  const gone = new Set(lost.map(({ record }) => nameOf(record)))
  return announced
    .filter(({ record }) => !gone.has(nameOf(record)))
    .map(({ write, record }) => ({ write, record: { ...record, version: record.version + 1 } }))
}

// Whether the write before has cleared the record was never answered. An opt-out that follows it may get lost too; that
// the record is clear then is nobody's word, so it counts as cleared by us from here on.
function presumed(record: SalesforceRecord, { optedOut }: QueuedWrite): SalesforceRecord {
  const { written } = record
  return optedOut && written?.isPending === true && !written.optedOut ? { ...record, optedOut: false } : record
}

async function keepResults(
  meant: readonly Meant[],
  results: readonly RemoteWriteResult[],
  options: SendOptions,
): Promise<void> {
  const { store, now, onDead } = options
  const done: QueuedWrite[] = []
  const again: QueuedWrite[] = []
  for (const [index, { write }] of meant.entries()) {
    const result = results[index]!
    if (result.type === 'written') done.push(write)
    else {
      const isPassing = result.code === wholeCall || passesByItself(result.code)
      const attempted = attempt(write, result, isPassing, now())
      again.push(attempted)
      if (attempted.state === 'failed') onDead(write, result.code)
    }
  }
  // Shadows first: if the process dies in between, the write is only found to be said already.
  await answerShadows(meant, results, options)
  await store.removeWrites(done)
  await store.recordAttempts(again)
}

function attempt(
  write: QueuedWrite,
  { code, message }: RemoteWriteResult & { readonly type: 'refused' },
  isPassing: boolean,
  now: number,
): QueuedWrite {
  const attempts = write.attempts + 1
  const lastError = code === wholeCall ? message : `${code}: ${message}`
  if (!isPassing || attempts >= attemptsMax) return failed({ ...write, attempts }, lastError)
  return { ...write, attempts, nextTry: now + pauseMs(write.attempts), lastError }
}

const failed = (write: QueuedWrite, lastError: string): QueuedWrite => ({ ...write, state: 'failed', lastError })

// A record whose echo, or a change by somebody else, was seen meanwhile is read again, and only what is still ours of
// it is answered.
async function answerShadows(
  meant: readonly Meant[],
  results: readonly RemoteWriteResult[],
  { store, now }: SendOptions,
): Promise<void> {
  const answers = new Map(meant.map(({ write, record }, index) => [nameOf(record), { write, record, index }]))
  let current: readonly SalesforceRecord[] = meant.map(({ record }) => record)
  while (current.length > 0) {
    const settlements = current.flatMap(record => {
      const { write, record: sent, index } = answers.get(nameOf(record))!
      if (record.written?.isPending !== true || record.written.at !== sent.written?.at) return []
      const isSeenSince = record.lastModified !== sent.lastModified
      const result = results[index]!
      const answered =
        result.type === 'written' ? writtenShadow(record, write, isSeenSince) : refusedShadow(record, result.code)
      return [{ record: answered, wish: null, conflict: null, processed: null }]
    })
    const lost = await store.settleSalesforceRecords(settlements, now())
    current = lost.length === 0 ? [] : await store.salesforceRecords(lost.map(({ record }) => record))
  }
}

function writtenShadow(record: SalesforceRecord, write: QueuedWrite, isSeenSince: boolean): SalesforceRecord {
  const written = record.written === null ? null : { ...record.written, isPending: false }
  // What was seen since may be from before the write. Then the record is clear by us, and the next message that says so
  // must not count as somebody's clearing: a clearing stays pending until it is seen.
  if (isSeenSince) return write.optedOut ? { ...record, written } : record
  return { ...record, written, optedOut: write.optedOut, agreedVersion: write.statusVersion, waitingSince: null }
}

const refusedShadow = (record: SalesforceRecord, code: string): SalesforceRecord => ({
  ...record,
  written: null,
  isDeleted: record.isDeleted || code === 'ENTITY_IS_DELETED',
})

const nameOf = ({ orgId, recordId }: RecordName): string => `${orgId}/${recordId}`
const byName = (records: readonly SalesforceRecord[]): ReadonlyMap<string, SalesforceRecord> =>
  new Map(records.map(record => [nameOf(record), record]))
