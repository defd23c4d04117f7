// The status of one address changes: R1, R2, R6 and R12, and who is told. Only this file makes `status-changed`.

import type { AddressKey } from './address.js'
import {
  type Activity,
  type Cause,
  type Effect,
  fanOutReason,
  type GuardItem,
  type Policy,
  type Rejection,
  type Situation,
} from './command.js'
import { flagField, flagText } from './flag.js'
import type { PersonId, Status } from './person.js'

export interface StatusChange {
  readonly key: AddressKey
  readonly to: Status
  readonly reason: string
  /** The person that the command was about, whose own activity the caller of this function writes. Null: R12. */
  readonly direct: PersonId | null
  readonly since?: number | undefined
}

/** Effects of setting a status that is not so yet: the new version, and the history of everybody else it reaches. */
export function changeStatus(change: StatusChange, situation: Situation, cause: Cause): Effect[] {
  const { key, to, reason, direct, since } = change
  const version = situation.status(key).version + 1
  const stated = since === undefined ? {} : { since }
  const effects: Effect[] = [{ type: 'status-changed', key, to, version, reason, evidence: cause.evidence, ...stated }]

  const people = situation.peopleOf(key)
  if (people === undefined) {
    // Too many to be told in one transaction. They show the new status at once all the same: it is read, not copied.
    effects.push({ type: 'fan-out-started', key, version, to, except: direct })
    return effects
  }
  for (const person of people) {
    if (person.id !== direct)
      effects.push(flagActivity(person.id, to, { reason: fanOutReason, source: cause.source }, version))
  }
  return effects
}

/** R2: what a re-subscribe lacks under the policy; null where it may go ahead. */
export function guardResubscribe(key: AddressKey | null, cause: Cause, policy: Policy): Rejection | null {
  if (policy.resubscribe === 'compatible') return null
  const missing: GuardItem[] = []
  if (cause.role !== 'admin') missing.push('admin-role')
  if (!cause.reasonGiven || cause.reason.trim() === '') missing.push('reason')
  if (cause.evidence === null || cause.evidence.trim() === '') missing.push('evidence')
  return missing.length === 0 ? null : { type: 'resubscribe-refused', key, missing }
}

/** The line in a person's history that says that its visible flag changed. */
export function flagActivity(
  personId: PersonId,
  to: Status,
  why: { readonly reason: string; readonly source: string },
  statusVersion: number | null,
): Activity {
  const unsubscribed = to === 'unsubscribed'
  return {
    type: 'activity',
    personId,
    kind: 'value-changed',
    attribute: flagField,
    from: flagText(!unsubscribed),
    to: flagText(unsubscribed),
    reason: why.reason,
    source: why.source,
    statusVersion,
  }
}

/** The line that says that a person was made or deleted. */
export function lifeActivity(kind: 'person-created' | 'person-deleted', personId: PersonId, cause: Cause): Activity {
  const { reason, source } = cause
  return {
    type: 'activity',
    personId,
    kind,
    attribute: null,
    from: null,
    to: null,
    reason,
    source,
    statusVersion: null,
  }
}
