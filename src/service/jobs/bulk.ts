// The words of bulk: files of people and of suppressions, and taking back what a command or a job did. What a row does
// is the domain's business, how a job goes on is that of job-round.ts.

import type { Cause, Policy } from '../../domain/command.js'
import type { Field } from '../../domain/field.js'
import type { CommandId } from '../ports.js'

export type BulkSubject = 'people' | 'suppressions'

/** R11. `suppress`: an opt-out in a row counts. `correct`: what a row says counts, either way. */
export type FlagMode = 'ignore' | 'suppress' | 'correct'
export const flagModes = ['ignore', 'suppress', 'correct'] as const satisfies readonly FlagMode[]

/** What a file may be said to be; `auto` is found out from its beginning. */
export const encodings = ['auto', 'utf-8', 'utf-16le', 'utf-16be', 'latin1'] as const
export type Encoding = (typeof encodings)[number]
export const forms = ['auto', 'csv', 'ndjson'] as const
export type Form = (typeof forms)[number]
export const delimiters = { auto: null, comma: ',', semicolon: ';', tab: '\t' } as const
export type Delimiter = keyof typeof delimiters

/** What a column, or a name in an object, holds. */
export type BulkColumn =
  | { readonly type: 'field'; readonly field: Field }
  | {
      readonly type:
        | 'id'
        | 'partition'
        | 'foreign-ids'
        | 'since'
        | 'source'
        | 'origin'
        | 'evidence'
        | 'status'
        | 'passed-over'
    }

/** Stored rows of a table are arrays: the line, then the cells. Those of objects are the line and the text. */
export interface BulkPlan {
  readonly type: BulkSubject
  /** As people know the file; never a path. */
  readonly name: string
  readonly form: 'csv' | 'ndjson'
  /** Of a table, in order; empty for objects, whose names are looked up as they come. */
  readonly columns: readonly BulkColumn[]
  readonly unknownColumns: UnknownColumns
  readonly flagMode: FlagMode
  /** Says what would happen, and changes nothing. */
  readonly isDryRun: boolean
  readonly notes: readonly string[]
  readonly cause: Cause
  readonly policy: Policy
}

/** What becomes of a name that no field has. `add`: a custom field of type string. */
export type UnknownColumns = 'refuse' | 'pass-over' | 'add'
export const unknownColumnsModes = ['refuse', 'pass-over', 'add'] as const satisfies readonly UnknownColumns[]

/** What is taken back: one command, or all that a job did. */
export type UndoTarget =
  | { readonly type: 'command'; readonly seq: number; readonly commandId: CommandId | null }
  | { readonly type: 'job'; readonly jobId: number }

export interface UndoPlan {
  readonly type: 'undo'
  readonly target: UndoTarget
  /** The part of the log that is looked at: behind the first, up to the second. */
  readonly fromSeq: number
  readonly toSeq: number
  readonly isDryRun: boolean
  readonly notes: readonly string[]
  readonly cause: Cause
  readonly policy: Policy
}

/** Reason of what an undo changes (durable-unsubscribe 1.5). */
export const correctionReason = 'correction'
export const undoSource = 'undo'
/** Source of what a bulk import changes, unless a row of a suppression list names its own. */
export const bulkSource = 'bulk import'
/** Characters of one source, as histories keep it. */
export const sourceLengthMax = 64
