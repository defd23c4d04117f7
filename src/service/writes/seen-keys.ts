// What the rows before had in mind for a person or an address, in a few bytes each: so that a dry run of millions of
// rows knows it too. Keys are kept as numbers of 53 bits; that two of five million fall together happens in one run of
// a thousand, and then a figure is off by one.

const fillMax = 0.6
const sizeAtFirst = 1 << 12

export class SeenKeys {
  #keys = new Float64Array(sizeAtFirst)
  #values = new Uint8Array(sizeAtFirst)
  #count = 0

  /** 0 where the key was never given a value. */
  get(key: string): number {
    return this.#values[this.#slotOf(hashOf(key))]!
  }

  /** Values are 1 to 255. */
  set(key: string, value: number): void {
    if (this.#count >= this.#keys.length * fillMax) this.#grow()
    this.#put(hashOf(key), value)
  }

  #put(hash: number, value: number): void {
    const slot = this.#slotOf(hash)
    if (this.#values[slot] === 0) this.#count++
    this.#keys[slot] = hash
    this.#values[slot] = value
  }

  #slotOf(hash: number): number {
    const mask = this.#keys.length - 1
    let slot = hash & mask
    while (this.#values[slot] !== 0 && this.#keys[slot] !== hash) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values]
    this.#keys = new Float64Array(keys.length * 2)
    this.#values = new Uint8Array(keys.length * 2)
    this.#count = 0
    keys.forEach((hash, slot) => {
      if (values[slot] !== 0) this.#put(hash, values[slot]!)
    })
  }
}

// Two rounds of multiplying and folding over 32 bits each (cyrb53): fast, and spread well enough to be looked up by.
function hashOf(key: string): number {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < key.length; index++) {
    const code = key.charCodeAt(index)
    high = Math.imul(high ^ code, 2654435761)
    low = Math.imul(low ^ code, 1597334677)
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909)
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909)
  return 4294967296 * (2097151 & low) + (high >>> 0)
}
