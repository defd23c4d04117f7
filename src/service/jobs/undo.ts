// Asking for an undo: which part of the log is meant, and why it cannot be. What an undo does is in undo-work.ts.

import type { Cause, Policy } from '../../domain/command.js'
import type { LogCut, ReadStore } from '../ports.js'
import { correctionReason, type UndoPlan, type UndoTarget, undoSource } from './bulk.js'
import type { JobReads } from './jobs.js'

export interface UndoWanted {
  /** The name of a command (32 hex digits) or its position in the log. */
  readonly command?: string | undefined
  readonly job?: number | undefined
  readonly isDryRun: boolean
  /** What proves that it has to be taken back. */
  readonly evidence?: string | undefined
  readonly by: Pick<Cause, 'actor' | 'role'>
}

export type UndoPlanned =
  | { readonly type: 'plan'; readonly plan: UndoPlan }
  | { readonly type: 'not-found'; readonly problem: string }
  /** Its target is not over yet. */
  | { readonly type: 'too-early'; readonly problem: string }

type UndoStore = Pick<JobReads, 'job' | 'commandPosition'> & Pick<ReadStore, 'head' | 'log' | 'cut'>

export async function planUndo(store: UndoStore, wanted: UndoWanted): Promise<UndoPlanned> {
  const part =
    wanted.job === undefined ? await partOfCommand(store, wanted.command ?? '') : await partOfJob(store, wanted.job)
  if (part.type !== 'part') return part
  const { target, fromSeq, toSeq, what } = part
  const cause: Cause = {
    ...wanted.by,
    source: undoSource,
    reason: correctionReason,
    reasonGiven: true,
    evidence: wanted.evidence ?? `undo of ${what}`,
  }
  // The guard stands before the asking: only admins may, and the reason is this one, whatever list of reasons there is.
  const policy: Policy = { resubscribe: 'compatible', addressChange: 'reset' }
  return {
    type: 'plan',
    plan: { type: 'undo', target, fromSeq, toSeq, isDryRun: wanted.isDryRun, notes: [], cause, policy },
  }
}

type Part =
  | {
      readonly type: 'part'
      readonly target: UndoTarget
      readonly fromSeq: number
      readonly toSeq: number
      readonly what: string
    }
  | Exclude<UndoPlanned, { readonly type: 'plan' }>

async function partOfCommand(store: UndoStore, command: string): Promise<Part> {
  const isName = /^[0-9a-f]{32}$/.test(command)
  const seq = isName
    ? await store.commandPosition(command)
    : /^[1-9]\d{0,14}$/.test(command)
      ? Number(command)
      : undefined
  const [{ seq: last }, cut] = [await store.head(), await store.cut()]
  if (seq === undefined || seq > last) {
    const problem = `there is no command '${command.slice(0, 60)}': expected 32 hex digits, or a position in the log`
    return { type: 'not-found', problem: seq === undefined && cut.seq > 0 ? `${problem}; ${sinceOf(cut)}` : problem }
  }
  if (seq <= cut.seq) return { type: 'not-found', problem: `command ${seq} was archived: ${sinceOf(cut)}` }
  const target = { type: 'command', seq, commandId: isName ? command : null } as const
  return { type: 'part', target, fromSeq: seq - 1, toSeq: seq, what: `command ${seq}` }
}

async function partOfJob(store: UndoStore, jobId: number): Promise<Part> {
  const job = await store.job(jobId)
  if (job === undefined) return { type: 'not-found', problem: `there is no job ${jobId}` }
  if (job.plan.type !== 'list' && job.plan.isDryRun)
    return { type: 'not-found', problem: `job ${jobId} was a dry run: there is nothing to undo` }
  if (job.state === 'receiving' || job.state === 'processing' || job.state === 'cancelling') {
    return { type: 'too-early', problem: `job ${jobId} is ${job.state}: cancel it or wait until it is over` }
  }
  const { fromSeq, toSeq } = job.progress
  const last = toSeq ?? (await store.head()).seq
  const cut = await store.cut()
  if ((fromSeq ?? last) < cut.seq)
    return { type: 'not-found', problem: `what job ${jobId} did was archived, or part of it: ${sinceOf(cut)}` }
  return { type: 'part', target: { type: 'job', jobId }, fromSeq: fromSeq ?? last, toSeq: last, what: `job ${jobId}` }
}

const sinceOf = ({ seq, at }: LogCut): string =>
  `up to ${seq} (${new Date(at).toISOString()}) the log is in the archive, from where nothing can be undone`
