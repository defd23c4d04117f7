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
  /** Of the standing cause, as in NaiveWho. */
  weight: number
}

/** Who says it. */
export interface NaiveWho {
  /** 1: an import, 2: an operator, 3: the recipient. */
  readonly weight: 1 | 2 | 3
  /** What an admin brings along to end an opt-out: nothing, that it was a mistake, or that the recipient wishes it. */
  readonly proof: 'none' | 'mistake' | 'wish'
}

export interface NaiveSave {
  readonly type: 'save'
  /** Null: by the address. */
  readonly id: number | null
  readonly address: string | null | undefined
  readonly flag: boolean | undefined
  readonly flagMode: 'ignore' | 'suppress' | 'correct'
  readonly city: string | null | undefined
  readonly mode: 'upsert' | 'update' | 'duplicate'
}

export type NaiveCommand = { readonly who: NaiveWho } & (
  | NaiveSave
  | { readonly type: 'delete'; readonly id: number }
  | { readonly type: 'set'; readonly address: string; readonly out: boolean }
  | { readonly type: 'merge'; readonly winner: number; readonly losers: readonly number[] }
)

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
    for (const address of addresses) this.statuses.set(address.toLowerCase(), { out: false, version: 0, weight: 2 })
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
    return { statuses, people, toJSON: () => [[...statuses].map(([key, { out }]) => [key, out]), people] }
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
    const { who } = command
    if (command.type === 'set') return this.#set(command.address, command.out, policy, who) ? 'set' : 'rejected'
    if (command.type === 'delete') {
      const isThere = this.people.some(({ id }) => id === command.id)
      this.people = this.people.filter(({ id }) => id !== command.id)
      return isThere ? 'deleted' : 'rejected'
    }
    if (command.type === 'merge') return this.#merge([command.winner, ...command.losers], who) ? 'merged' : 'rejected'
    const person = command.mode === 'duplicate' ? undefined : find(this.people, command)
    // R11.
    const isLeftOut = command.flagMode === 'ignore' || (command.flagMode === 'suppress' && command.flag === false)
    const save = isLeftOut ? { ...command, flag: undefined } : command
    if (person !== undefined) return this.#update(person, save, policy, who) ? 'updated' : 'rejected'
    if (command.id !== null || command.mode === 'update') return 'rejected'
    const answer = this.#create(save, freshId, who)
    return save.flag === command.flag ? answer : 'created-with-warning'
  }

  #create({ address, flag, city }: NaiveSave, id: number, who: NaiveWho): NaiveAnswer {
    const status = this.statusOf(address!)
    const isOverruled = status.out && flag === false
    this.people.push({ id, address: address!, own: false, city: city ?? null, savedAt: -1 })
    if (flag === true) this.#optOut(status, who.weight)
    return isOverruled ? 'created-with-warning' : 'created'
  }

  #update(person: NaivePerson, { address, flag, city }: NaiveSave, policy: NaivePolicy, who: NaiveWho): boolean {
    const showed = this.shows(person)
    const old = person.address
    if (flag === false && policy.guarded && !this.#mayLift(person, address, policy, who)) return false
    const before = old === null ? who.weight : this.statusOf(old).weight
    const weight = flag === true ? Math.max(before, who.weight) : before
    if (city !== undefined) person.city = city
    if (address !== undefined) person.address = address
    if (address === null) person.own = showed
    if (person.address !== null) {
      // The first address after none takes the own opt-out over; from one address to the next only the policy does.
      const isElsewhere = old?.toLowerCase() !== person.address.toLowerCase()
      const takesItAlong = isElsewhere && showed && flag !== false && (old === null || policy.carryOver)
      if (takesItAlong && !this.statusOf(person.address).out) this.#optOut(this.statusOf(person.address), weight)
      person.own = false
    }
    if (flag === undefined) return true
    if (person.address !== null) return this.#set(person.address, flag, { guarded: false, carryOver: false }, who)
    person.own = flag
    return true
  }

  // R9. The first of the ids is the winner.
  #merge(ids: readonly number[], who: NaiveWho): boolean {
    const all = ids.flatMap(id => this.people.filter(person => person.id === id))
    if (all.length < Math.max(ids.length, 2) || new Set(ids).size < ids.length) return false
    const winner = all[0]!
    const anOptOutWithoutAddress = all.some(({ address, own }) => address === null && own)
    winner.city = all.map(({ city }) => city).find(city => city !== null) ?? null
    winner.address = all.map(({ address }) => address).find(address => address !== null) ?? null
    winner.own = winner.address === null && anOptOutWithoutAddress
    // Nobody knows any more whose word it was; it makes no standing cause stronger.
    if (winner.address !== null && anOptOutWithoutAddress && !this.statusOf(winner.address).out)
      this.#optOut(this.statusOf(winner.address), who.weight)
    this.people = this.people.filter(person => person === winner || !ids.includes(person.id))
    return true
  }

  // Saying false ends an opt-out: of the address, of somebody without one, or one that would have come along.
  #mayLift(person: NaivePerson, address: string | null | undefined, policy: NaivePolicy, who: NaiveWho): boolean {
    const after = address === undefined ? person.address : address
    const own = person.address === null ? 2 : this.statusOf(person.address).weight
    if (after === null) return !this.shows(person) || suffices(who, own)
    const isElsewhere = person.address?.toLowerCase() !== after.toLowerCase()
    const comesAlong = isElsewhere && this.shows(person) && (person.address === null || policy.carryOver)
    const there = this.statusOf(after)
    return (!there.out || suffices(who, there.weight)) && (!comesAlong || suffices(who, own))
  }

  #set(address: string, out: boolean, policy: NaivePolicy, who: NaiveWho): boolean {
    const status = this.statusOf(address)
    if (out) this.#optOut(status, who.weight)
    if (out || !status.out) return true
    if (policy.guarded && !suffices(who, status.weight)) return false
    status.out = false
    status.version++
    return true
  }

  // R1, and R6 unless the new word weighs more than the standing one.
  #optOut(status: NaiveStatus, weight: number): void {
    if (status.out && weight <= status.weight) return
    status.out = true
    status.version++
    status.weight = weight
  }
}

const suffices = ({ proof }: NaiveWho, weight: number): boolean =>
  proof === 'wish' || (proof === 'mistake' && weight < 3)

function find(people: readonly NaivePerson[], { id, address }: NaiveSave): NaivePerson | undefined {
  if (id !== null) return people.find(person => person.id === id)
  const there = people.filter(person => person.address?.toLowerCase() === address!.toLowerCase())
  return there.sort((a, b) => b.savedAt - a.savedAt || b.id - a.id)[0]
}
