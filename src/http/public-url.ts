// Where callers reach this server, as they see it: for addresses that are written into what it serves. What a caller
// claims about that is believed only if it comes through a proxy that the operator named.

import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import type { Networks } from './networks.js'

export interface PublicUrlOptions {
  /** What the operator says, a URL without a slash at its end; it wins over everything. */
  readonly publicUrl: string | null
  readonly trustedProxies: Networks
}

/** Scheme, host and port under which the caller reached this server, without a slash at the end. */
export function publicUrl(request: IncomingMessage, { publicUrl, trustedProxies }: PublicUrlOptions): string {
  if (publicUrl !== null) return publicUrl
  const { socket, headers } = request
  const isProxied = trustedProxies.has(socket.remoteAddress)
  const forwardedProto = isProxied ? firstOf(headers['x-forwarded-proto'])?.toLowerCase() : undefined
  const forwardedHost = isProxied ? firstOf(headers['x-forwarded-host']) : undefined
  const scheme = isScheme(forwardedProto) ? forwardedProto : 'encrypted' in socket ? 'https' : 'http'
  const host = [forwardedHost, headers.host].find(isHost) ?? localHost(request)
  return `${scheme}://${host}`
}

const firstOf = (header: string | string[] | undefined): string | undefined =>
  (typeof header === 'string' ? header : header?.[0])?.split(',')[0]?.trim()

const isScheme = (scheme: string | undefined): scheme is 'http' | 'https' => scheme === 'http' || scheme === 'https'

// The result is written into documents, so nothing passes that could end an attribute or add a path.
const isHost = (host: string | undefined): host is string =>
  host !== undefined && /^(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,253})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/.test(host)

// HTTP/1.0 callers need not name a host; the address that they connected to reaches us too.
function localHost({ socket }: IncomingMessage): string {
  const address = socket.localAddress ?? 'localhost'
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  return `${isIPv6(plain) ? `[${plain}]` : plain}:${socket.localPort ?? 80}`
}
