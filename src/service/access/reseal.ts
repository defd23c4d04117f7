// Seals everything anew with the SECRET_KEY of this process, while servers go on: each text is replaced only if it is
// still the one that was read. Knows no tables.

import { type Seal, SealError } from './seal.js'

export interface SealedText {
  /** Where it lies, in words for people; no secret in it. */
  readonly place: string
  readonly text: string
}

export interface SealedStore {
  sealedTexts(): Promise<readonly SealedText[]>
  /** False where another text lies there by now. */
  replaceSealed(sealed: SealedText, by: string): Promise<boolean>
}

export interface Resealed {
  readonly resealed: number
  /** Were sealed with this key already. */
  readonly current: number
  /** Where texts lie that neither key opens; they were left as they are. */
  readonly unreadable: readonly string[]
}

export async function resealAll(store: SealedStore, seal: Seal): Promise<Resealed> {
  const all = await store.sealedTexts()
  const unreadable: string[] = []
  let resealed = 0
  for (const sealed of all) {
    if (seal.isCurrent(sealed.text)) continue
    const secret = readable(sealed, seal)
    if (secret === null) unreadable.push(sealed.place)
    // Whoever was quicker wrote a newer secret, with a key that is in use.
    else if (await store.replaceSealed(sealed, seal.close(secret))) resealed += 1
  }
  return { resealed, current: all.length - resealed - unreadable.length, unreadable }
}

function readable({ text }: SealedText, seal: Seal): string | null {
  try {
    return seal.open(text)
  } catch (cause) {
    if (cause instanceof SealError) return null
    throw cause
  }
}
