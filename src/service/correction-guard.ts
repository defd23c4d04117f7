// What a file in the mode `correct` lacks before any of its rows could end an opt-out, asked of the rule itself. So an
// import that could only be refused row by row is refused before it begins. It must not know the rows.

import type { Cause, Policy } from '../domain/command.js'
import { guardResubscribe } from '../domain/guard.js'
import type { GuardItem, ResubscribeReason } from '../domain/resubscribe.js'
import type { BulkSubject, FlagMode } from './jobs/bulk.js'

export interface Correcting {
  readonly subject: BulkSubject
  readonly flagMode: FlagMode
  readonly cause: Cause
  readonly policy: Policy
}

/** Empty where it may go ahead; a row about what the recipient asked for may still need another reason. */
export function lackingForCorrection(
  { subject, flagMode, cause, policy }: Correcting,
  resubscribeReasons: readonly ResubscribeReason[],
): readonly GuardItem[] {
  if (flagMode !== 'correct') return []
  const facts = { cause, policy, resubscribeReasons, freshPersonId: 0, answeredBefore: null }
  const refused = guardResubscribe({ key: null, personId: null, origin: 'import' }, facts)
  if (refused?.type !== 'resubscribe-refused') return []
  // The rows of a suppression list may have reasons and evidence of their own; nobody has a role of his own.
  return refused.missing.filter(item => subject === 'people' || item === 'admin-role')
}

/** For the operator or the caller who has to state a reason. */
export const reasonsSentence = (reasons: readonly ResubscribeReason[]): string =>
  reasons.length === 0
    ? 'the setting resubscribe-reasons allows none'
    : `expected one of ${reasons.map(({ name }) => name).join(', ')}`
