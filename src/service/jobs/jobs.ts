// What a store must do for jobs: work on many rows that is taken as a whole, acknowledged, and then worked through in
// the background. Terms:
//   plan      what the caller asked for, read once when the job was taken
//   rows      what the job is about, kept in the store until it is over; one stored text may hold many of them
//   progress  how far it is; written now and then, so that another process can go on from there
//   lease     who works on a job, and until when nobody else may

import type { Cause, Policy } from '../../domain/command.js'
import type { Field } from '../../domain/field.js'
import type { FlowStep } from '../../domain/flow.js'
import type { StaticList } from '../../domain/person.js'
import type { Lease } from '../flows/flows.js'
import type { CommandId } from '../ports.js'
import type { Replay } from '../writes/submission.js'
import type { BulkPlan, UndoPlan } from './bulk.js'

export type JobPlan = ListImportPlan | BulkPlan | UndoPlan

/** Rows of people that go onto a static list. */
export interface ListImportPlan {
  readonly type: 'list'
  readonly list: StaticList
  /** `upsert`: saves every row's person. `members-only`: changes nobody and only puts on the list who is there. */
  readonly mode: 'upsert' | 'members-only'
  /** Everybody leaves the list before the first row. */
  readonly clearsList: boolean
  readonly columns: readonly ImportColumn[]
  /** Runs on every person that a row imported; null for none. */
  readonly flow: { readonly steps: readonly FlowStep[]; readonly cause: Cause } | null
  /** Sentences about columns, for the summary. */
  readonly notes: readonly string[]
  readonly cause: Cause
  readonly policy: Policy
}

export type ImportColumn =
  | { readonly type: 'field'; readonly field: Field }
  /** A value for the flow, by the `tokenName` of what stands in the header. */
  | { readonly type: 'token'; readonly name: string }
  | { readonly type: 'passed-over' }

export interface JobCounts {
  /** Rows that were looked at: those that were imported, failed and were ignored. */
  readonly done: number
  /** Rows that were carried out, whether or not they changed anything. */
  readonly imported: number
  /** Of these: people made, people changed, and rows by which nothing became true that was not so already. */
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  /** Addresses that were opted out, and that were re-subscribed. */
  readonly suppressed: number
  readonly resubscribed: number
  readonly failed: number
  /** Blank rows, and rows that say nothing that this job is about. */
  readonly ignored: number
  /** R11: rows that said something about the flag and changed nothing about it. */
  readonly flagsIgnored: number
}

export interface JobProgress extends JobCounts {
  readonly isCleared: boolean
  /** Where the next part begins: the number of rows behind us, or the position of the log that an undo has reached. */
  readonly mark: number
  /** End of the log when the job was first taken up, and when it ended: between them are its commands. */
  readonly fromSeq: number | null
  readonly toSeq: number | null
  /** Sentences about the first rows that failed, or that the flow could not be run for. */
  readonly problems: readonly string[]
  /** How many more of them there were. */
  readonly unsaid: number
}

export const noCounts: JobCounts = {
  done: 0,
  imported: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  suppressed: 0,
  resubscribed: 0,
  failed: 0,
  ignored: 0,
  flagsIgnored: 0,
}

export const noProgress: JobProgress = {
  ...noCounts,
  isCleared: false,
  mark: 0,
  fromSeq: null,
  toSeq: null,
  problems: [],
  unsaid: 0,
}

/** `receiving`: its rows are still on their way. `cancelling`: whoever works on it comes to an end. */
export type JobState = 'receiving' | 'processing' | 'cancelling' | 'complete' | 'failed' | 'cancelled'

export interface Job {
  readonly id: number
  readonly plan: JobPlan
  /** All of them that are known by now. */
  readonly rows: number
  readonly state: JobState
  readonly progress: JobProgress
  /** Milliseconds since the epoch; started when a process first took it up. */
  readonly createdAt: number
  readonly startedAt: number | null
  readonly endedAt: number | null
}

export interface NewJob<Plan extends JobPlan = JobPlan> {
  readonly plan: Plan
  /** As they came, one text a row. */
  readonly rows: readonly string[]
  /** Only `named` keeps a call that comes again from being another job. */
  readonly replay: Replay
}

export type JobTaken =
  | { readonly type: 'taken'; readonly taken: Job }
  /** The same named request was taken before; this is what became of it. */
  | { readonly type: 'replayed'; readonly taken: Job }
  /** The name belongs to another request. */
  | { readonly type: 'key-reused' }

/** Texts of rows; `upTo` is the number of the last row in it. Rows are counted from 1 on. */
export interface StoredRows {
  readonly upTo: number
  readonly content: string
}

/** Why a row was not carried out, or not all of it. */
export interface RowReport {
  /** The row's line in its file, its number on a list, or the log position of what an undo is about. */
  readonly line: number
  readonly type: 'failed' | 'warning'
  readonly sentence: string
}

/** `lists`: imports onto static lists, those of one list in their order. `bulk`: all others, one after the other. */
export type JobQueue = 'lists' | 'bulk'

export interface JobStore {
  /** Plan and rows, all of it or nothing. */
  takeJob(given: NewJob): Promise<JobTaken>
  lastImportInto(listId: number): Promise<Job | undefined>
  /** The oldest that waits, or whose lease ran out. */
  claimJob(now: number, lease: Lease, queue: JobQueue): Promise<Job | undefined>
  /** This one, unless somebody is at it or it is over. */
  claimJobById(id: number, now: number, lease: Lease): Promise<Job | undefined>
  /** Rows behind the first `after` ones, in their order, `limit` texts. */
  jobRows(id: number, page: { readonly after: number; readonly limit: number }): Promise<readonly StoredRows[]>
  /** `cancelling`: it is still theirs, to be ended. `lost`: nothing was written, the lease went to somebody else. */
  recordJob(
    id: number,
    lease: Lease,
    progress: JobProgress,
    reports: readonly RowReport[],
  ): Promise<'held' | 'cancelling' | 'lost'>
  /** Ends it and drops its rows. False, and nothing is written, where the lease went to somebody else. */
  endJob(id: number, holder: string, end: JobEnd): Promise<boolean>
}

export interface JobEnd {
  readonly state: 'complete' | 'failed' | 'cancelled'
  readonly progress: JobProgress
  readonly reports: readonly RowReport[]
  readonly at: number
}

/** Jobs whose rows come in a stream. */
export interface ReceivingStore {
  /** A job in the hands of the lease that has no rows yet; undefined where the name was given to another job. */
  openJob(plan: JobPlan, replay: Replay, lease: Lease): Promise<Job | undefined>
  /** One whose rows were cut off, unless somebody is still sending them. */
  resumeJob(id: number, now: number, lease: Lease): Promise<boolean>
  jobByName(replay: Replay & { readonly type: 'named' }): Promise<{ job: Job; isSame: boolean } | undefined>
  /** False where it was cancelled, or the lease went to somebody else. */
  addJobRows(id: number, lease: Lease, rows: readonly StoredRows[]): Promise<boolean>
  /** All rows are there; it stays in the hands of the lease. `requestHash` says what was asked under the name. */
  startJob(id: number, lease: Lease, requestHash: string | null): Promise<boolean>
  /** Drops what nobody has added rows to since then, and what was left of the rows of jobs that are over. */
  sweepJobs(cutBefore: number): Promise<void>
  /** As if it had never been; only while it is received. */
  discardJob(id: number, holder: string): Promise<void>
}

/** What callers may know of jobs. */
export interface JobReads {
  job(id: number): Promise<Job | undefined>
  /** Newest first, below `before` (null: from the newest). */
  jobs(page: { readonly before: number | null; readonly limit: number }): Promise<readonly Job[]>
  /** A page in the order of writing, and where the next one begins; null at the end. */
  jobReports(
    id: number,
    after: number,
  ): Promise<{ readonly reports: readonly RowReport[]; readonly next: number | null }>
  /** Null where there is none; the job as it was found, where it was over already. */
  cancelJob(id: number, at: number): Promise<Job | null>
  commandPosition(id: CommandId): Promise<number | undefined>
}
