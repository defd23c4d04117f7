// Change Data Value flows in the service: what a store keeps of them, and how one run becomes commands. Which people a
// run is about is its caller's; the commands go the one write path like all others.

import type { Cause, Policy, Role } from '../../domain/command.js'
import type { Flow, FlowChanges, NewFlow } from '../../domain/flow.js'
import type { PersonId } from '../../domain/person.js'
import { type FieldSelection, StoreUnavailable } from '../ports.js'
import type { Answer, Replay, Submission } from '../writes/submission.js'

/** Source of every change that a flow makes, whoever ran it. */
export const flowSource = 'campaign'

/** What holds for the changes of a run as it was when the run was taken. */
export interface RunTerms {
  readonly policy: Policy
  /** What the caller said itself; R2 may ask for both. */
  readonly reason: string | null
  readonly evidence: string | null
}

export interface NewFlowRun {
  readonly flowId: number
  /** Whoever is on it at the time of the run; 0 where `ids` or `selection` says who it is about. */
  readonly listId: number
  /** Ascending. */
  readonly ids?: readonly PersonId[]
  /** Whoever has the value at the time of the run. */
  readonly selection?: FieldSelection
  /** Absent: those of the face that runs are scheduled through. */
  readonly terms?: RunTerms
  /** How many people it was about when it was taken. */
  readonly total?: number
  /** As the tokens of the caller filled them: later values of nothing change what was promised. */
  readonly changes: FlowChanges
  readonly reason: string
  readonly actor: string
  readonly role: Role
  /** Milliseconds since the epoch. */
  readonly runAt: number
}

/** People up to this id are done, and how many of them there were; `changed` are those that were not so already,
 * `refused` those whose change was rejected. */
export interface FlowProgress {
  readonly upTo: PersonId
  readonly people: number
  readonly changed: number
  readonly refused: number
}

export interface FlowRun extends NewFlowRun, FlowProgress {
  readonly id: number
}

/** A run as it stands. Where it was cancelled it ends behind the page that is under way. */
export interface FlowRunState extends FlowRun {
  readonly isHeld: boolean
  readonly cancelledAt: number | null
  readonly endedAt: number | null
}

/** Who works on a run, and until when it is nobody else's. */
export interface Lease {
  /** Random, new for each claim. */
  readonly holder: string
  readonly until: number
}

export interface FlowStore {
  /** By program and name. */
  flows(): Promise<readonly Flow[]>
  flowById(id: number): Promise<Flow | undefined>
  flowByName(name: string, program: string | null): Promise<Flow | undefined>
  /** Runs that it has go on: what they do was fixed when they were taken. False where there is none. */
  deleteFlow(id: number): Promise<boolean>
  /** Undefined where the program has a flow of that name. */
  addFlow(flow: NewFlow): Promise<Flow | undefined>
  /** The id of the run; for a request that comes again, of the run that it made then. Undefined where the replay's name
   * belongs to another request. */
  scheduleFlowRun(run: NewFlowRun, replay: Replay): Promise<number | undefined>
  /** The run that is due longest and that nobody works on; from now on it is the lease's. */
  claimFlowRun(now: number, lease: Lease): Promise<FlowRun | undefined>
  /** False where the lease was lost to somebody else: then nothing is changed, and the run is theirs. */
  advanceFlowRun(id: number, lease: Lease, progress: FlowProgress): Promise<boolean>
  flowRunById(id: number): Promise<FlowRunState | undefined>
  /** It is due at once, so that whoever claims it can end it. False where it has ended, or was cancelled before. */
  cancelFlowRun(id: number, at: number): Promise<boolean>
  isFlowRunCancelled(id: number): Promise<boolean>
  /** The run will never be claimed again. False as for `advanceFlowRun`. */
  endFlowRun(id: number, holder: string, at: number): Promise<boolean>
}

/** What one run says of all its commands. */
export interface FlowWork {
  readonly changes: FlowChanges
  readonly cause: Cause
  readonly policy: Policy
}

export function flowCause(actor: string, role: Role, reason: string, terms?: RunTerms): Cause {
  const said = terms?.reason ?? null
  return {
    ...{ actor, role, source: flowSource, reason: said ?? reason },
    reasonGiven: said !== null,
    evidence: terms?.evidence ?? null,
  }
}

/** The command for one person. It never makes anybody: who was deleted in between is left alone. */
export function flowCommand({ changes }: Pick<FlowWork, 'changes'>, id: PersonId): Submission['command'] {
  return { type: 'save-person', identity: { id }, mode: 'update', ...changes }
}

export function flowSubmission(work: FlowWork, id: PersonId, replay: Replay): Submission {
  return { command: flowCommand(work, id), cause: work.cause, policy: work.policy, replay }
}

/** The change of one person was not carried out, though the person is there. Throws where a name was used before. */
export function isRefused(answer: Answer): boolean {
  switch (answer.type) {
    case 'carried-out':
    case 'replayed':
      return false
    case 'rejected':
      // Whoever was deleted since the people were looked up is nobody to be refused.
      return answer.rejection.type !== 'person-not-found'
    case 'in-progress':
      throw new StoreUnavailable('the same people are being changed by the same run at this moment')
    case 'key-reused':
      throw new Error('the name of a change by a flow belongs to another change')
    default:
      return answer satisfies never
  }
}
