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
}

const plainMark = 'plain:'
const sealedMark = 'aes-256-gcm:'

/** Text form: `plain:SECRET`, or `aes-256-gcm:` and base64 of 12 bytes nonce, 16 bytes tag and the ciphertext. */
export function createSeal(secretKey: string | null): Seal {
  const key =
    secretKey === null ? null : Buffer.from(hkdfSync('sha256', secretKey, '', 'durable-unsubscribe secrets', 32))
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
      if (key === null)
        throw new SealError('the stored secrets are sealed: start with the SECRET_KEY that they were sealed with')
      const bytes = Buffer.from(sealed.slice(sealedMark.length), 'base64')
      try {
        const options = { authTagLength: 16 }
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), options)
        decipher.setAuthTag(bytes.subarray(12, 28))
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new SealError('a stored secret was sealed with another SECRET_KEY than the one given, or was altered', {
          cause,
        })
      }
    },
  }
}
