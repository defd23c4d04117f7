// What mail is for, and how a sender asks about it: the words of the check before sending. It knows no rule.

/** Transactional: what the recipient needs to get (a receipt, a password), and an opt-out does not stop. */
export const purposes = ['commercial', 'transactional'] as const
export type Purpose = (typeof purposes)[number]

/** Each: a verdict for each address. Group: who may be mailed, and a count of the others. */
export const checkModes = ['each', 'group'] as const
export type CheckMode = (typeof checkModes)[number]
