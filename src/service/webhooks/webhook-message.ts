// One message to a receiver: what is sent, how it is signed, and what its answer means. It knows neither sockets nor
// what a change looks like in JSON.

import type { Seal } from '../access/seal.js'
import type { Change } from '../changes/changes.js'
import type { Webhook } from './webhook-ports.js'
import { signedHeaders } from './webhook-signature.js'

/** Posts once and follows nothing. Rejects where no status came back; the message may go to an admin. */
export type Post = (
  request: { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
) => Promise<{ readonly status: number }>

export type Attempt =
  | { readonly type: 'delivered'; readonly status: number }
  /** `isGone`: the receiver wants nothing more, ever. `status` is null where there was no answer. */
  | { readonly type: 'failed'; readonly status: number | null; readonly error: string; readonly isGone: boolean }

export interface Messenger {
  readonly post: Post
  readonly seal: Seal
  readonly now: () => number
  /** The payload, as it goes out. */
  readonly present: (change: Change) => unknown
}

const errorLengthMax = 300

export function sendChange(messenger: Messenger, webhook: Webhook, change: Change, signal: AbortSignal) {
  return send(messenger, webhook, { id: change.id, payload: messenger.present(change) }, signal)
}

export async function send(
  { post, seal, now }: Messenger,
  { url, secret, previousSecret, previousUntil }: Webhook,
  { id, payload }: { readonly id: string; readonly payload: unknown },
  signal: AbortSignal,
): Promise<Attempt> {
  const body = JSON.stringify(payload)
  const at = now()
  const secrets = [secret, ...(previousSecret !== null && at < previousUntil ? [previousSecret] : [])]
  const signed = signedHeaders(
    { id, body, at },
    secrets.map(sealed => seal.open(sealed)),
  )
  const headers = { 'content-type': 'application/json', 'user-agent': 'durable-unsubscribe', ...signed }
  try {
    const { status } = await post({ url, headers, body }, signal)
    if (status >= 200 && status < 300) return { type: 'delivered', status }
    const isRedirect = status >= 300 && status < 400
    const error = `answered ${status}${isRedirect ? '; redirects are not followed' : ''}`
    return { type: 'failed', status, error, isGone: status === 410 }
  } catch (cause) {
    const error = (cause instanceof Error ? cause.message : String(cause)).slice(0, errorLengthMax)
    return { type: 'failed', status: null, error, isGone: false }
  }
}
