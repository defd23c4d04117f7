// Who sent a message, by the signature in its header (legacy-soap-contract 2). Knows the algorithm and the order of the
// checks; must not know faults, nor where credentials are kept.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Caller } from '../service/access/credentials.js'
import type { Service } from '../service/service.js'
import { parseTimestamp } from './timestamp.js'

/** The header as it was sent; a part that is absent, nil or empty is undefined or ''. */
export interface SignedHeader {
  readonly mktowsUserId?: string | null | undefined
  readonly requestSignature?: string | null | undefined
  readonly requestTimestamp?: string | null | undefined
}

export type Authentication =
  | { readonly type: 'caller'; readonly caller: Caller }
  /** Nothing was sent that could be checked; `missing` names what. */
  | { readonly type: 'unsigned'; readonly missing: readonly string[] }
  /** Unknown user or wrong signature. Which of the two is for the operator's log alone. */
  | { readonly type: 'refused'; readonly userId: string; readonly isKnown: boolean }
  /** The signature is right, but its time cannot be read. */
  | { readonly type: 'timeless'; readonly timestamp: string }
  /** The signature is right, but made too long ago or too far ahead. */
  | { readonly type: 'expired' }

export interface AuthenticateOptions {
  readonly credentials: Pick<Service['credentials'], 'soapUser'>
  /** Absent: each signature is made anew. */
  readonly signatures?: Signatures | undefined
  /** How far a timestamp may lie from now, in both directions. */
  readonly signatureWindowMs: number
  readonly now: () => number
}

/** Clients without a zone in their timestamps are hours off, either way (client-habits 11). */
export const defaultSignatureWindowMs = 24 * 3600 * 1000

// An unknown user costs the same HMAC as a known one, so that the time of the answer does not tell them apart.
const nobodysKey = 'no user has this key'
// No credential has a longer id; asking the store for what strangers make up would fill its memory of who is who.
const userIdLengthMax = 255

/** The same signed header may come with any number of calls: there is no replay check here (client-habits 11). */
export async function authenticate(
  header: SignedHeader | null | undefined,
  { credentials, signatures = new Signatures(), signatureWindowMs, now }: AuthenticateOptions,
): Promise<Authentication> {
  const userId = header?.mktowsUserId ?? ''
  const signature = header?.requestSignature ?? ''
  const timestamp = header?.requestTimestamp ?? ''
  if (isBlank(userId) || isBlank(signature) || isBlank(timestamp)) {
    const parts = { mktowsUserId: userId, requestSignature: signature, requestTimestamp: timestamp }
    const missing = Object.entries(parts).flatMap(([name, value]) => (isBlank(value) ? name : []))
    return { type: 'unsigned', missing }
  }

  const user = userId.length > userIdLengthMax ? undefined : await credentials.soapUser(userId)
  const { encryptionKey = nobodysKey, previousKey } = user ?? {}
  const { expected, at } = signatures.of(timestamp, userId, encryptionKey)
  const isSigned =
    isSignature(signature, expected) ||
    (previousKey !== undefined && isSignature(signature, signatures.of(timestamp, userId, previousKey).expected))
  if (user === undefined || !isSigned) return { type: 'refused', userId, isKnown: user !== undefined }

  // Only now the time: to somebody who does not know the key, the window tells nothing about which users exist.
  if (at === undefined) return { type: 'timeless', timestamp }
  if (Math.abs(now() - at) > signatureWindowMs) return { type: 'expired' }
  return { type: 'caller', caller: { id: user.id, role: user.role } }
}

/** The key is the text of the encryption key itself: it looks like hex but is never decoded. */
export function signatureOf(timestamp: string, userId: string, encryptionKey: string): string {
  return hmac(timestamp + userId, encryptionKey).toString('hex')
}

const isBlank = (text: string): boolean => text.trim() === ''

// Clients sign once for a whole job, or by a clock of seconds (client-habits 11), and many of them call at once.
const signaturesMax = 256
// What is longer was not made by a client that goes on calling, and would only be held in memory.
const rememberedLengthMax = 400

interface Signed {
  /** What the signature ought to be. */
  readonly expected: Buffer
  /** When it was made; undefined where the timestamp cannot be read. */
  readonly at: number | undefined
}

/** Of the headers that came last: the same one need not be signed and read anew for each call. */
export class Signatures {
  readonly #known = new Map<string, Signed>()

  of(timestamp: string, userId: string, encryptionKey: string): Signed {
    const name = `${encryptionKey}\u0000${timestamp}\u0000${userId}`
    const isShort = name.length <= rememberedLengthMax
    const known = isShort ? this.#known.get(name) : undefined
    if (known !== undefined) return known
    const signed = { expected: hmac(timestamp + userId, encryptionKey), at: parseTimestamp(timestamp) }
    if (!isShort) return signed
    if (this.#known.size >= signaturesMax) this.#known.clear()
    this.#known.set(name, signed)
    return signed
  }
}

function isSignature(signature: string, expected: Buffer): boolean {
  const text = signature.trim()
  // Hex in either case (client-habits 17). Buffer.from would stop at the first wrong digit without a word.
  const given = /^[0-9a-f]{40}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.alloc(expected.length)
  return timingSafeEqual(given, expected)
}

function hmac(text: string, key: string): Buffer {
  return createHmac('sha1', key).update(text).digest()
}
