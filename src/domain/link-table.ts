// What points at people (foreign ids, cookies, places on lists) while a batch folds: who has it, who had it in the
// store, and what has to be written. The store drops the links of a deleted person together with the person.

import type { Membership } from './batch-rows.js'
import type { ForeignId, PersonId } from './person.js'

export interface Link<Value> {
  readonly value: Value
  readonly personId: PersonId
}

export class LinkTable<Value> {
  readonly #keyOf: (value: Value) => string
  readonly #links = new Map<string, Link<Value>>()
  readonly #stored = new Map<string, PersonId>()
  readonly #dirty = new Map<string, Value>()

  constructor(keyOf: (value: Value) => string, stored: readonly Link<Value>[]) {
    this.#keyOf = keyOf
    for (const link of stored) {
      this.#links.set(keyOf(link.value), link)
      this.#stored.set(keyOf(link.value), link.personId)
    }
  }

  ownerOf(value: Value): PersonId | undefined {
    return this.#links.get(this.#keyOf(value))?.personId
  }

  of(personId: PersonId): Value[] {
    return [...this.#links.values()].filter(link => link.personId === personId).map(({ value }) => value)
  }

  link(value: Value, personId: PersonId): void {
    this.#links.set(this.#keyOf(value), { value, personId })
    this.#dirty.set(this.#keyOf(value), value)
  }

  unlink(value: Value): void {
    this.#links.delete(this.#keyOf(value))
    this.#dirty.set(this.#keyOf(value), value)
  }

  /** A later owner of the same id must not be named by what pointed at this one. */
  forget(personId: PersonId): void {
    for (const [key, link] of this.#links) if (link.personId === personId) this.#links.delete(key)
  }

  /** Changed links that somebody has by now. `isNew`: the store has no row for it, once the deleted are gone. */
  linked(deleted: ReadonlySet<PersonId>): (Link<Value> & { readonly isNew: boolean })[] {
    return [...this.#dirty.keys()].flatMap(key => {
      const link = this.#links.get(key)
      return link === undefined ? [] : [{ ...link, isNew: !this.#isStored(key, deleted) }]
    })
  }

  /** Changed links that nobody has any more, though the store still has a row for them. */
  freed(deleted: ReadonlySet<PersonId>): Value[] {
    return [...this.#dirty].flatMap(([key, value]) =>
      !this.#links.has(key) && this.#isStored(key, deleted) ? [value] : [],
    )
  }

  #isStored(key: string, deleted: ReadonlySet<PersonId>): boolean {
    const owner = this.#stored.get(key)
    return owner !== undefined && !deleted.has(owner)
  }
}

export const memberKey = ({ listId, personId }: Membership): string => `${listId} ${personId}`
export const foreignIdKey = ({ system, value }: ForeignId): string => `${system}\u0000${value}`
