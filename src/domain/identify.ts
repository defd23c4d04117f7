// Which person a command means. The first identifier that is given decides alone; a later one is then a change to
// that person, never a second opinion (legacy-soap-contract 3.5).

import type { Address } from './address.js'
import type { Identity, Rejection, SavePerson, SeenPerson, Situation } from './command.js'
import type { Person } from './person.js'

export type Identified =
  | { readonly type: 'person'; readonly person: Person; readonly byAddress: boolean }
  | { readonly type: 'nobody' }
  | { readonly type: 'rejected'; readonly rejection: Rejection }

export function identify(command: SavePerson, situation: Situation): Identified {
  const { identity, mode } = command
  const by = decidingIdentifier(identity)
  if (by === null) return { type: 'rejected', rejection: { type: 'identity-required' } }
  if (mode === 'duplicate') return { type: 'nobody' }

  const person = find(by, identity, situation) ?? movedBefore(by, command, situation)
  // A cookie without an owner has left it to the address to say who is meant.
  const byAddress = by === 'address' || (by === 'cookie' && situation.personByCookie(identity.cookie!) === undefined)
  if (person !== undefined && byAddress && command.whenSeveral === 'refuse') {
    const several = severalAt(person.address!, situation)
    if (several !== null) return { type: 'rejected', rejection: several }
  }
  if (person !== undefined) return { type: 'person', person, byAddress }
  // An id alone says nothing about whom to make; together with another identifier the new person takes that id, so
  // that ids from before the move keep their meaning.
  const isIdEnough = command.makesById === true || decidingIdentifier({ ...identity, id: undefined }) !== null
  const canBeMade = mode === 'upsert' && (by !== 'id' || isIdEnough)
  if (canBeMade) return { type: 'nobody' }
  return { type: 'rejected', rejection: { type: 'person-not-found', by, value: valueGivenFor(by, identity) } }
}

/** The rejection of a command whose caller saw the person in another state; null where it may go ahead. */
export function movedOn(person: Person, expected: SeenPerson | undefined, situation: Situation): Rejection | null {
  if (expected === undefined) return null
  const statusVersion = person.address === null ? 0 : situation.status(person.address.key).version
  const { updatedAt } = person
  if (updatedAt === expected.updatedAt && statusVersion === expected.statusVersion) return null
  return { type: 'person-moved', personId: person.id, actual: { updatedAt, statusVersion } }
}

// To change one of several would be a guess, and the others would not get what their owner asked for.
function severalAt({ key, text }: Address, situation: Situation): Rejection | null {
  const people = situation.peopleOf(key)
  return people?.length === 1 ? null : { type: 'several-people', address: text, count: people?.length ?? null }
}

type Identifier = 'id' | 'foreign-id' | 'cookie' | 'address'

function decidingIdentifier(identity: Identity): Identifier | null {
  if (identity.id !== undefined) return 'id'
  if (identity.foreignId !== undefined) return 'foreign-id'
  // With moveCookie the cookie is a gift to the person and not its name.
  if (identity.cookie !== undefined && !(identity.moveCookie && identity.address !== undefined)) return 'cookie'
  if (identity.address !== undefined) return 'address'
  return null
}

function find(by: Identifier, identity: Identity, situation: Situation): Person | undefined {
  switch (by) {
    case 'id':
      return situation.person(identity.id!)
    case 'foreign-id':
      return situation.personByForeignId(identity.foreignId!)
    case 'cookie': {
      // A cookie that nobody owns yet names nobody; the address then says who it is.
      const owner = situation.personByCookie(identity.cookie!)
      return owner ?? (identity.address && situation.lastSavedPersonOf(identity.address.key))
    }
    case 'address':
      return situation.lastSavedPersonOf(identity.address!.key)
  }
}

// A call that names somebody by one address and gives another may come twice; the second time the person has moved.
function movedBefore(by: Identifier, { address }: SavePerson, situation: Situation): Person | undefined {
  return by === 'address' && address ? situation.lastSavedPersonOf(address.key) : undefined
}

function valueGivenFor(by: Identifier, identity: Identity): string {
  switch (by) {
    case 'id':
      return String(identity.id)
    case 'foreign-id':
      return identity.foreignId!.value
    case 'cookie':
      return identity.cookie!
    case 'address':
      return identity.address!.text
  }
}
