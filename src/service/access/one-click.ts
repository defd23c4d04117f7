// Links by which a recipient unsubscribes with one click (RFC 8058): a token that names the address and says for which
// mailing it was made, readable to nobody but us. It knows no HTTP.

import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { type Address, parseAddress } from '../../domain/address.js'

export interface OneClickLink {
  readonly address: Address
  /** What the sender calls the mailing or list; null where it said nothing. */
  readonly reference: string | null
}

export interface OneClick {
  /** The same link for the same address and reference, always. */
  mint(link: OneClickLink): string
  /** Undefined for what was not made here. */
  read(token: string): OneClickLink | undefined
}

const formVersion = 1
// Links stay in mailboxes for years: a second key may be added one day, and the first still has to be read.
const keyId = 1
const headBytes = 2
const nonceBytes = 12
const tagBytes = 16
const tokenLengthMax = 2_000

/**
 * A token is base64url of: one byte form version, one byte key id, 12 bytes nonce, AES-256-GCM of the JSON array
 * [address, reference], 16 bytes tag; the first two bytes are authenticated with it. The nonce is a keyed hash of what
 * is sealed: two texts never share one by chance, as drawn nonces would after some billions of links.
 */
export function createOneClick(secret: Uint8Array): OneClick {
  const derive = (use: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `one-click ${use}`, 32))
  const sealKey = derive('seal')
  const nonceKey = derive('nonce')
  const head = Buffer.from([formVersion, keyId])
  return {
    mint({ address, reference }) {
      const text = JSON.stringify([address.key, reference])
      const nonce = createHmac('sha256', nonceKey).update(text).digest().subarray(0, nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(head)
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([head, nonce, body, cipher.getAuthTag()]).toString('base64url')
    },
    read(token) {
      if (token.length > tokenLengthMax || !/^[\w-]+$/.test(token)) return undefined
      const bytes = Buffer.from(token, 'base64url')
      // One token has one spelling: the last character of base64 may hide bits that nobody reads.
      if (bytes.length <= headBytes + nonceBytes + tagBytes || bytes.toString('base64url') !== token) return undefined
      if (!bytes.subarray(0, headBytes).equals(head)) return undefined
      const nonce = bytes.subarray(headBytes, headBytes + nonceBytes)
      const body = bytes.subarray(headBytes + nonceBytes, -tagBytes)
      const decipher = createDecipheriv('aes-256-gcm', sealKey, nonce, { authTagLength: tagBytes }).setAAD(head)
      decipher.setAuthTag(bytes.subarray(-tagBytes))
      try {
        return linkFrom(Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8'))
      } catch {
        // Not made with our key, or altered: who holds it learns no more than that.
        return undefined
      }
    },
  }
}

function linkFrom(text: string): OneClickLink | undefined {
  const [key, reference] = JSON.parse(text) as [string, string | null]
  const parsed = parseAddress(key)
  return parsed.type === 'address' ? { address: parsed.address, reference } : undefined
}
