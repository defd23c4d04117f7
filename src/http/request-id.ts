// The name of one request, in its answer, in the log and in what its caller tells support. It knows only headers.

import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

// What goes into logs and headers unchanged; anything else a caller sends is replaced, not cleaned.
const sane = /^[A-Za-z0-9][A-Za-z0-9._:#/+=-]{0,127}$/

/** The caller's own X-Request-Id where it is short and plain, else 32 random hex digits. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && sane.test(given) ? given : drawnId()
}

// Cut at the known places of the dashes: half the time of looking for them.
function drawnId(): string {
  const uuid = randomUUID()
  return uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24)
}
