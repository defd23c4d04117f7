// The HTTP server that both faces hang on: bounds on connections, headers and time, answers for what is not HTTP, and
// an orderly end. It knows that there are two takers for a request, not what they do with it.

import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { type AddressInfo, type Socket, Server as TcpServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { clientTrust, type TlsMaterial, tlsMinVersion } from './tls.js'

export interface HttpServerLimits {
  readonly headersTimeoutMs: number
  /** From the first byte of a request to its last. */
  readonly requestTimeoutMs: number
  /** The same for requests that carry files. */
  readonly longRequestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  readonly headerBytesMax: number
  readonly connectionsMax: number
  /** From the connection to the end of the TLS handshake. */
  readonly handshakeTimeoutMs: number
  /**
   * How long a closing server still listens to connections that are idle or were just opened. A request that is on its
   * way to one would be lost with it; so whoever speaks in this time is answered, and told that it was the last time.
   */
  readonly lingerMs: number
}

export const defaultHttpServerLimits: HttpServerLimits = {
  headersTimeoutMs: 15_000,
  // Above the time that a body may take, so that a slow one gets the answer of its face.
  requestTimeoutMs: 60_000,
  longRequestTimeoutMs: 60_000,
  // Balancers keep idle connections for 60 s. Ours must live longer, or they send into one that is just closing.
  keepAliveTimeoutMs: 65_000,
  headerBytesMax: 32 * 1024,
  connectionsMax: 10_000,
  handshakeTimeoutMs: 15_000,
  lingerMs: 500,
}

// Whoever spoke TLS with this host once should not be talked into doing without for a year.
const strictTransport = ['Strict-Transport-Security', 'max-age=31536000'] as const
/** On every answer; a page that needs more says so itself. What is served is for programs: a browser that is led here
 * may run nothing, show nothing in a frame, keep nothing and tell nobody where it was. */
const safeHeaders: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Cache-Control', 'no-store'],
]
// How often Node looks for connections that are past their time.
const timeoutCheckMs = 1_000

export interface HttpServerOptions {
  /** Takes the request and answers it (true), or leaves it alone (false). */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
  /** Gets every request that `handle` left. */
  readonly fallback: RequestListener
  readonly limits?: Partial<HttpServerLimits>
  /** Whether a request carries a file, which may take its time while nothing has answered it. */
  readonly isLong?: (request: IncomingMessage) => boolean
  /** TLS and nothing else on this port; without it plain HTTP. */
  readonly tls?: TlsMaterial | null
  /** Told of what one of the two threw; the caller has got a 500 by then. */
  readonly onDefect: (cause: unknown) => void
}

/** What a connection is at: its last request, and when that came. */
interface Begun {
  request: IncomingMessage
  response: ServerResponse
  at: number
}

export interface HttpServer {
  readonly server: Server
  /** New connections get this certificate. Only for a server that began with one. */
  renewTls(material: TlsMaterial): void
  /** Whether the client has shown a certificate that was asked for. */
  isTrustedClient(request: IncomingMessage): boolean
  /** Resolves with the port, once connections are accepted. Port 0: any free one. */
  listen(port: number, host?: string): Promise<number>
  /**
   * Accepts no new connections, answers what comes over the others, lets running requests finish until the deadline
   * and cuts off the rest. Idle connections are closed after `lingerMs`. Resolves when all is closed; true where
   * nothing had to be cut off.
   */
  close(deadlineMs: number): Promise<boolean>
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { handle, fallback, limits: given, tls = null, isLong = () => false, onDefect } = options
  const limits = { ...defaultHttpServerLimits, ...given }
  const sockets = new Set<Socket>()
  const latest = new Map<Duplex, Begun>()
  let isClosing = false
  let isTrusted = tls === null ? () => false : clientTrust(tls)
  let isPastLinger = false

  const bounds = {
    ServerResponse: responseWith(tls === null ? safeHeaders : [...safeHeaders, strictTransport]),
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: Math.max(limits.requestTimeoutMs, limits.longRequestTimeoutMs),
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    maxHeaderSize: limits.headerBytesMax,
    connectionsCheckingInterval: timeoutCheckMs,
  }
  const tlsServer: TlsServer | null =
    tls === null
      ? null
      : createTlsServer({
          ...bounds,
          ...tls,
          // Asked for and not demanded: who needs one is for those to say who are asked for something.
          requestCert: tls.ca !== undefined,
          rejectUnauthorized: false,
          minVersion: tlsMinVersion,
          handshakeTimeout: limits.handshakeTimeoutMs,
        })
  const server = tlsServer ?? createServer(bounds)
  server.maxConnections = limits.connectionsMax

  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', (request, response) => {
    const { socket } = request
    const begun = latest.get(socket)
    const at = performance.now()
    if (begun === undefined) {
      latest.set(socket, { request, response, at })
      socket.once('close', () => latest.delete(socket))
    } else {
      begun.request = request
      begun.response = response
      begun.at = at
    }
    if (isClosing) endsItsConnection(response)
    request.url = originForm(request.url ?? '/')
    try {
      if (!handle(request, response)) fallback(request, response)
    } catch (cause) {
      onDefect(cause)
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'Content-Type': 'text/plain' }).end('the request could not be carried out\n')
    }
  })
  // Node knows one bound for all requests, which is that of files; the others are looked after here.
  const checking = setInterval(() => {
    const before = performance.now() - limits.requestTimeoutMs
    for (const [socket, { request, response, at }] of latest) {
      if (at > before || request.complete) continue
      // An answer ends the patience for the rest of a file.
      if (!isOver(response) && isLong(request)) continue
      if (!isOver(response) && !response.headersSent) socket.end(rawAnswer('ERR_HTTP_REQUEST_TIMEOUT'))
      else socket.destroy()
    }
  }, timeoutCheckMs)
  checking.unref()

  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const response = latest.get(socket)?.response
    const isAnswered = response !== undefined && !isOver(response) && response.headersSent
    if (isAnswered || !socket.writable || error.code === 'ECONNRESET') socket.destroy()
    else socket.end(rawAnswer(error.code))
  })

  function endsItsConnection(response: ServerResponse): void {
    if (!response.headersSent) response.setHeader('Connection', 'close')
    // It may have kept its connection alive before it could know that the server would close.
    response.once('close', () => {
      if (isPastLinger) setImmediate(() => server.closeIdleConnections())
    })
  }

  return {
    server,
    renewTls(material) {
      tlsServer?.setSecureContext({ ...material, minVersion: tlsMinVersion })
      isTrusted = clientTrust(material)
    },
    isTrustedClient: ({ socket }) => socket instanceof TLSSocket && isTrusted(socket),
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve((server.address() as AddressInfo).port) // a server on a port has no other kind of address
        })
      }),
    async close(deadlineMs) {
      isClosing = true
      let isClean = true
      // The close of a HTTP server would cut off idle connections at once; that of a plain one waits for them.
      const closed = new Promise<void>(resolve => TcpServer.prototype.close.call(server, () => resolve()))
      for (const { response } of latest.values()) if (!isOver(response)) endsItsConnection(response)
      const linger = setTimeout(
        () => {
          isPastLinger = true
          server.closeIdleConnections()
          // Node counts a connection that was opened and never used as busy.
          for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
        },
        Math.min(limits.lingerMs, deadlineMs),
      )
      const timer = setTimeout(() => {
        isClean = sockets.size === 0
        server.closeAllConnections()
        for (const socket of sockets) socket.destroy()
      }, deadlineMs)
      await closed
      // Ends what a HTTP server does besides.
      server.close()
      clearTimeout(linger)
      clearTimeout(timer)
      clearInterval(checking)
      return isClean
    },
  }
}

const isOver = ({ writableFinished, destroyed }: ServerResponse): boolean => writableFinished || destroyed

/** Responses that carry these headers, each unless it was given another value. */
function responseWith(standing: readonly (readonly [string, string])[]): typeof ServerResponse {
  const flat = standing.flat()
  return class<Asked extends IncomingMessage = IncomingMessage> extends ServerResponse<Asked> {
    override writeHead(
      status: number,
      reason?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
      headers?: OutgoingHttpHeaders | OutgoingHttpHeader[],
    ): this {
      // Names and values in one list, and nothing set before: the way that costs Node the least.
      if (Array.isArray(reason) && this.getHeaderNames().length === 0)
        return super.writeHead(status, [...reason, ...flat])
      for (const [name, value] of standing) if (!this.hasHeader(name)) this.setHeader(name, value)
      return typeof reason === 'string' ? super.writeHead(status, reason, headers) : super.writeHead(status, reason)
    }
  }
}

/**
 * The target of a request as a path that starts with one slash. Proxies send the absolute form, and clients that glue
 * a base URL and a path together send two slashes, which a URL parser would take for the start of a host name.
 */
export function originForm(target: string): string {
  if (/^\/[^\\/]/.test(target)) return target
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/^[\\/]{2,}/, '/')
  return path.startsWith('/') || path === '*' ? path : `/${path}`
}

// What Node could not read as a request: there is no face to ask, and no head of an answer yet.
function rawAnswer(code: string | undefined): string {
  const status = code === 'HPE_HEADER_OVERFLOW' ? 431 : code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400
  const sentence = `${STATUS_CODES[status]}\n`
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: text/plain',
    `Content-Length: ${sentence.length}`,
    'Connection: close',
    ...safeHeaders.map(([name, value]) => `${name}: ${value}`),
    '',
    sentence,
  ].join('\r\n')
}
