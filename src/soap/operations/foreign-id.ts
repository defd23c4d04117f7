// An id that another system gave to a person, as the legacy wire says it: value and system in two elements. Knows the
// systems that this wire can name; must not know whether anybody has the id.

import type { ForeignId } from '../../domain/person.js'

export type GivenForeignId =
  | { readonly type: 'foreign-id'; readonly foreignId: ForeignId }
  | { readonly type: 'not-given' }
  | { readonly type: 'not-a-foreign-id'; readonly problem: string }

// The members of ForeignSysType; an id of any other system cannot be said on this wire.
const foreignSystems = ['CUSTOM', 'SFDC', 'NETSUITE'] as const
export type ForeignSystem = (typeof foreignSystems)[number]

/** The column of a store holds no more, in characters. */
export const foreignIdLengthMax = 255

export function foreignSystemOf(text: string): ForeignSystem | undefined {
  const name = text.trim().toUpperCase()
  return foreignSystems.find(system => system === name)
}

export function readForeignId(value: string | undefined, system: string | undefined): GivenForeignId {
  const id = (value ?? '').trim()
  if (id === '') return { type: 'not-given' }
  if (id.length > foreignIdLengthMax) {
    const limit = `expected at most ${foreignIdLengthMax} characters, got ${id.length}`
    return { type: 'not-a-foreign-id', problem: `ForeignSysPersonId: ${limit}` }
  }
  // The documents demand the type, an official sample leaves it out (legacy-soap-contract 3.5).
  const named = (system ?? '').trim() === '' ? 'CUSTOM' : foreignSystemOf(system!)
  if (named === undefined) {
    const expected = `${foreignSystems.slice(0, -1).join(', ')} or ${foreignSystems.at(-1)}`
    return {
      type: 'not-a-foreign-id',
      problem: `ForeignSysType: expected ${expected}, got '${system!.slice(0, 60)}'`,
    }
  }
  return { type: 'foreign-id', foreignId: { system: named, value: id } }
}
