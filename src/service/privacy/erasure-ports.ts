// What an erasure needs of a store, in the order in which it takes place: look around without a lock, then one
// transaction that locks the address, the head of the log, and rewrites what is behind them.

import type { AddressKey } from '../../domain/address.js'
import type { ErasedCounts } from '../../domain/erasure.js'
import type { EmailStatus, PersonId } from '../../domain/person.js'
import type { LogDetail, LogEntry, LogHead } from '../ports.js'
import type { FoundAnswer, KeptAnswer } from '../writes/kept-answer.js'

/** A stretch of the log: behind `after`, up to `upTo`. */
export interface Stretch {
  readonly after: number
  readonly upTo: number
}

/** Where the log tells of an address, by its keyed hash, or of people. */
export interface About {
  readonly hash: string
  readonly people: ReadonlySet<PersonId>
}

export interface Trace {
  readonly seq: number
  readonly personId: PersonId | null
  /** Whether it is about the address, and not only about one of the people. */
  readonly isOfAddress: boolean
}

/** A text outside of the log that names an address. */
export interface NamingText {
  /** `notification`: of Salesforce; `error`: what it said when it was told something. */
  readonly of: 'job' | 'job-report' | 'flow-run' | 'notification' | 'error'
  /** Of the job, run or notification; null where it has no number. */
  readonly id: number | null
  /** False where it is still needed as it is: then it is told, and not rewritten. */
  readonly isSettled: boolean
  /** Where it stands; the store's own. */
  readonly place: number
  readonly where: Readonly<Record<string, string | number>>
}

export interface Erasure {
  readonly key: AddressKey
  readonly erased: AddressKey
  /** What goes on under the hash; its key is the erased one. */
  readonly status: EmailStatus
  readonly people: readonly PersonId[]
  readonly redacted: readonly Redacted[]
  readonly texts: readonly NamingText[]
  /** For what is not part of the log. */
  readonly redact: <Value>(value: Value) => Value
}

/** An entry, and its detail before and after. */
export interface Redacted {
  readonly entry: LogEntry
  readonly before: LogDetail
  readonly after: LogDetail
  /** `after` as it is written. */
  readonly text: string
}

export interface ErasureLog {
  readonly entry: LogEntry
  readonly detail: LogDetail
  readonly answers: readonly KeptAnswer[]
  readonly head: LogHead
}

export interface ErasureTransaction {
  findAnswers(replayKeys: readonly string[]): Promise<ReadonlyMap<string, FoundAnswer>>
  /** Locks the address, and so everybody who has it. */
  hold(key: AddressKey, erased: AddressKey): Promise<Held>
  lockHead(): Promise<LogHead>
  traces(about: About, stretch: Stretch): Promise<readonly Trace[]>
  /** Those of them that are people, wherever they live. */
  livingOf(ids: readonly PersonId[]): Promise<ReadonlySet<PersonId>>
  entries(seqs: readonly number[]): Promise<readonly LogEntry[]>
  /** Rewrites all that holds the address but the log's own detail of it. */
  rewrite(erasure: Erasure): Promise<Omit<ErasedCounts, 'people' | 'logEntries'>>
  append(log: ErasureLog, erasure: Erasure, by: number): Promise<void>
}

export interface Held {
  readonly status: EmailStatus
  readonly people: readonly PersonId[]
  /** Entries that tables of the address point to. */
  readonly seqs: readonly number[]
}

export interface ErasureStore {
  /** The lookings-around of an erasure, and of an export. */
  tracesIn(about: About, stretch: Stretch): Promise<readonly Trace[]>
  peopleAt(key: AddressKey): Promise<readonly PersonId[]>
  entriesAt(seqs: readonly number[]): Promise<readonly LogEntry[]>
  textsNaming(spellings: readonly string[]): Promise<readonly NamingText[]>
  /** Jobs that are not over and have rows that name it. */
  jobsNaming(text: string): Promise<readonly number[]>
  /** Runs the work in one transaction and commits. Throws StoreUnavailable, CommitUnknown or what the work threw. */
  erase<T>(work: (transaction: ErasureTransaction) => Promise<T>): Promise<T>
}
