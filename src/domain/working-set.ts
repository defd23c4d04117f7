// The part of the store that one batch of commands sees and changes: read once, folded over in memory, written back
// as a difference. It knows no rules; `decide` reads it as a Situation, `evolve` applies effects to it.

import type { AddressKey } from './address.js'
import type { Difference, Membership, Reading } from './batch-rows.js'
import type { Effect, NewPerson, Situation } from './command.js'
import type { AddressReturned } from './erasure.js'
import { foreignIdKey, LinkTable, memberKey } from './link-table.js'
import type { EmailStatus, FanOut, ForeignId, Person, PersonId, PersonLinks } from './person.js'
import { changedStatus, type Moment, strengthenedStatus } from './status-after.js'

/** Nobody's id: the first one is 1. */
const nobody = 0

interface AddressEntry {
  status: EmailStatus
  people: number
  readonly peopleRead: boolean
  readonly ids: Set<PersonId>
  /** Who was saved last of a crowd that was not read as a whole. */
  lastSaved: PersonId | null
  erasedAs: AddressKey | null
}

export class WorkingSet implements Situation {
  readonly #people = new Map<PersonId, Person>()
  readonly #byAddress = new Map<AddressKey, AddressEntry>()
  readonly #foreignIds: LinkTable<ForeignId>
  readonly #cookies: LinkTable<string>
  readonly #members: LinkTable<Membership>
  readonly #fanOuts = new Map<AddressKey, FanOut>()
  readonly #chunks = new Map<AddressKey, { ids: readonly PersonId[]; last: boolean }>()
  /** People that are in the store as this batch found it, and of these the ones that it deleted at some point. */
  readonly #stored = new Set<PersonId>()
  readonly #storedAndDeleted = new Set<PersonId>()
  readonly #dirty = {
    people: new Set<PersonId>(),
    addresses: new Set<AddressKey>(),
    fanOuts: new Set<AddressKey>(),
  }

  readonly #returned: { readonly from: AddressKey; readonly key: AddressKey }[] = []

  constructor(reading: Reading) {
    for (const { status, people, peopleRead, erasedAs = null } of reading.statuses) {
      this.#byAddress.set(status.key, { status, people, peopleRead, ids: new Set(), lastSaved: null, erasedAs })
    }
    for (const person of reading.people) {
      this.#stored.add(person.id)
      this.#people.set(person.id, person)
      if (person.address !== null) this.#entry(person.address.key).ids.add(person.id)
    }
    for (const [key, entry] of this.#byAddress)
      if (!entry.peopleRead) entry.lastSaved = this.lastSavedPersonOf(key)?.id ?? null
    const foreignIds = reading.foreignIds.map(({ foreignId: value, personId }) => ({ value, personId }))
    this.#foreignIds = new LinkTable(foreignIdKey, foreignIds)
    const cookies = reading.cookies.map(({ cookie: value, personId }) => ({ value, personId }))
    this.#cookies = new LinkTable(cookie => cookie, cookies)
    const members = reading.members.map(value => ({ value, personId: value.personId }))
    this.#members = new LinkTable(memberKey, members)
    for (const { fanOut, chunk, last } of reading.fanOuts) {
      this.#fanOuts.set(fanOut.key, fanOut)
      this.#chunks.set(fanOut.key, { ids: chunk, last })
    }
  }

  person(id: PersonId): Person | undefined {
    return this.#people.get(id)
  }

  personByForeignId(foreignId: ForeignId): Person | undefined {
    return this.person(this.#foreignIds.ownerOf(foreignId) ?? nobody)
  }

  personByCookie(cookie: string): Person | undefined {
    return this.person(this.#cookies.ownerOf(cookie) ?? nobody)
  }

  lastSavedPersonOf(key: AddressKey): Person | undefined {
    const { lastSaved } = this.#entry(key)
    // Of a crowd only the last one saved was read. Once it is gone nobody here knows who is next: the error has the
    // batch split, and the next part reads again.
    if (lastSaved !== null && !this.#entry(key).ids.has(lastSaved)) {
      throw new Error('the last saved person of a crowded address left it within this batch')
    }
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
    return this.#members.ownerOf({ listId, personId }) !== undefined
  }

  linksOf(personId: PersonId): PersonLinks {
    return {
      foreignIds: this.#foreignIds.of(personId),
      cookies: this.#cookies.of(personId),
      listIds: this.#members.of(personId).map(({ listId }) => listId),
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

  /** The key under which the status of the address is kept, where it was erased and nobody named it since. */
  erasedAs(key: AddressKey): AddressKey | null {
    return this.#byAddress.get(key)?.erasedAs ?? null
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
        this.#foreignIds.link(effect.foreignId, effect.personId)
        break
      case 'cookie-linked':
        this.#cookies.link(effect.cookie, effect.personId)
        break
      case 'list-joined':
        this.#members.link({ listId: effect.listId, personId: effect.personId }, effect.personId)
        break
      case 'list-left':
        this.#members.unlink({ listId: effect.listId, personId: effect.personId })
        break
      case 'status-changed':
        this.#setStatus(changedStatus(effect, moment))
        this.#endFanOut(effect.key)
        break
      case 'cause-strengthened':
        this.#setStatus(strengthenedStatus(this.status(effect.key), effect, moment))
        break
      case 'resubscribe-refused':
        break
      case 'fan-out-started':
        this.#setFanOut(effect.key, { ...effect, seq: moment.seq, upTo: 0 })
        break
      case 'fan-out-advanced':
        this.#setFanOut(effect.key, effect.done ? null : { ...this.#fanOuts.get(effect.key)!, upTo: effect.upTo })
        break
      case 'address-erased':
        this.#endFanOut(effect.key)
        break
      case 'address-returned':
        this.#return(effect)
        break
      case 'activity':
        if (this.#people.has(effect.personId))
          this.#put({ ...this.#people.get(effect.personId)!, updatedAt: moment.at })
        break
      default:
        effect satisfies never
    }
  }

  /** What has to be written. */
  difference(): Difference {
    const people = [...this.#dirty.people].sort((a, b) => a - b)
    const present = people.map(id => this.#people.get(id)).filter(person => person !== undefined)
    const gone = this.#storedAndDeleted
    const foreignIds = this.#foreignIds.linked(gone)
    const cookies = this.#cookies.linked(gone)
    return {
      deleted: [...gone],
      created: present.filter(person => !this.#isStored(person.id)),
      changed: present.filter(person => this.#isStored(person.id)),
      statuses: [...this.#dirty.addresses].sort().map(key => this.#entry(key)),
      foreignIds: foreignIds.map(({ value: foreignId, personId, isNew }) => ({ foreignId, personId, isNew })),
      cookies: cookies.map(({ value: cookie, personId, isNew }) => ({ cookie, personId, isNew })),
      foreignIdsFreed: this.#foreignIds.freed(gone),
      cookiesFreed: this.#cookies.freed(gone),
      joined: this.#members.linked(gone).flatMap(({ value, isNew }) => (isNew ? [value] : [])),
      left: this.#members.freed(gone),
      fanOuts: [...this.#dirty.fanOuts].map(key => this.#fanOuts.get(key)).filter(fanOut => fanOut !== undefined),
      fanOutsEnded: [...this.#dirty.fanOuts].filter(key => !this.#fanOuts.has(key)),
      returned: this.#returned,
    }
  }

  #isStored(id: PersonId): boolean {
    return this.#stored.has(id) && !this.#storedAndDeleted.has(id)
  }

  #create(person: NewPerson, { seq, at }: Moment): void {
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
    for (const links of [this.#foreignIds, this.#cookies, this.#members]) links.forget(id)
  }

  #setStatus(status: EmailStatus): void {
    this.#entry(status.key).status = status
    this.#dirty.addresses.add(status.key)
  }

  // One key twice: another erasure has come since, and took the name from the log.
  #return({ from, key }: AddressReturned): void {
    if (from === key) return
    const entry = this.#entry(key)
    const kept = this.#byAddress.get(from)
    // A batch has read what was kept as the status of the address; a log that is replayed names both.
    if (kept !== undefined) entry.status = { ...kept.status, key }
    this.#byAddress.delete(from)
    this.#dirty.addresses.delete(from)
    entry.erasedAs = null
    this.#dirty.addresses.add(key)
    this.#returned.push({ from, key })
  }

  #endFanOut(key: AddressKey): void {
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

  #entry(key: AddressKey): AddressEntry {
    const entry = this.#byAddress.get(key)
    if (entry === undefined) throw new Error('a rule looked at an address that was not locked for this batch')
    return entry
  }
}
