// The facts that commands make true. They alone change the store, and the log keeps them; none of them says why it
// came to be, that is for the rules.

import type { Address, AddressKey } from './address.js'
import type { AddressErased, AddressReturned } from './erasure.js'
import type { Origin } from './origin.js'
import type { ForeignId, Person, PersonId, Status } from './person.js'
import type { GuardItem } from './resubscribe.js'

export type ActivityKind =
  | 'person-created'
  | 'person-deleted'
  | 'value-changed'
  | 'people-merged'
  | 'list-joined'
  | 'list-left'

export interface Activity {
  readonly type: 'activity'
  readonly personId: PersonId
  readonly kind: ActivityKind
  /** Field name for `value-changed`, name of the list for the two of lists. */
  readonly attribute: string | null
  /** The value before, or the ids of the losers for `people-merged`. */
  readonly from: string | null
  readonly to: string | null
  readonly reason: string
  readonly source: string
  /** Version of the status that a change of the flag followed from. */
  readonly statusVersion: number | null
}

export type Effect =
  | AddressErased
  | AddressReturned
  | { readonly type: 'person-created'; readonly person: NewPerson }
  | {
      readonly type: 'person-changed'
      readonly id: PersonId
      readonly address?: Address | null
      readonly ownUnsubscribed?: boolean
      readonly fields?: Readonly<Record<string, string | null>>
    }
  | { readonly type: 'person-deleted'; readonly id: PersonId }
  /** `from`: who had it until then, where somebody had. */
  | {
      readonly type: 'foreign-id-linked'
      readonly foreignId: ForeignId
      readonly personId: PersonId
      readonly from?: PersonId
    }
  | {
      readonly type: 'cookie-linked'
      readonly cookie: string
      readonly personId: PersonId
      readonly from?: PersonId
    }
  | { readonly type: 'list-joined'; readonly listId: number; readonly personId: PersonId }
  | { readonly type: 'list-left'; readonly listId: number; readonly personId: PersonId }
  | {
      readonly type: 'status-changed'
      readonly key: AddressKey
      readonly to: Status
      readonly version: number
      readonly reason: string
      readonly evidence: string | null
      /** Where it is not the time of the change. */
      readonly since?: number
      /** Absent in entries from before origins were kept. */
      readonly origin?: Origin
    }
  /** The status stays; its cause is from now on a stronger one. */
  | {
      readonly type: 'cause-strengthened'
      readonly key: AddressKey
      readonly version: number
      readonly reason: string
      readonly evidence: string | null
      readonly origin: Origin
    }
  /** Somebody was not allowed to end an opt-out. */
  | {
      readonly type: 'resubscribe-refused'
      readonly key: AddressKey | null
      readonly personId: PersonId | null
      readonly missing: readonly GuardItem[]
    }
  | {
      readonly type: 'fan-out-started'
      readonly key: AddressKey
      readonly version: number
      readonly to: Status
      readonly except: PersonId | null
    }
  | {
      readonly type: 'fan-out-advanced'
      readonly key: AddressKey
      readonly version: number
      readonly upTo: PersonId
      readonly done: boolean
    }
  | Activity

/** A person as it is made: what depends on the log position and the clock is added when it happens. */
export type NewPerson = Pick<Person, 'id' | 'address' | 'ownUnsubscribed' | 'partition' | 'fields'>
