// What goes into a working set and what comes out of it: the rows that a batch reads, and the rows that it makes of
// them. The words between the rules and a store.

import type { AddressKey } from './address.js'
import type { EmailStatus, FanOut, ForeignId, Person, PersonId } from './person.js'

export interface Membership {
  readonly listId: number
  readonly personId: PersonId
}

/** What was read, as the store gives it. An address that is not listed here may not be asked about. */
export interface Reading {
  readonly statuses: readonly {
    readonly status: EmailStatus
    readonly people: number
    readonly peopleRead: boolean
    /** The address was erased, and its status is kept under this key until somebody names it again. */
    readonly erasedAs?: AddressKey | undefined
  }[]
  readonly people: readonly Person[]
  readonly foreignIds: readonly { readonly foreignId: ForeignId; readonly personId: PersonId }[]
  readonly cookies: readonly { readonly cookie: string; readonly personId: PersonId }[]
  /** Of the lists and people that were asked for, who is on which. */
  readonly members: readonly Membership[]
  readonly fanOuts: readonly { readonly fanOut: FanOut; readonly chunk: readonly PersonId[]; readonly last: boolean }[]
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
  /** What was kept of an erased address goes to its name. Comes after the histories of the batch. */
  readonly returned: readonly { readonly from: AddressKey; readonly key: AddressKey }[]
}
