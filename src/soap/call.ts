// One authenticated call as its handler sees it. Knows what every operation needs; must not know what any of them does.

import type { Caller } from '../service/access/credentials.js'
import type { Face, Service } from '../service/service.js'
import type { EnvelopeReading } from './codec/codec-envelope-decode.js'
import type { UnknownChild } from './codec/codec-findings.js'
import type { HeaderBlocks } from './messages/messages.js'

export interface Surroundings {
  readonly caller: Caller
  readonly service: Pick<Service, 'writes' | 'reads' | 'fields' | 'credentials' | 'lists' | 'flows' | 'jobs'>
  readonly face: Face
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface Call extends Surroundings {
  readonly operation: string
  /** What tells this call from another one (R13): the whole message, as it came. */
  readonly messageText: string
  /** What was asked for, without who signed when: a retry is signed anew and still the same request. */
  readonly requestText: () => string
  /** The caller's own name for this call; undefined where it gave none. */
  readonly clientRequestId: string | undefined
  readonly targetWorkspace: string | undefined
  /** Elements that were passed over. */
  readonly unknownChildren: readonly UnknownChild[]
}

export function callOf(
  { operation, params, header, unknown }: EnvelopeReading & { readonly type: 'request' },
  messageText: string,
  { caller, service, face, now }: Surroundings,
): Call {
  const { mktowsContext }: HeaderBlocks = header.blocks
  return {
    caller,
    service,
    face,
    now,
    operation,
    messageText,
    requestText() {
      // Elements that were passed over are part of the request: a mis-spelt key among them may count.
      const passedOver = unknown.map(({ path, text }) => [path, text])
      return JSON.stringify([operation, params, mktowsContext ?? null, passedOver])
    },
    clientRequestId: header.clientRequestId,
    targetWorkspace: mktowsContext?.targetWorkspace,
    unknownChildren: unknown,
  }
}
