// The part of the store that one batch of commands sees and changes: read once, folded over in memory, written back
// as a difference. It knows no rules; `decide` reads it as a Situation, `evolve` applies effects to it.

import type { AddressKey } from './address.js'
import type { Cause, Effect, Situation } from './command.js'
import {
  type EmailStatus,
  type FanOut,
  type ForeignId,
  type Person,
  type PersonId,
  type PersonLinks,
  untouchedStatus,
} from './person.js'

/** Where in the log a command stands, when it was carried out and by whom. */
export interface Moment {
  readonly seq: number
  readonly at: number
  readonly cause: Cause
}

/** What was read, as the store gives it. An address that is not listed here may not be asked about. */
export interface Reading {
  readonly statuses: readonly { readonly status: EmailStatus; readonly people: number; readonly peopleRead: boolean }[]
  readonly people: readonly Person[]
  readonly foreignIds: readonly { readonly foreignId: ForeignId; readonly personId: PersonId }[]
  readonly cookies: readonly { readonly cookie: string; readonly personId: PersonId }[]
  /** Of the lists and people that were asked for, who is on which. */
  readonly members: readonly Membership[]
  readonly fanOuts: readonly { readonly fanOut: FanOut; readonly chunk: readonly PersonId[]; readonly last: boolean }[]
}

export interface Membership {
  readonly listId: number
  readonly personId: PersonId
}

/** What the batch made of it, each row in its last state. Deletions come first: an id may be given anew after one. */
export interface Difference {
  readonly deleted: readonly PersonId[]
  readonly created: readonly Person[]
  readonly changed: readonly Person[]
  readonly statuses: readonly { readonly status: EmailStatus; readonly people: number }[]
  /** `isNew` where nobody had it: should another writer be first with it, this batch must read again. */
  readonly foreignIds: readonly {
    readonly foreignId: ForeignId
    readonly personId: PersonId
    readonly isNew: boolean
  }[]
  readonly cookies: readonly { readonly cookie: string; readonly personId: PersonId; readonly isNew: boolean }[]
  /** Taken from a person that stays, by one that did not: nobody has them any more. */
  readonly foreignIdsFreed: readonly ForeignId[]
  readonly cookiesFreed: readonly string[]
  readonly joined: readonly Membership[]
  readonly left: readonly Membership[]
  readonly fanOuts: readonly FanOut[]
  readonly fanOutsEnded: readonly AddressKey[]
}

const memberKey = (listId: number, personId: PersonId): string => `${listId} ${personId}`
const foreignIdKey = ({ system, value }: ForeignId): string => `${system}\u0000${value}`

export class WorkingSet implements Situation {
  readonly #people = new Map<PersonId, Person>()
  readonly #byAddress = new Map<
    AddressKey,
    { status: EmailStatus; people: number; peopleRead: boolean; ids: Set<PersonId> }
  >()
  readonly #foreignIds = new Map<string, { foreignId: ForeignId; personId: PersonId }>()
  readonly #cookies = new Map<string, PersonId>()
  readonly #members = new Map<string, Membership>()
  readonly #storedMembers = new Set<string>()
  readonly #fanOuts = new Map<AddressKey, FanOut>()
  readonly #chunks = new Map<AddressKey, { ids: readonly PersonId[]; last: boolean }>()
  /** People that are in the store as this batch found it, and of these the ones that it deleted at some point. */
  readonly #stored = new Set<PersonId>()
  readonly #storedAndDeleted = new Set<PersonId>()
  /** Who had the foreign ids and cookies before this batch, by the keys of the maps above. */
  readonly #storedLinks = new Map<string, PersonId>()
  readonly #dirty = {
    people: new Set<PersonId>(),
    addresses: new Set<AddressKey>(),
    foreignIds: new Map<string, ForeignId>(),
    cookies: new Set<string>(),
    members: new Map<string, Membership>(),
    fanOuts: new Set<AddressKey>(),
  }

  constructor(reading: Reading) {
    for (const { status, people, peopleRead } of reading.statuses) {
      this.#byAddress.set(status.key, { status, people, peopleRead, ids: new Set() })
    }
    for (const person of reading.people) {
      this.#stored.add(person.id)
      this.#people.set(person.id, person)
      if (person.address !== null) this.#entry(person.address.key).ids.add(person.id)
    }
    for (const link of reading.foreignIds) {
      this.#foreignIds.set(foreignIdKey(link.foreignId), link)
      this.#storedLinks.set(foreignIdKey(link.foreignId), link.personId)
    }
    for (const { cookie, personId } of reading.cookies) {
      this.#cookies.set(cookie, personId)
      this.#storedLinks.set(cookie, personId)
    }
    for (const membership of reading.members) {
      const key = memberKey(membership.listId, membership.personId)
      this.#members.set(key, membership)
      this.#storedMembers.add(key)
    }
    for (const { fanOut, chunk, last } of reading.fanOuts) {
      this.#fanOuts.set(fanOut.key, fanOut)
      this.#chunks.set(fanOut.key, { ids: chunk, last })
    }
  }

  person(id: PersonId): Person | undefined {
    return this.#people.get(id)
  }

  personByForeignId(foreignId: ForeignId): Person | undefined {
    const link = this.#foreignIds.get(foreignIdKey(foreignId))
    return link && this.#people.get(link.personId)
  }

  personByCookie(cookie: string): Person | undefined {
    const id = this.#cookies.get(cookie)
    return id === undefined ? undefined : this.#people.get(id)
  }

  lastSavedPersonOf(key: AddressKey): Person | undefined {
    let last: Person | undefined
    for (const id of this.#entry(key).ids) {
      const person = this.#people.get(id)!
      if (last === undefined || person.savedAt > last.savedAt || (person.savedAt === last.savedAt && id > last.id))
        last = person
    }
    return last
  }

  status(key: AddressKey): EmailStatus {
    return this.#entry(key).status
  }

  peopleOf(key: AddressKey): readonly Person[] | undefined {
    const entry = this.#entry(key)
    if (!entry.peopleRead) return undefined
    return [...entry.ids].sort((a, b) => a - b).map(id => this.#people.get(id)!)
  }

  isMember(listId: number, personId: PersonId): boolean {
    return this.#members.has(memberKey(listId, personId))
  }

  linksOf(personId: PersonId): PersonLinks {
    const own = (link: { readonly personId: PersonId }): boolean => link.personId === personId
    return {
      foreignIds: [...this.#foreignIds.values()].filter(own).map(({ foreignId }) => foreignId),
      cookies: [...this.#cookies].flatMap(([cookie, owner]) => (owner === personId ? [cookie] : [])),
      listIds: [...this.#members.values()].filter(own).map(({ listId }) => listId),
    }
  }

  fanOut(key: AddressKey): FanOut | undefined {
    return this.#fanOuts.get(key)
  }

  fanOutChunk(key: AddressKey): { readonly people: readonly Person[]; readonly last: boolean } | undefined {
    const chunk = this.#chunks.get(key)
    if (chunk === undefined) return undefined
    // A person that moved away within this batch has nothing more to be told about the address.
    const people = chunk.ids.map(id => this.#people.get(id)).filter(person => person?.address?.key === key) as Person[]
    return { people, last: chunk.last }
  }

  /** Makes one effect true. Effects of one command come in the order in which they were decided. */
  apply(effect: Effect, moment: Moment): void {
    switch (effect.type) {
      case 'person-created':
        this.#create(effect.person, moment)
        break
      case 'person-changed':
        this.#change(effect, moment)
        break
      case 'person-deleted':
        this.#delete(effect.id)
        break
      case 'foreign-id-linked':
        this.#foreignIds.set(foreignIdKey(effect.foreignId), effect)
        this.#dirty.foreignIds.set(foreignIdKey(effect.foreignId), effect.foreignId)
        break
      case 'cookie-linked':
        this.#cookies.set(effect.cookie, effect.personId)
        this.#dirty.cookies.add(effect.cookie)
        break
      case 'list-joined':
      case 'list-left':
        this.#changeMembership(effect, effect.type === 'list-joined')
        break
      case 'status-changed':
        this.#changeStatus(effect, moment)
        break
      case 'fan-out-started':
        this.#setFanOut(effect.key, { ...effect, seq: moment.seq, upTo: 0 })
        break
      case 'fan-out-advanced':
        this.#setFanOut(effect.key, effect.done ? null : { ...this.#fanOuts.get(effect.key)!, upTo: effect.upTo })
        break
      case 'activity':
        this.#touch(effect.personId, moment)
        break
      default:
        effect satisfies never
    }
  }

  /** What has to be written. */
  difference(): Difference {
    const people = [...this.#dirty.people].sort((a, b) => a - b)
    const present = people.map(id => this.#people.get(id)).filter(person => person !== undefined)
    return {
      deleted: [...this.#storedAndDeleted],
      created: present.filter(person => !this.#isStored(person.id)),
      changed: present.filter(person => this.#isStored(person.id)),
      statuses: [...this.#dirty.addresses].sort().map(key => this.#entry(key)),
      foreignIds: [...this.#dirty.foreignIds.keys()].flatMap(key => {
        const link = this.#foreignIds.get(key)
        return link === undefined
          ? []
          : [{ foreignId: link.foreignId, personId: link.personId, isNew: this.#isNewLink(key) }]
      }),
      cookies: [...this.#dirty.cookies].flatMap(cookie => {
        const personId = this.#cookies.get(cookie)
        return personId === undefined ? [] : [{ cookie, personId, isNew: this.#isNewLink(cookie) }]
      }),
      foreignIdsFreed: [...this.#dirty.foreignIds].flatMap(([key, id]) => (this.#foreignIds.has(key) ? [] : [id])),
      cookiesFreed: [...this.#dirty.cookies].filter(cookie => !this.#cookies.has(cookie)),
      joined: this.#changedMemberships(true),
      left: this.#changedMemberships(false),
      fanOuts: [...this.#dirty.fanOuts].map(key => this.#fanOuts.get(key)).filter(fanOut => fanOut !== undefined),
      fanOutsEnded: [...this.#dirty.fanOuts].filter(key => !this.#fanOuts.has(key)),
    }
  }

  #changeMembership({ listId, personId }: Membership, isMember: boolean): void {
    const key = memberKey(listId, personId)
    if (isMember) this.#members.set(key, { listId, personId })
    else this.#members.delete(key)
    this.#dirty.members.set(key, { listId, personId })
  }

  // The store drops the memberships of a deleted person with it.
  #changedMemberships(isMember: boolean): Membership[] {
    const changed: Membership[] = []
    for (const [key, membership] of this.#dirty.members) {
      const isStored = this.#storedMembers.has(key) && !this.#storedAndDeleted.has(membership.personId)
      if (this.#members.has(key) === isMember && isStored !== isMember) changed.push(membership)
    }
    return changed
  }

  #isNewLink(key: string): boolean {
    const owner = this.#storedLinks.get(key)
    return owner === undefined || this.#storedAndDeleted.has(owner)
  }

  #isStored(id: PersonId): boolean {
    return this.#stored.has(id) && !this.#storedAndDeleted.has(id)
  }

  #create(
    person: Pick<Person, 'id' | 'address' | 'ownUnsubscribed' | 'partition' | 'fields'>,
    { seq, at }: Moment,
  ): void {
    this.#put({ ...person, addressSeq: seq, createdAt: at, savedAt: at, updatedAt: at })
    if (person.address !== null) this.#count(person.address.key, person.id, 1)
  }

  #change(effect: Effect & { type: 'person-changed' }, { seq, at }: Moment): void {
    const before = this.#people.get(effect.id)!
    const fields: Record<string, string> = { ...before.fields }
    for (const [name, value] of Object.entries(effect.fields ?? {})) {
      if (value === null) delete fields[name]
      else fields[name] = value
    }
    const address = effect.address === undefined ? before.address : effect.address
    const moves = address?.key !== before.address?.key
    const ownUnsubscribed = effect.ownUnsubscribed ?? before.ownUnsubscribed
    const addressSeq = moves ? seq : before.addressSeq
    this.#put({ ...before, fields, address, ownUnsubscribed, addressSeq, savedAt: at, updatedAt: at })
    if (!moves) return
    if (before.address !== null) this.#count(before.address.key, before.id, -1)
    if (address !== null) this.#count(address.key, before.id, 1)
  }

  #delete(id: PersonId): void {
    const { address } = this.#people.get(id)!
    this.#people.delete(id)
    this.#dirty.people.add(id)
    if (this.#stored.has(id)) this.#storedAndDeleted.add(id)
    if (address !== null) this.#count(address.key, id, -1)
    // The store drops the links of a deleted person with it; here they must not name a later owner of the same id.
    for (const [key, link] of this.#foreignIds) if (link.personId === id) this.#foreignIds.delete(key)
    for (const [cookie, owner] of this.#cookies) if (owner === id) this.#cookies.delete(cookie)
    for (const [key, { personId }] of this.#members) if (personId === id) this.#members.delete(key)
  }

  #changeStatus(effect: Effect & { type: 'status-changed' }, { seq, at, cause }: Moment): void {
    const { key, to, version, reason, evidence } = effect
    const { source, actor } = cause
    this.#entry(key).status = { key, status: to, version, since: at, reason, source, actor, evidence, seq }
    this.#dirty.addresses.add(key)
    if (this.#fanOuts.has(key)) this.#setFanOut(key, null)
  }

  #setFanOut(key: AddressKey, fanOut: FanOut | null): void {
    if (fanOut === null) this.#fanOuts.delete(key)
    else {
      const { version, seq, to, except, upTo } = fanOut
      this.#fanOuts.set(key, { key, version, seq, to, except, upTo })
    }
    this.#chunks.delete(key)
    this.#dirty.fanOuts.add(key)
  }

  #touch(id: PersonId, { at }: Moment): void {
    const person = this.#people.get(id)
    if (person !== undefined) this.#put({ ...person, updatedAt: at })
  }

  #put(person: Person): void {
    this.#people.set(person.id, person)
    this.#dirty.people.add(person.id)
  }

  #count(key: AddressKey, id: PersonId, by: 1 | -1): void {
    const entry = this.#entry(key)
    entry.people += by
    if (by === 1) entry.ids.add(id)
    else entry.ids.delete(id)
    this.#dirty.addresses.add(key)
  }

  #entry(key: AddressKey): { status: EmailStatus; people: number; peopleRead: boolean; ids: Set<PersonId> } {
    const entry = this.#byAddress.get(key)
    if (entry === undefined) throw new Error('a rule looked at an address that was not locked for this batch')
    return entry
  }
}

/** A working set over nothing, in which the given addresses are known and were never touched. */
export function emptyWorkingSet(keys: readonly AddressKey[]): WorkingSet {
  const statuses = keys.map(key => ({ status: untouchedStatus(key), people: 0, peopleRead: true }))
  return new WorkingSet({ statuses, people: [], foreignIds: [], cookies: [], members: [], fanOuts: [] })
}
