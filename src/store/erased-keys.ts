// Where the statuses of erased addresses are found: under a keyed hash, until somebody names the address again. As long
// as nothing was ever erased, nobody pays for it.

import type { AddressKey } from '../domain/address.js'
import { erasedKey } from '../domain/erasure.js'

/** Gives the rows of a statement on the connection of whoever asks. */
type Ask = (sql: string) => Promise<readonly unknown[]>

// Keys of erased addresses, and perhaps an odd address: then hashes are made for nothing, no more.
const anyErased =
  "select 1 as found from email_status where address_key >= 'erased:' and address_key < 'erased;' limit 1"

export class ErasedKeys {
  #hash: ((key: AddressKey) => string) | null = null
  #isAny = false

  /** The store's key for hashes lies in the store, so that it is known only once that is open. */
  hashBy(hash: (key: AddressKey) => string): void {
    this.#hash = hash
  }

  formOf(key: AddressKey): AddressKey | undefined {
    return this.#hash === null ? undefined : erasedKey(this.#hash(key))
  }

  /** The keys under which something of an address may be kept: its own, and that of its erasure. */
  keysOf(key: AddressKey): readonly AddressKey[] {
    const form = this.formOf(key)
    return form === undefined ? [key] : [key, form]
  }

  /** Whether anything was erased by the time of the question. Once it is so, it stays so. */
  async isAny(ask: Ask): Promise<boolean> {
    if (this.#hash === null) return false
    this.#isAny ||= (await ask(anyErased)).length > 0
    return this.#isAny
  }

  /** What was last learned, without asking. */
  get isKnown(): boolean {
    return this.#isAny
  }
}
