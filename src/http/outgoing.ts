// Requests that this server makes to a URL that somebody gave it. It connects only to addresses that it has looked at
// itself: no private network can be reached by a name that points there, or by a redirect.

import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { BlockList, isIP, isIPv4 } from 'node:net'
import type { Networks } from './networks.js'

export interface OutgoingOptions {
  /** May be reached although they are not public, and over plain http. */
  readonly allowed: Networks
  /** From the first look for the name to the head of the answer. */
  readonly timeoutMs: number
  /** Takes the place of the system's resolver. */
  readonly resolve?: Resolve
}

type Resolve = (
  hostname: string,
  options: LookupOptions,
  done: (cause: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

export interface Outgoing {
  /** Posts once, follows no redirect and reads nothing of the answer but its status. */
  post(
    request: { readonly url: string; readonly headers: Readonly<Record<string, string>>; readonly body: string },
    signal: AbortSignal,
  ): Promise<{ readonly status: number }>
  /** Null where the URL may be called; else a sentence about why not. A name that does not resolve may be one day. */
  refusedTarget(url: string): Promise<string | null>
  close(): void
}

/** Nothing was sent: the target is not one that may be called. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused'
}

// What a receiver answers beside its status is read only so that the connection can be used again.
const answerBytesMax = 64 * 1024
const socketsPerHostMax = 16
const urlLengthMax = 2_000

export function createOutgoing({ allowed, timeoutMs, resolve = resolveAll }: OutgoingOptions): Outgoing {
  const agents = {
    'http:': new HttpAgent({ keepAlive: true, maxSockets: socketsPerHostMax }),
    'https:': new HttpsAgent({ keepAlive: true, maxSockets: socketsPerHostMax }),
  }

  const problemOf = (address: string, isPlain: boolean): string | null => {
    if (allowed.has(address)) return null
    if (isPlain) return 'expected https://; plain http goes only into WEBHOOK_NETWORKS'
    return isPublic(address) ? null : 'the host is not on the public internet; see WEBHOOK_NETWORKS'
  }

  // In the place of the system's look-up, so that the socket gets the very addresses that were looked at.
  const lookup =
    (isPlain: boolean): NonNullable<RequestOptions['lookup']> =>
    (hostname, options, done) => {
      resolve(hostname, options, (cause, addresses) => {
        const problem = addresses?.map(({ address }) => problemOf(address, isPlain)).find(found => found !== null)
        const [first] = addresses ?? []
        if (cause !== null) done(cause, [])
        else if (problem !== undefined) done(new TargetRefused(problem), [])
        else if (first === undefined) done(new TargetRefused('the host has no address'), [])
        else if (options.all === true) done(null, addresses)
        else done(null, first.address, first.family)
      })
    }

  return {
    post({ url, headers, body }, signal) {
      const target = new URL(url)
      const { isPlain, problem } = checked(target, problemOf)
      if (problem !== null) return Promise.reject(new TargetRefused(problem))
      return new Promise((resolvePost, reject) => {
        const deadline = AbortSignal.timeout(timeoutMs)
        const send = isPlain ? httpRequest : httpsRequest
        const request = send(
          target,
          {
            method: 'POST',
            headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
            agent: isPlain ? agents['http:'] : agents['https:'],
            lookup: lookup(isPlain),
            signal: AbortSignal.any([deadline, signal]),
          },
          response => {
            let bytes = 0
            response.on('data', (chunk: Buffer) => {
              bytes += chunk.length
              if (bytes > answerBytesMax) response.destroy()
            })
            // The status is all that counts; what becomes of the rest does not.
            response.on('error', () => {})
            resolvePost({ status: response.statusCode ?? 0 })
          },
        )
        request.on('error', cause => reject(deadline.aborted ? new Error(`no answer within ${timeoutMs} ms`) : cause))
        request.end(body)
      })
    },

    async refusedTarget(url) {
      if (url.length > urlLengthMax || !URL.canParse(url)) return 'expected a URL such as https://example.org/changes'
      const target = new URL(url)
      if (!/^https?:$/.test(target.protocol)) return `expected https://, got ${target.protocol}//`
      if (target.username !== '' || target.password !== '') return 'expected no user or password in the URL'
      const { isPlain, problem, host } = checked(target, problemOf)
      if (problem !== null || isIP(host) !== 0) return problem
      return new Promise(resolveTarget => {
        const check = lookup(isPlain)
        check(host, { all: true }, cause => resolveTarget(cause instanceof TargetRefused ? cause.message : null))
      })
    },

    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

// A host that is an address is connected to without any look-up. (The URL parser has brought it to its plain form.)
function checked(
  { protocol, hostname }: URL,
  problemOf: (address: string, isPlain: boolean) => string | null,
): { readonly isPlain: boolean; readonly problem: string | null; readonly host: string } {
  const host = hostname.replace(/^\[|\]$/g, '')
  const isPlain = protocol === 'http:'
  return { isPlain, host, problem: isIP(host) === 0 ? null : problemOf(host, isPlain) }
}

const resolveAll: Resolve = (hostname, options, done) =>
  systemLookup(hostname, { ...options, all: true }, (cause, addresses) => done(cause, addresses))

// IANA special-purpose registries: what is not reachable from everywhere, or stands for an address in another form.
const notPublic4 = subnets('ipv4', [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
])
// Of IPv6 only what is handed out as global, without the parts that hold an IPv4 address or are for documents.
const global6 = subnets('ipv6', ['2000::/3'])
const notPublic6 = subnets('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'])

function subnets(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [address, bits] = range.split('/')
    list.addSubnet(address!, Number(bits), family)
  }
  return list
}

function isPublic(address: string): boolean {
  if (isIPv4(address)) return !notPublic4.check(address, 'ipv4')
  return global6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6')
}
