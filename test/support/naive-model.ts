// The rules again, as plainly as they can be told: a table of addresses and a list of people, one command after the
// other, no effects, no history. Written from the table of rules and not from the program, to be compared with it.

export interface NaivePerson {
  readonly id: number
  /** As written; its key is the small letters. */
  address: string | null
  own: boolean
  city: string | null
  savedAt: number
}

export interface NaiveStatus {
  out: boolean
  version: number
}

export interface NaiveSave {
  readonly type: 'save'
  /** Null: by the address. */
  readonly id: number | null
  readonly address: string | null | undefined
  readonly flag: boolean | undefined
  readonly city: string | null | undefined
  readonly mode: 'upsert' | 'update' | 'duplicate'
}

export type NaiveCommand =
  | NaiveSave
  | { readonly type: 'delete'; readonly id: number }
  | { readonly type: 'set'; readonly address: string; readonly out: boolean }
  | { readonly type: 'merge'; readonly winner: number; readonly losers: readonly number[] }

export interface NaivePolicy {
  readonly guarded: boolean
  readonly carryOver: boolean
}

export type NaiveAnswer =
  | 'created'
  | 'created-with-warning'
  | 'updated'
  | 'deleted'
  | 'set'
  | 'merged'
  | 'rejected'
  | 'not-repeated'

export class NaiveModel {
  statuses = new Map<string, NaiveStatus>()
  people: NaivePerson[] = []

  constructor(addresses: readonly string[]) {
    for (const address of addresses) this.statuses.set(address.toLowerCase(), { out: false, version: 0 })
  }

  statusOf(address: string): NaiveStatus {
    return this.statuses.get(address.toLowerCase())!
  }

  shows(person: NaivePerson): boolean {
    return person.address === null ? person.own : this.statusOf(person.address).out
  }

  countAt(key: string): number {
    return this.people.filter(person => person.address?.toLowerCase() === key).length
  }

  /** `isRepeat`: the same bytes were answered before (R13). */
  carryOut(command: NaiveCommand, policy: NaivePolicy, isRepeat: boolean, freshId: number, now: number): NaiveAnswer {
    const before = this.#copy()
    const answer = this.#apply(command, policy, freshId)
    const liftsAStatus = [...before.statuses].some(([key, { out }]) => out && !this.statuses.get(key)!.out)
    const isOut = ({ address, own }: NaivePerson): boolean => address === null && own
    const isIn = ({ address, own }: NaivePerson): boolean => address === null && !own
    const liftsAnOwnOne = before.people.filter(isOut).some(({ id }) => this.people.filter(isIn).some(p => p.id === id))
    const undoesAnOptOut = liftsAStatus || liftsAnOwnOne
    if (answer === 'rejected' || (isRepeat && undoesAnOptOut)) {
      this.statuses = before.statuses
      this.people = before.people
      return answer === 'rejected' ? answer : 'not-repeated'
    }
    const saved = this.#savedBy(command, before.people, freshId)
    // R6: what is so already leaves no trace.
    if (saved !== undefined && JSON.stringify(before) !== JSON.stringify(this.#copy())) {
      this.people.find(({ id }) => id === saved)!.savedAt = now
    }
    return answer
  }

  #copy(): { statuses: Map<string, NaiveStatus>; people: NaivePerson[]; toJSON(): unknown } {
    const statuses = new Map([...this.statuses].map(([key, status]) => [key, { ...status }]))
    const people = this.people.map(person => ({ ...person }))
    return { statuses, people, toJSON: () => [[...statuses], people] }
  }

  #savedBy(command: NaiveCommand, before: readonly NaivePerson[], freshId: number): number | undefined {
    if (command.type === 'merge') return command.winner
    return command.type === 'save' ? this.#target(before, command, freshId) : undefined
  }

  // Whom a save is about, among the people before it.
  #target(people: readonly NaivePerson[], command: NaiveSave, freshId: number): number {
    return (command.mode === 'duplicate' ? undefined : find(people, command))?.id ?? freshId
  }

  #apply(command: NaiveCommand, policy: NaivePolicy, freshId: number): NaiveAnswer {
    if (command.type === 'set') return this.#set(command.address, command.out, policy) ? 'set' : 'rejected'
    if (command.type === 'delete') {
      const isThere = this.people.some(({ id }) => id === command.id)
      this.people = this.people.filter(({ id }) => id !== command.id)
      return isThere ? 'deleted' : 'rejected'
    }
    if (command.type === 'merge') return this.#merge([command.winner, ...command.losers]) ? 'merged' : 'rejected'
    const person = command.mode === 'duplicate' ? undefined : find(this.people, command)
    if (person !== undefined) return this.#update(person, command, policy) ? 'updated' : 'rejected'
    if (command.id !== null || command.mode === 'update') return 'rejected'
    return this.#create(command, freshId)
  }

  #create({ address, flag, city }: NaiveSave, id: number): NaiveAnswer {
    const status = this.statusOf(address!)
    const isOverruled = status.out && flag === false
    this.people.push({ id, address: address!, own: false, city: city ?? null, savedAt: -1 })
    if (flag === true && !status.out) this.#turn(status, true)
    return isOverruled ? 'created-with-warning' : 'created'
  }

  #update(person: NaivePerson, { address, flag, city }: NaiveSave, policy: NaivePolicy): boolean {
    const showed = this.shows(person)
    const old = person.address
    if (flag === false && policy.guarded && this.#wouldLift(person, address, policy)) return false
    if (city !== undefined) person.city = city
    if (address !== undefined) person.address = address
    if (address === null) person.own = showed
    if (person.address !== null) {
      // The first address after none takes the own opt-out over; from one address to the next only the policy does.
      const isElsewhere = old?.toLowerCase() !== person.address.toLowerCase()
      const takesItAlong = isElsewhere && showed && flag !== false && (old === null || policy.carryOver)
      if (takesItAlong && !this.statusOf(person.address).out) this.#turn(this.statusOf(person.address), true)
      person.own = false
    }
    if (flag === undefined) return true
    if (person.address !== null) return this.#set(person.address, flag, policy)
    person.own = flag
    return true
  }

  // R9. The first of the ids is the winner.
  #merge(ids: readonly number[]): boolean {
    const all = ids.flatMap(id => this.people.filter(person => person.id === id))
    if (all.length < Math.max(ids.length, 2) || new Set(ids).size < ids.length) return false
    const winner = all[0]!
    const anOptOutWithoutAddress = all.some(({ address, own }) => address === null && own)
    winner.city = all.map(({ city }) => city).find(city => city !== null) ?? null
    winner.address = all.map(({ address }) => address).find(address => address !== null) ?? null
    winner.own = winner.address === null && anOptOutWithoutAddress
    if (winner.address !== null && anOptOutWithoutAddress)
      this.#set(winner.address, true, { guarded: true, carryOver: false })
    this.people = this.people.filter(person => person === winner || !ids.includes(person.id))
    return true
  }

  // Saying false ends an opt-out: of the address, of somebody without one, or one that would have come along.
  #wouldLift(person: NaivePerson, address: string | null | undefined, policy: NaivePolicy): boolean {
    const after = address === undefined ? person.address : address
    if (after === null) return this.shows(person)
    const isElsewhere = person.address?.toLowerCase() !== after.toLowerCase()
    const comesAlong = isElsewhere && this.shows(person) && (person.address === null || policy.carryOver)
    return this.statusOf(after).out || comesAlong
  }

  #set(address: string, out: boolean, policy: NaivePolicy): boolean {
    const status = this.statusOf(address)
    if (status.out === out) return true
    if (!out && policy.guarded) return false
    this.#turn(status, out)
    return true
  }

  #turn(status: NaiveStatus, out: boolean): void {
    status.out = out
    status.version++
  }
}

function find(people: readonly NaivePerson[], { id, address }: NaiveSave): NaivePerson | undefined {
  if (id !== null) return people.find(person => person.id === id)
  const there = people.filter(person => person.address?.toLowerCase() === address!.toLowerCase())
  return there.sort((a, b) => b.savedAt - a.savedAt || b.id - a.id)[0]
}
