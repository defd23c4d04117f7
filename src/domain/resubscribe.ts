// The words of a guarded re-subscribe (R2): what may be a reason for it, and what one can lack.

/** A reason that admins allow for a re-subscribe. `byRecipient`: it says that the recipient asked. */
export interface ResubscribeReason {
  readonly name: string
  readonly byRecipient: boolean
}

/** `listed-reason`: one was stated that admins do not allow. `recipient-reason`: the recipient opted out in person, and
 * the reason that was stated does not say that the recipient wants to be back. */
export type GuardItem = 'admin-role' | 'reason' | 'listed-reason' | 'recipient-reason' | 'evidence'
