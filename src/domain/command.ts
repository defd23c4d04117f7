// What can be asked for, what is answered, and what then happens. Terms:
//   command    something a caller wants done; it is decided once, at one place in the order of the log
//   situation  the people and statuses that the command can see
//   outcome    the answer to a command that was carried out; a *rejection* is the answer to one that was not
//   effect     one fact that became true; effects alone change the store, and the log keeps them
//   cause      who asked, through which face, and why

import type { Address, AddressKey } from './address.js'
import type { Effect } from './effect.js'
import type { Erased } from './erasure.js'
import type { Origin } from './origin.js'
import type { EmailStatus, FanOut, ForeignId, Person, PersonId, PersonLinks, StaticList, Status } from './person.js'
import type { GuardItem, ResubscribeReason } from './resubscribe.js'

export type { Activity, ActivityKind, Effect, NewPerson } from './effect.js'

/** How a person is meant: the first of id, foreign id, cookie and address that is given identifies. */
export interface Identity {
  readonly id?: PersonId | undefined
  readonly foreignId?: ForeignId | undefined
  readonly cookie?: string | undefined
  readonly address?: Address | undefined
  /** The cookie does not identify, it is taken away from whoever has it. */
  readonly moveCookie?: boolean | undefined
}

export interface SavePerson {
  readonly type: 'save-person'
  readonly identity: Identity
  /** Absent: not mentioned. Null: cleared. */
  readonly address?: Address | null | undefined
  /** Absent: not mentioned. */
  readonly unsubscribed?: boolean | undefined
  /** R11. What is said about the flag counts not at all, to opt out only, or both ways (also where this is absent). */
  readonly flagMode?: 'ignore' | 'suppress' | 'correct' | undefined
  /** Null clears a field; a field that is not mentioned stays. */
  readonly fields: Readonly<Record<string, string | null>>
  /** `duplicate` creates always; `update` never creates. */
  readonly mode: 'upsert' | 'update' | 'duplicate'
  /** What becomes of a person that is named by an address which several have. Absent: the one saved last is meant. */
  readonly whenSeveral?: 'last-saved' | 'refuse' | undefined
  /** The person as the caller saw it last: where it moved on since, nothing is changed. */
  readonly expected?: SeenPerson | undefined
  /** A person without any other identifier may be made under its id: files of people bring such along. */
  readonly makesById?: boolean | undefined
  /** Where a new person is put. */
  readonly partition?: string | undefined
  /** A person that is found by anything but its address must be here (legacy-soap-contract 3.5, workspaces). */
  readonly requiredPartition?: string | undefined
}

export interface DeletePerson {
  readonly type: 'delete-person'
  readonly id: PersonId
  readonly expected?: SeenPerson | undefined
}

/** What tells one state of a person from another: when it was touched last, and the version of its address's status
 * (0 without an address), which may change without touching a person at once. */
export interface SeenPerson {
  readonly updatedAt: number
  readonly statusVersion: number
}

export interface SetSubscription {
  readonly type: 'set-subscription'
  readonly address: Address
  readonly status: Status
  /** The version that the caller saw last: where the status moved on since, it is not changed. */
  readonly expectedVersion?: number
  /** Since when it has been so, where an older list knows: milliseconds since the epoch. Never in the future. */
  readonly since?: number
}

export interface ContinueFanOut {
  readonly type: 'continue-fan-out'
  readonly key: AddressKey
  readonly version: number
  /** How many people this step tells; as many as a step may where nobody says. */
  readonly people?: number
}

/** R9: the losers go into the winner and are gone. Where both say something, the winner's word stands. */
export interface MergePeople {
  readonly type: 'merge-people'
  readonly winner: PersonId
  /** In the order in which they are asked for what the winner lacks. */
  readonly losers: readonly PersonId[]
}

/** Puts people onto a static list, or takes them off. */
export interface ChangeList {
  readonly type: 'change-list'
  readonly list: StaticList
  readonly people: readonly PersonId[]
  readonly isMember: boolean
  /** All of them or none. */
  readonly strict: boolean
}

export type Command = SavePerson | DeletePerson | SetSubscription | ContinueFanOut | MergePeople | ChangeList

export type Role = 'reader' | 'writer' | 'admin'

export interface Cause {
  /** Name of the credential. */
  readonly actor: string
  readonly role: Role
  /** The face or part of the system that the command came through: 'SOAP API', 'JSON API' ... */
  readonly source: string
  readonly reason: string
  /** True where the caller stated the reason itself, false where it is the default of the face. */
  readonly reasonGiven: boolean
  /** What proves that a re-subscribe was asked for: free text or a reference. */
  readonly evidence: string | null
  /** Whose word it is. Absent: `operator`. */
  readonly origin?: Origin | undefined
  /** The job that the command is a part of, by which all of it can be found again. */
  readonly job?: number
}

export interface Policy {
  /** R2. `compatible`: as the old service did. `guarded`: admin role, stated reason and evidence. */
  readonly resubscribe: 'compatible' | 'guarded'
  /** R3. `reset`: the new address decides. `carry-over`: an opt-out follows the person to its new address. */
  readonly addressChange: 'reset' | 'carry-over'
}

export type Warning =
  /** R8: the person was created with unsubscribed = false, but its address has opted out. */
  | { readonly type: 'opt-out-stands'; readonly key: AddressKey }
  /** A value was given for a field that callers may not write. */
  | { readonly type: 'read-only-field'; readonly field: string }
  /** R11: the flag was mentioned by a caller that may not change it. */
  | { readonly type: 'flag-ignored' }

export type Outcome =
  | { readonly type: 'created'; readonly personId: PersonId; readonly warnings: readonly Warning[] }
  | { readonly type: 'updated'; readonly personId: PersonId; readonly warnings: readonly Warning[] }
  | { readonly type: 'deleted'; readonly personId: PersonId }
  | { readonly type: 'status-set'; readonly key: AddressKey; readonly status: Status; readonly version: number }
  | { readonly type: 'fan-out-continued'; readonly done: boolean }
  | { readonly type: 'merged'; readonly personId: PersonId; readonly losers: readonly PersonId[] }
  /** `failed`: who is not there, or was not on the list to be left. Strict: with any of them, none changed. */
  | { readonly type: 'list-changed'; readonly listId: number; readonly failed: readonly PersonId[] }
  /** Nothing was done, and that is on record. */
  | { readonly type: 'refused'; readonly rejection: Rejection }
  | Erased
  /** R13: nothing was done; this is what the first of the identical calls was answered. */
  | { readonly type: 'not-repeated'; readonly first: Outcome }

export type Rejection =
  | { readonly type: 'identity-required' }
  | {
      readonly type: 'person-not-found'
      readonly by: 'id' | 'foreign-id' | 'cookie' | 'address'
      readonly value: string
    }
  /** Key: null where it is the own opt-out of a person without an address. */
  | {
      readonly type: 'resubscribe-refused'
      readonly key: AddressKey | null
      /** Null where it is the status of the address alone. */
      readonly personId: PersonId | null
      readonly missing: readonly GuardItem[]
      /** Names of the reasons that would do. */
      readonly reasons: readonly string[]
    }
  | {
      readonly type: 'version-moved'
      readonly key: AddressKey
      readonly expected: number
      readonly actual: number
    }
  | { readonly type: 'person-moved'; readonly personId: PersonId; readonly actual: SeenPerson }
  /** The address names several people, and the command wanted one. `count`: null where they are too many to count. */
  | { readonly type: 'several-people'; readonly address: string; readonly count: number | null }
  | {
      readonly type: 'other-partition'
      readonly personId: PersonId
      readonly partition: string
      readonly required: string
    }
  /** A merge needs a winner and at least one loser, all of them different people. */
  | { readonly type: 'nothing-to-merge' }

/** Reasons that the system itself gives; admins know them from the old activity log. */
export const fanOutReason = 'updateLeadEmailStatus'
export const resetReason = 'resetLeadEmailStatus'

/** What surrounds a command. */
export interface Facts {
  readonly cause: Cause
  readonly policy: Policy
  /** The id that a new person takes, where the command names none. */
  readonly freshPersonId: PersonId
  /** What a byte-identical earlier call was answered, where there was one (R13). */
  readonly answeredBefore: Outcome | null
  /** What admins allow as reasons for ending an opt-out, where the policy asks for one. */
  readonly resubscribeReasons: readonly ResubscribeReason[]
}

export type Decision =
  | { readonly type: 'carried-out'; readonly outcome: Outcome; readonly effects: readonly Effect[] }
  | { readonly type: 'rejected'; readonly rejection: Rejection }

/** What the rules may look at. */
export interface Situation {
  person(id: PersonId): Person | undefined
  personByForeignId(foreignId: ForeignId): Person | undefined
  personByCookie(cookie: string): Person | undefined
  /** Of the people that have the address, the one that a command saved last. */
  lastSavedPersonOf(key: AddressKey): Person | undefined
  status(key: AddressKey): Pick<EmailStatus, 'status' | 'version' | 'reason' | 'origin'>
  /** Everybody that has the address; undefined where they are too many to be told at once. */
  peopleOf(key: AddressKey): readonly Person[] | undefined
  isMember(listId: number, personId: PersonId): boolean
  /** All that names the person elsewhere, for a command that asked for it (a merge). */
  linksOf(personId: PersonId): PersonLinks
  fanOut(key: AddressKey): FanOut | undefined
  /** The next people that a fan-out has to tell, by id; `last` where nobody comes after them. */
  fanOutChunk(key: AddressKey): { readonly people: readonly Person[]; readonly last: boolean } | undefined
}
