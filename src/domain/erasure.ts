// The words of an erasure: an address whose people are gone for good, while its status goes on under a keyed hash. It
// knows how what is left is written; who may erase and how a log is rewritten is decided elsewhere.

import type { AddressKey } from './address.js'

/** What takes the place of an address in a text. */
export const erasedText = '(erased)'

const prefix = 'erased:'

/** Under which key the status of an erased address goes on. No caller can say it: every address has an @. */
export function erasedKey(hash: string): AddressKey {
  return `${prefix}${hash}` as AddressKey
}

export function isErasedKey(key: string): boolean {
  return key.startsWith(prefix) && !key.includes('@')
}

/** The address as readers may see it: null where it was erased. */
export function shownKey(key: AddressKey): string | null {
  return isErasedKey(key) ? null : key
}

/** Carried out apart from the commands of callers: it is alone in its transaction, and rewrites the log behind it. */
export interface EraseAddress {
  readonly type: 'erase-address'
  /** The erased one. */
  readonly key: AddressKey
}

/** The outcome: how much of what was erased. */
export interface Erased {
  readonly type: 'erased'
  /** Whether a status is kept that an admin or a recipient once set, and which. Version 0: none is. */
  readonly kept: { readonly status: 'subscribed' | 'unsubscribed'; readonly version: number }
  readonly counts: ErasedCounts
}

export interface ErasedCounts {
  readonly people: number
  readonly statusVersions: number
  readonly activities: number
  readonly logEntries: number
  readonly refusals: number
  readonly blockedAttempts: number
  readonly jobReports: number
}

/** Ends what is still being told about the address. Its people are deleted by effects of their own. */
export interface AddressErased {
  readonly type: 'address-erased'
  readonly key: AddressKey
}

/** Somebody named an erased address again: what was kept of it is from now on under its name. */
export interface AddressReturned {
  readonly type: 'address-returned'
  readonly from: AddressKey
  readonly key: AddressKey
}
