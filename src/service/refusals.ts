// The record of re-subscribes that a guarded policy refused, as admins read it.

import type { AddressKey } from '../domain/address.js'
import type { Role } from '../domain/command.js'
import type { PersonId } from '../domain/person.js'
import type { GuardItem } from '../domain/resubscribe.js'

/** Somebody was not allowed to end an opt-out. */
export interface RefusalRecord {
  readonly seq: number
  readonly at: number
  readonly actor: string
  readonly role: Role
  readonly source: string
  readonly key: AddressKey | null
  readonly personId: PersonId | null
  readonly missing: readonly GuardItem[]
  /** What was stated, null where nothing was. */
  readonly reason: string | null
  readonly evidence: string | null
}

export interface RefusalStore {
  /** In the order of the log, those behind `after`; `key`: only those about this address. */
  refusals(page: {
    readonly after: number
    readonly limit: number
    readonly key?: AddressKey | undefined
  }): Promise<readonly RefusalRecord[]>
}
