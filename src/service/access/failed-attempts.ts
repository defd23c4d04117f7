// Slows down whoever guesses keys: a failed attempt is answered late, the later the more of them came from one place or
// for one credential, and only so many may be waiting for that answer. It never locks anybody out: who has proved
// itself from a place a while ago is let through there whatever others do.

import { setTimeout as delay } from 'node:timers/promises'

/** Who tries: from where, and as whom. `claim` is the user id, or a hash of the key that was shown. */
export interface Attempt {
  readonly place: string
  readonly claim: string
}

export interface FailedAttemptsOptions {
  readonly now: () => number
  /** Resolves after so many milliseconds. */
  readonly wait?: (ms: number) => Promise<unknown>
}

// A typing error, or a client with a wrong key that is being set up, is answered at once.
const freeFailures = 5
const firstDelayMs = 100
// Below the time-outs of clients, which would take a longer silence for a server that is down and try again.
const delayMsMax = 3_000
// Of what was counted, half is forgotten after each of these.
const halfLifeMs = 60_000
// Together with the delay: about ten guesses a second from one place, and twenty for one credential.
const waitingOfPlaceMax = 32
const waitingOfClaimMax = 64
const provenForMs = 3_600_000
// Strangers choose the names; past these the oldest are forgotten.
const countedMax = 10_000
const provenMax = 10_000

interface Count {
  failures: number
  waiting: number
  at: number
}

export class FailedAttempts {
  readonly #now: () => number
  readonly #wait: (ms: number) => Promise<unknown>
  readonly #places = new Map<string, Count>()
  readonly #claims = new Map<string, Count>()
  readonly #proven = new Map<string, number>()

  constructor({ now, wait = ms => delay(ms, undefined, { ref: false }) }: FailedAttemptsOptions) {
    this.#now = now
    this.#wait = wait
  }

  /** Whether an attempt is looked at; if not, the caller is to be told to try later. */
  admits({ place, claim }: Attempt): boolean {
    const isCrowded =
      (this.#places.get(place)?.waiting ?? 0) >= waitingOfPlaceMax ||
      (this.#claims.get(claim)?.waiting ?? 0) >= waitingOfClaimMax
    return !isCrowded || this.#isProven(place, claim)
  }

  /** Resolves when the failure may be told. */
  async failed({ place, claim }: Attempt): Promise<void> {
    const counts = [this.#count(this.#places, place), this.#count(this.#claims, claim)]
    const delayMs = Math.max(...counts.map(({ failures }) => delayFor(failures)))
    if (delayMs === 0) return
    for (const count of counts) count.waiting++
    await this.#wait(delayMs)
    for (const count of counts) count.waiting--
  }

  succeeded({ place, claim }: Attempt): void {
    const pair = pairOf(place, claim)
    // The newest stands last, so that the first to be forgotten is the one that was not heard of for longest.
    this.#proven.delete(pair)
    makeRoom(this.#proven, provenMax)
    this.#proven.set(pair, this.#now())
  }

  #isProven(place: string, claim: string): boolean {
    return (this.#proven.get(pairOf(place, claim)) ?? Number.NEGATIVE_INFINITY) > this.#now() - provenForMs
  }

  #count(counts: Map<string, Count>, name: string): Count {
    const now = this.#now()
    const count = counts.get(name) ?? { failures: 0, waiting: 0, at: now }
    count.failures = count.failures * 0.5 ** ((now - count.at) / halfLifeMs) + 1
    count.at = now
    counts.delete(name)
    makeRoom(counts, countedMax)
    counts.set(name, count)
    return count
  }
}

const pairOf = (place: string, claim: string): string => `${place}\u0000${claim}`

function delayFor(failures: number): number {
  if (failures <= freeFailures) return 0
  return Math.min(firstDelayMs * 2 ** (Math.ceil(failures) - freeFailures - 1), delayMsMax)
}

function makeRoom(map: Map<string, unknown>, max: number): void {
  if (map.size < max) return
  const [oldest] = map.keys()
  map.delete(oldest!)
}
