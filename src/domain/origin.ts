// Whose word an opt-out is, and which word weighs more. The recipient's own wish must not be replaced by a weaker
// cause that could then be taken back more easily (durable-unsubscribe 5.1: mautic PR#1663).

/** The weakest first. `recipient`: asked or complained in person. `operator`: an admin or another system says so.
 * `import`: a list that was kept elsewhere. */
export const origins = ['import', 'operator', 'recipient'] as const
export type Origin = (typeof origins)[number]

/** Of a cause: who does not say so is an admin or another system. */
export const originOf = ({ origin }: { readonly origin?: Origin | undefined }): Origin => origin ?? 'operator'

/** Null: from before origins were kept, or of nobody; it weighs as much as an operator's. */
export function isStronger(one: Origin | null, other: Origin | null): boolean {
  return weight(one) > weight(other)
}

export const strongerOf = (one: Origin | null, other: Origin | null): Origin | null =>
  isStronger(other, one) ? other : one

const weight = (origin: Origin | null): number => origins.indexOf(origin ?? 'operator')
