// From where a request comes: the peer of the connection, or who a trusted proxy says it was.

import type { IncomingMessage } from 'node:http'
import type { Networks } from './networks.js'

/** The address of the caller, as text. Of a chain of proxies, the last one that is not trusted. */
export function clientAddress({ socket, headers }: IncomingMessage, trustedProxies: Networks): string {
  const { 'x-forwarded-for': forwarded = '' } = headers
  const named = (typeof forwarded === 'string' ? forwarded : forwarded.join(','))
    .split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
  let address = socket.remoteAddress ?? 'unknown'
  // Each proxy vouches for the one before it, so what stands left of an untrusted one is made up.
  while (trustedProxies.has(address) && named.length > 0) address = named.pop()!
  return address.slice(0, 64)
}
