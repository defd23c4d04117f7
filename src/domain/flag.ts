// The flag that a person shows, and the two fields that the rules treat apart from all others.

import type { Situation } from './command.js'
import type { Person } from './person.js'

/** Names of the fields that are not attributes of a person but its address and the status of that address. */
export const addressField = 'Email'
export const flagField = 'Unsubscribed'
export const reasonField = 'UnsubscribedReason'

export const flagText = (unsubscribed: boolean): string => (unsubscribed ? '1' : '0')

/** The flag is the status of the address; only a person without an address has one of its own (R5). */
export function showsUnsubscribed(person: Pick<Person, 'address' | 'ownUnsubscribed'>, situation: Situation): boolean {
  if (person.address === null) return person.ownUnsubscribed
  return situation.status(person.address.key).status === 'unsubscribed'
}
