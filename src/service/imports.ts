// What a store must do for imports: files of people that are taken as a whole, acknowledged, and then worked through in
// the background. Terms:
//   plan      what the caller asked for, read once when the import was taken
//   progress  how far it is; written after each chunk of rows, so that another process can go on from there
//   lease     who works on an import, and until when nobody else may

import type { Cause, Policy } from '../domain/command.js'
import type { Field } from '../domain/field.js'
import type { FlowStep } from '../domain/flow.js'
import type { StaticList } from '../domain/person.js'
import type { Lease } from './flows.js'
import type { Replay } from './submission.js'

export interface ImportPlan {
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

export interface ImportProgress {
  readonly isCleared: boolean
  /** Rows that were looked at: those that were imported, failed and were ignored. */
  readonly done: number
  readonly imported: number
  readonly failed: number
  /** Blank rows, and people that are not there where only members are made. */
  readonly ignored: number
  /** R11: rows that said something about the flag. */
  readonly flagsIgnored: number
  /** Sentences about the first rows that failed, or that the flow could not be run for. */
  readonly problems: readonly string[]
  /** How many more of them there were. */
  readonly unsaid: number
}

export const noProgress: ImportProgress = {
  isCleared: false,
  done: 0,
  imported: 0,
  failed: 0,
  ignored: 0,
  flagsIgnored: 0,
  problems: [],
  unsaid: 0,
}

export interface Import {
  readonly id: number
  readonly plan: ImportPlan
  /** All of them. */
  readonly rows: number
  readonly state: 'processing' | 'complete' | 'failed'
  readonly progress: ImportProgress
  /** Milliseconds since the epoch; started when a process first took it up. */
  readonly startedAt: number | null
  readonly endedAt: number | null
}

export interface NewImport {
  readonly plan: ImportPlan
  /** As they came, one text a row. */
  readonly rows: readonly string[]
  /** Only `named` keeps a call that comes again from being another import. */
  readonly replay: Replay
}

export type ImportTaken =
  | { readonly type: 'taken'; readonly taken: Import }
  /** The same named request was taken before; this is what became of it. */
  | { readonly type: 'replayed'; readonly taken: Import }
  /** The name belongs to another request. */
  | { readonly type: 'key-reused' }

export interface ImportStore {
  /** Plan and rows, all of it or nothing. */
  takeImport(given: NewImport): Promise<ImportTaken>
  lastImportInto(listId: number): Promise<Import | undefined>
  /** The oldest that waits, or whose lease ran out; of each list only its first, since imports into one list go in
   * their order. */
  claimImport(now: number, lease: Lease): Promise<Import | undefined>
  /** Rows behind the first `after` ones, in their order. */
  importRows(id: number, page: { readonly after: number; readonly limit: number }): Promise<readonly string[]>
  /** False, and nothing is written, where the lease went to somebody else. */
  recordImport(id: number, lease: Lease, progress: ImportProgress): Promise<boolean>
  /** Ends it and drops its rows. False like above. */
  endImport(
    id: number,
    holder: string,
    end: { readonly state: 'complete' | 'failed'; readonly progress: ImportProgress; readonly at: number },
  ): Promise<boolean>
}
