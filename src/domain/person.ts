// What the rules know about people and about the status of addresses. Nothing here is copied from anywhere: a person
// that has an address has no flag of its own, its flag is read through the status of the address, always.

import type { Address, AddressKey } from './address.js'
import type { Origin } from './origin.js'

/** A person's id: 1 to 2147483647, so that it fits the xs:int of the oldest callers. */
export type PersonId = number
export const personIdMax = 2147483647

export interface Person {
  readonly id: PersonId
  readonly address: Address | null
  /** Log position of the command that gave the person its present address (or lack of one). */
  readonly addressSeq: number
  /** R5: counts only while the person has no address. */
  readonly ownUnsubscribed: boolean
  readonly partition: string
  /** Attribute values by field name, as sent. A cleared field has no entry. */
  readonly fields: Readonly<Record<string, string>>
  /** Milliseconds since the epoch: made, last saved by a command on this person, last touched by anything. */
  readonly createdAt: number
  readonly savedAt: number
  readonly updatedAt: number
}

export type Status = 'subscribed' | 'unsubscribed'

/** The status of an address: its only home. Version 0 means that nobody ever set it. */
export interface EmailStatus {
  readonly key: AddressKey
  readonly status: Status
  readonly version: number
  readonly since: number | null
  readonly reason: string | null
  readonly source: string | null
  readonly actor: string | null
  readonly evidence: string | null
  /** Whose word it is; null where nobody ever set it, or before origins were kept. */
  readonly origin: Origin | null
  /** Log position of the command that set it, 0 if none did. */
  readonly seq: number
}

/** An identifier that another system gave to a person; unique within its system. */
export interface ForeignId {
  readonly system: string
  readonly value: string
}

/** A named list that people are put on by hand. The list itself is not the log's; who is on it is. */
export interface StaticList {
  readonly id: number
  readonly name: string
}

/** Everything by which others know a person. */
export interface PersonLinks {
  readonly foreignIds: readonly ForeignId[]
  readonly cookies: readonly string[]
  readonly listIds: readonly number[]
}

/** Unfinished history of one status change on an address that too many people share to finish it at once. */
export interface FanOut {
  readonly key: AddressKey
  readonly version: number
  /** Log position of the change: people that came to the address later have nothing to be told. */
  readonly seq: number
  readonly to: Status
  /** The person whose own history was written with the change itself. */
  readonly except: PersonId | null
  /** People up to this id are done. */
  readonly upTo: PersonId
}

export function untouchedStatus(key: AddressKey): EmailStatus {
  return {
    key,
    status: 'subscribed',
    version: 0,
    since: null,
    reason: null,
    source: null,
    actor: null,
    evidence: null,
    origin: null,
    seq: 0,
  }
}
