// The status of one address changes: R1, R2, R6 and R12, and who is told. Only this file makes `status-changed`.

import type { AddressKey } from './address.js'
import { type Activity, type Cause, type Effect, fanOutReason, type Situation } from './command.js'
import { flagField, flagText } from './flag.js'
import { isStronger, type Origin, originOf } from './origin.js'
import type { PersonId, Status } from './person.js'

export interface StatusChange {
  readonly key: AddressKey
  readonly to: Status
  readonly reason: string
  /** The person that the command was about, whose own activity the caller of this function writes. Null: R12. */
  readonly direct: PersonId | null
  readonly since?: number | undefined
  /** Whose word it is, where it is not that of the cause: an opt-out that goes along to another address. */
  readonly origin?: Origin | null
}

/** Effects of setting a status that is not so yet: the new version, and the history of everybody else it reaches. */
export function changeStatus(change: StatusChange, situation: Situation, cause: Cause): Effect[] {
  const { key, to, reason, direct, since } = change
  const version = situation.status(key).version + 1
  const origin = change.origin === undefined ? originOf(cause) : (change.origin ?? 'operator')
  const stated = since === undefined ? {} : { since }
  const { evidence } = cause
  const effects: Effect[] = [{ type: 'status-changed', key, to, version, reason, evidence, origin, ...stated }]

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

/** An opt-out of what is opted out already: R6, unless the new cause weighs more than the standing one. Then it takes
 * its place as a version of its own. Nobody's flag changes, so no person is told. */
export function strengthenCause(
  { key, reason }: Pick<StatusChange, 'key' | 'reason'>,
  situation: Situation,
  cause: Cause,
): Effect[] {
  const standing = situation.status(key)
  const origin = originOf(cause)
  if (standing.status !== 'unsubscribed' || !isStronger(origin, standing.origin)) return []
  const { evidence } = cause
  return [{ type: 'cause-strengthened', key, version: standing.version + 1, reason, evidence, origin }]
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
