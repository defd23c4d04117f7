// How a secret lies in the store: sealed with the operator's SECRET_KEY where one is given, readable where not. A
// SOAP signature needs the key itself, so a hash would not do.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** The store holds a secret that cannot be read with the SECRET_KEY of this process. The message says what to do. */
export class SealError extends Error {
  override readonly name = 'SealError'
}

export interface Seal {
  close(secret: string): string
  /** Throws SealError where the key is missing or another one. */
  open(sealed: string): string
  /** Whether it lies there as `close` would put it now. */
  isCurrent(sealed: string): boolean
}

const plainMark = 'plain:'
const sealedMark = 'aes-256-gcm:'

/**
 * Text form: `plain:SECRET`, or `aes-256-gcm:` and base64 of 12 bytes nonce, 16 bytes tag and the ciphertext. The
 * previous key opens what it has sealed and seals nothing any more.
 */
export function createSeal(secretKey: string | null, previousKey: string | null = null): Seal {
  const key = secretKey === null ? null : derived(secretKey)
  const keys = [secretKey, previousKey].filter(given => given !== null).map(derived)
  return {
    close(secret) {
      if (key === null) return plainMark + secret
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
      return sealedMark + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64')
    },
    open(sealed) {
      if (sealed.startsWith(plainMark)) return sealed.slice(plainMark.length)
      if (!sealed.startsWith(sealedMark)) throw new SealError('a stored secret has an unknown form')
      if (keys.length === 0)
        throw new SealError('the stored secrets are sealed: start with the SECRET_KEY that they were sealed with')
      for (const each of keys) {
        const secret = opened(sealed, each)
        if (secret !== null) return secret
      }
      throw new SealError(
        'a stored secret was sealed with another SECRET_KEY than the one given, or was altered; after a change of ' +
          'the key give the old one as SECRET_KEY_PREVIOUS',
      )
    },
    isCurrent: sealed => (key === null ? sealed.startsWith(plainMark) : opened(sealed, key) !== null),
  }
}

const derived = (secretKey: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secretKey, '', 'durable-unsubscribe secrets', 32))

/** Null where it is not sealed with this key, or was altered. */
function opened(sealed: string, key: Buffer): string | null {
  if (!sealed.startsWith(sealedMark)) return null
  const bytes = Buffer.from(sealed.slice(sealedMark.length), 'base64')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
    decipher.setAuthTag(bytes.subarray(12, 28))
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  } catch {
    // The tag does not fit, which is all that Node says by throwing.
    return null
  }
}
