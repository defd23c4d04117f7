// Where callers reach this server, as they see it: for addresses that are written into what it serves. What a caller
// claims about that is believed only if it comes through a proxy that the operator named.

import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'

export interface PublicUrlOptions {
  /** What the operator says, a URL without a slash at its end; it wins over everything. */
  readonly publicUrl: string | null
  readonly trustedProxies: TrustedProxies
}

export interface TrustedProxies {
  has(address: string | undefined): boolean
}

/** Reads IP addresses and CIDR ranges. `problems` has a sentence for each entry that is neither. */
export function readTrustedProxies(entries: readonly string[]): {
  readonly trustedProxies: TrustedProxies
  readonly problems: readonly string[]
} {
  const list = new BlockList()
  const problems = entries.filter(entry => !addRange(list, entry)).map(entry => `'${entry}' is not an IP range`)
  const has = (address: string | undefined): boolean => {
    if (address === undefined || isIP(address) === 0) return false
    // A dual-stack socket shows IPv4 callers as ::ffff:192.0.2.1.
    const plain = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address
    return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4')
  }
  return { trustedProxies: { has }, problems }
}

function addRange(list: BlockList, entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  const type = family === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) {
    list.addAddress(address, type)
    return true
  }
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) return false
  list.addSubnet(address, Number(bits), type)
  return true
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
