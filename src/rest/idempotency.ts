// The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header): a caller names a request, so that sending it
// again cannot do it twice. It knows the header and the answers; remembering is the business of the group commit.

import { type Answer, namedReplay, type Replay } from '../service/writes/submission.js'
import { Problem } from './problem.js'

const keyLengthMax = 255
const header = 'Idempotency-Key'

/** What a named request is: the same key with anything else here is another request. */
export interface NamedRequest {
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  readonly body: Uint8Array
}

/** How the command of a request is told from a repetition. Throws a 400 problem for a header that is no key. */
export function replayOf(given: string | undefined, caller: string, { method, target, body }: NamedRequest): Replay {
  if (given === undefined) return { type: 'none' }
  const key = readKey(given.trim())
  if (key === undefined) {
    const message = `expected one quoted string or plain word of 1 to ${keyLengthMax} printable ASCII characters`
    const findings = [{ path: `header.${header}`, message }]
    throw new Problem({
      status: 400,
      name: 'bad-header',
      title: 'Bad header',
      detail: `${header}: ${message}`,
      findings,
    })
  }
  return namedReplay(caller, key, Buffer.concat([Buffer.from(`${method}\u0000${target}\u0000`), body]))
}

// A string of RFC 9651 in quotes; or, as most callers write it, the bare word.
function readKey(given: string): string | undefined {
  const quoted = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/.exec(given)?.[1]
  const key = quoted === undefined ? given : quoted.replace(/\\(["\\])/g, '$1')
  const isKey = quoted === undefined ? /^[!#-+\--:<-[\]-~]+$/.test(key) : key.length > 0
  return isKey && key.length <= keyLengthMax ? key : undefined
}

export type Decided = Extract<Answer, { type: 'carried-out' | 'replayed' | 'rejected' }>

/** The answer, where the key did not stand in its way. Throws the 422 and 409 problems of a key. */
export function withoutKeyTrouble(answer: Answer): Decided {
  switch (answer.type) {
    case 'key-reused':
      throw keyReused()
    case 'in-progress':
      throw requestInProgress()
    default:
      return answer
  }
}

export function requestInProgress(): Problem {
  return new Problem({
    status: 409,
    name: 'request-in-progress',
    title: 'Request in progress',
    detail: `${header}: the request with this key is being carried out at this moment; ask again for its answer`,
    headers: { 'Retry-After': '1' },
  })
}

export function keyReused(): Problem {
  return new Problem({
    status: 422,
    name: 'idempotency-key-reused',
    title: 'Key belongs to another request',
    detail: `${header}: this key was used for a request with another method, path or body; draw a new one`,
    findings: [{ path: `header.${header}`, message: 'expected a key that was not used for another request' }],
  })
}

/** Says that an answer is the one that was given before. */
export function replayHeaders(answer: Decided): Readonly<Record<string, string>> {
  return answer.type === 'replayed' ? { 'Idempotent-Replayed': 'true' } : {}
}
