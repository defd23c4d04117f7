// Signatures as Standard Webhooks has them (symmetric, version 1): HMAC-SHA256 over id, time and body.

import { createHmac, randomBytes } from 'node:crypto'

const prefix = 'whsec_'

export const drawSecret = (): string => prefix + randomBytes(32).toString('base64')

export interface SignedMessage {
  readonly id: string
  readonly body: string
  /** Milliseconds since the epoch; the header has seconds. */
  readonly at: number
}

/** One signature for each secret: while secrets are changed over, the receiver may have either. */
export function signedHeaders({ id, body, at }: SignedMessage, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000))
  const signatures = secrets.map(secret => {
    const key = Buffer.from(secret.slice(prefix.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
