// What the kinds of jobs are made of: what they are given, the parts in which they go on, and what each kind says of
// itself. How a job goes on is said in job-round.ts.

import type { Fields } from '../fields.js'
import type { ListStore } from '../lists.js'
import type { CommandStore, ReadStore } from '../ports.js'
import type { GroupCommit } from '../writes/group-commit.js'
import type { Tally } from './job-tally.js'
import type { Job, JobReads, JobStore } from './jobs.js'
import type { BatchFacts } from './rehearsal.js'

export interface JobOptions {
  readonly store: JobStore &
    Pick<JobReads, 'job'> &
    Pick<ListStore, 'membersOf'> &
    JobLog &
    Pick<CommandStore, 'transact'>
  readonly writes: Pick<GroupCommit, 'submit' | 'submitAll' | 'submitted'>
  readonly fields: Pick<Fields, 'dictionary' | 'unknownAmong'>
  readonly hashAddress: BatchFacts['hashAddress']
  readonly resubscribeReasons?: Exclude<BatchFacts['resubscribeReasons'], undefined>
  /** Rows that are handed over at once; never more than the queue takes. */
  readonly chunkRows: number
  readonly now: () => number
  readonly onDefect: (cause: unknown) => void
  readonly onProgress?: (job: Job) => void
}

export type JobLog = Pick<ReadStore, 'head' | 'log' | 'statusHistory'>

/** One part of a job on its way. */
export interface Part {
  /** The rows in it, and where the next part begins. */
  readonly rows: number
  readonly mark: number
  /** Resolves once it is durable; what it gives adds to the figures. Rejects where trying all of it again may help. */
  readonly done: Promise<(tally: Tally) => void>
}

/** What the kinds of jobs differ in. */
export interface JobWork {
  /** Parts that may be on their way at the same time. */
  readonly partsMax: number
  /** Commands that it handed over by now. */
  readonly submitted: number
  /** A dry run that is taken up again begins again: nothing tells it what its first rows would have done. */
  readonly isDryRun: boolean
  /** What comes before the first part; false where it is to be left. */
  prepare(signal: AbortSignal, keep: () => Promise<boolean>): Promise<boolean>
  /** Reads the next part and hands it over; null where nothing is left. */
  next(mark: number): Promise<Part | null>
}
