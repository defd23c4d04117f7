// R2 under a guarded policy: what a re-subscribe needs before it may end an opt-out.

import type { AddressKey } from './address.js'
import type { Facts, Rejection } from './command.js'
import type { Origin } from './origin.js'
import type { PersonId } from './person.js'
import type { GuardItem, ResubscribeReason } from './resubscribe.js'

export interface OptOut {
  /** Null: the own opt-out of a person without an address. */
  readonly key: AddressKey | null
  readonly personId: PersonId | null
  /** Whose word it is. */
  readonly origin: Origin | null
}

/** What ending the opt-out lacks under the policy; null where it may go ahead. */
export function guardResubscribe(optOut: OptOut, facts: Facts): Rejection | null {
  const { cause, policy, resubscribeReasons } = facts
  if (policy.resubscribe === 'compatible') return null
  const missing: GuardItem[] = []
  if (cause.role !== 'admin') missing.push('admin-role')
  const reason = missingReason(optOut, facts)
  if (reason !== null) missing.push(reason)
  if (cause.evidence === null || cause.evidence.trim() === '') missing.push('evidence')
  if (missing.length === 0) return null
  const { key, personId } = optOut
  const reasons = reasonsFor(optOut, resubscribeReasons).map(({ name }) => name)
  return { type: 'resubscribe-refused', key, personId, missing, reasons }
}

// Whoever opted out in person comes back by an own wish only: a mistake of ours is no reason to overrule it.
function missingReason(optOut: OptOut, { cause, resubscribeReasons }: Facts): GuardItem | null {
  if (!cause.reasonGiven || cause.reason.trim() === '') return 'reason'
  const listed = resubscribeReasons.find(({ name }) => name === cause.reason)
  if (listed === undefined) return 'listed-reason'
  return optOut.origin === 'recipient' && !listed.byRecipient ? 'recipient-reason' : null
}

const reasonsFor = ({ origin }: OptOut, reasons: readonly ResubscribeReason[]): readonly ResubscribeReason[] =>
  origin === 'recipient' ? reasons.filter(({ byRecipient }) => byRecipient) : reasons
