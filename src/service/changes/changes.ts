// What the change feed and the webhooks tell of: the words, and which change a filter means. Terms:
//   change    one fact that a command made true: a new status of an address, or something that happened to a person
//   position  how far a reader is in the order of the log: every status up to a command, every activity up to an id
//   step      what is never told in part: the statuses that one command changed, or one activity

import type { AddressKey } from '../../domain/address.js'
import type { ActivityKind } from '../../domain/command.js'
import type { PersonId, Status } from '../../domain/person.js'
import type { CommandId, LogCut } from '../ports.js'

interface ChangeFacts {
  /** The same for the same change, however often and over whichever way it is told. */
  readonly id: string
  readonly commandId: CommandId
  readonly at: number
  readonly actor: string
  readonly source: string
  readonly reason: string
}

export interface StatusChange extends ChangeFacts {
  readonly type: 'status-changed'
  readonly key: AddressKey
  readonly from: Status
  readonly to: Status
  readonly version: number
  readonly evidence: string | null
}

export interface PersonChange extends ChangeFacts {
  readonly type: ActivityKind
  readonly personId: PersonId
  readonly attribute: string | null
  readonly from: string | null
  readonly to: string | null
  /** Version of the status that a change of the flag followed from. */
  readonly version: number | null
}

export type Change = StatusChange | PersonChange
export type ChangeKind = Change['type']

export const changeKinds = Object.keys({
  'status-changed': true,
  'person-created': true,
  'person-deleted': true,
  'value-changed': true,
  'people-merged': true,
  'list-joined': true,
  'list-left': true,
} satisfies Record<ChangeKind, true>) as [ChangeKind, ...ChangeKind[]]

export interface ChangePosition {
  readonly seq: number
  readonly activityId: number
}

export const beginning: ChangePosition = { seq: 0, activityId: 0 }

/** The one that is further on. */
export const laterPosition = (a: ChangePosition, b: ChangePosition): ChangePosition =>
  a.seq > b.seq || (a.seq === b.seq && a.activityId > b.activityId) ? a : b

/** What comes behind the position was archived, or some of it. */
export class PositionArchived extends Error {
  override readonly name = 'PositionArchived'
  /** The first position from which on everything is there. */
  readonly oldest: ChangePosition
  /** Time of the last entry before it. */
  readonly at: number

  constructor({ seq, activityId, at }: LogCut) {
    super(`the log up to ${seq} (${new Date(at).toISOString()}) was archived`)
    this.oldest = { seq, activityId }
    this.at = at
  }
}

export interface ChangeStep {
  /** Where a reader is that has seen this step. */
  readonly position: ChangePosition
  readonly changes: readonly Change[]
}

export interface ChangeSteps {
  readonly steps: readonly ChangeStep[]
  /** Nothing of these kinds comes behind them up to where was read. */
  readonly isEnd: boolean
}

export interface ChangeSelection {
  readonly kinds: readonly ChangeKind[]
  /** Null: of every address. One address means changes of its status only. */
  readonly key: AddressKey | null
}

/** What a store must do for readers of changes. */
export interface ChangeStore {
  /** In the order of the log, those behind `after` and not behind `until`, at most `limit` steps. Throws
   * PositionArchived where some of them were archived. */
  changesAfter(
    after: ChangePosition,
    selection: ChangeSelection,
    page: { readonly until: ChangePosition; readonly limit: number },
  ): Promise<ChangeSteps>
  /** The changes of these ids that there still are; what was archived or erased is not. */
  changesByIds(ids: readonly string[]): Promise<readonly Change[]>
  /** The end of what is committed. */
  changeHead(): Promise<ChangePosition>
  /** The position behind which everything is there. */
  changeBeginning(): Promise<ChangePosition>
  /** A position with nothing of that time or later before it, and nothing much older behind it. Throws
   * PositionArchived. */
  positionBefore(at: number): Promise<ChangePosition>
}

/** What a reader wants to be told; all that is given must fit. */
export interface ChangeFilter extends ChangeSelection {
  /** Null: whatever the new status is. One status means changes of statuses only. */
  readonly to: Status | null
  /** Null: whatever they came through. */
  readonly source: string | null
}

export function isMeant(change: Change, { kinds, key, to, source }: ChangeFilter): boolean {
  if (!kinds.includes(change.type) || (source !== null && change.source !== source)) return false
  if (change.type !== 'status-changed') return key === null && to === null
  return (key === null || change.key === key) && (to === null || change.to === to)
}

// Ids are made here, so that every store gives the same ones. A command that changes the statuses of two addresses at
// once has two such changes, told apart by their place.
export const statusChangeId = (seq: number, place: number): string => `chg_${seq}_s${place}`
export const personChangeId = (seq: number, activityId: number): string => `chg_${seq}_a${activityId}`

export type ReadChangeId =
  | { readonly type: 'status'; readonly seq: number; readonly place: number }
  | { readonly type: 'activity'; readonly activityId: number }

export function readChangeId(id: string): ReadChangeId | undefined {
  const [, seq, kind, number] = /^chg_(\d{1,15})_([sa])(\d{1,15})$/.exec(id) ?? []
  if (seq === undefined) return undefined
  return kind === 's'
    ? { type: 'status', seq: Number(seq), place: Number(number) }
    : { type: 'activity', activityId: Number(number) }
}

/** Merges what each of the two streams gave, both in order, into the order of the log: statuses of a command first. */
export function mergeSteps(
  after: ChangePosition,
  statuses: readonly { readonly seq: number; readonly changes: readonly StatusChange[] }[],
  activities: readonly { readonly seq: number; readonly id: number; readonly change: PersonChange }[],
  limit: number,
): ChangeStep[] {
  const steps: ChangeStep[] = []
  let { seq, activityId } = after
  let [s, a] = [0, 0]
  while (steps.length < limit && (s < statuses.length || a < activities.length)) {
    const [status, activity] = [statuses[s], activities[a]]
    if (status !== undefined && (activity === undefined || status.seq <= activity.seq)) {
      seq = status.seq
      steps.push({ position: { seq, activityId }, changes: status.changes })
      s++
    } else if (activity !== undefined) {
      // A reader that has only now begun to ask for activities is told of older ones first; its place among the
      // statuses must not go back with them.
      seq = Math.max(seq, activity.seq)
      activityId = activity.id
      steps.push({ position: { seq, activityId }, changes: [activity.change] })
      a++
    }
  }
  return steps
}
