// A person's id as callers write it. Knows which numbers can be one; must not know whether anybody has it.

import { type PersonId, personIdMax } from '../../domain/person.js'

export type GivenId =
  | { readonly type: 'id'; readonly id: PersonId }
  | { readonly type: 'not-given' }
  | { readonly type: 'not-an-id'; readonly problem: string }

/**
 * Zero and negative numbers are taken as not given: nobody ever had such an id, and clients that cannot leave an
 * integer out send them in its place.
 */
export function readPersonId(text: string): GivenId {
  const trimmed = text.trim()
  if (trimmed === '') return { type: 'not-given' }
  // Number alone would also read 1e3, 0x10 and 4711.0, which nobody means.
  if (!/^[+-]?\d{1,20}$/.test(trimmed)) {
    return { type: 'not-an-id', problem: `expected a whole number, got '${trimmed.slice(0, 60)}'` }
  }
  const number = Number(trimmed)
  if (number <= 0) return { type: 'not-given' }
  if (number > personIdMax) {
    return { type: 'not-an-id', problem: `expected a number up to ${personIdMax}, got ${trimmed}` }
  }
  return { type: 'id', id: number }
}
