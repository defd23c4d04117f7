// The legacy face on the HTTP server: which requests are its own, the WSDL under the address that was asked for, and
// calls with their bodies read. Knows paths, methods and headers; must not know what is in a message.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { createEndpoint, EndpointReply } from './endpoint.js'
import type { Contract, Contracts } from './wsdl/contracts.js'
import { serveWsdl } from './wsdl/serve-wsdl.js'

export interface SoapRequestHandlerOptions {
  readonly contracts: Contracts
  readonly endpoint: ReturnType<typeof createEndpoint>
  /** Rejects with BodyError where a body is refused. */
  readonly readBody: (request: IncomingMessage) => Promise<Uint8Array>
  /** Scheme, host and port under which the caller reached this server, without a slash at the end. */
  readonly publicUrl: (request: IncomingMessage) => string
  readonly requestIdOf: (request: IncomingMessage) => string
  /** Address of who calls. */
  readonly placeOf?: (request: IncomingMessage) => string
  /** Told of what was thrown outside of a call; a call's own errors go to the observer of the endpoint. */
  readonly onDefect: (cause: unknown, requestId: string) => void
}

/** Answers a request under the face's paths (true), or leaves it alone (false). */
export type SoapRequestHandler = (request: IncomingMessage, response: ServerResponse) => boolean

export const soapPath = '/soap/mktows'

export function createSoapRequestHandler(options: SoapRequestHandlerOptions): SoapRequestHandler {
  const wsdls = new ServedWsdls()
  // Where calls are sent to, nearly always; all else is read.
  const known = new Map<string, Target>()
  for (const rest of options.contracts.keys()) known.set(`${soapPath}/${rest}`, { rest, asksForWsdl: false })
  return (request, response) => {
    const { url = '/' } = request
    const target = known.get(url) ?? readTarget(url, soapPath)
    if (target === null) return false
    const requestId = options.requestIdOf(request)
    const contract = options.contracts.get(target.rest)
    // A call may come to the address of the WSDL too: one PHP client keeps its ?WSDL on (client-habits 14).
    const answered =
      contract !== undefined && request.method === 'POST'
        ? answerCall(request, response, contract, target, requestId, options)
        : answerOther(request, response, target, requestId, wsdls, options)
    answered.catch(cause => {
      options.onDefect(cause, requestId)
      if (response.headersSent) {
        response.destroy()
        return
      }
      response.setHeader('X-Request-Id', requestId)
      sendText(response, 500, `the request could not be carried out; the log has it as ${requestId}`)
    })
    return true
  }
}

async function answerOther(
  request: IncomingMessage,
  response: ServerResponse,
  { rest: version, asksForWsdl }: Target,
  requestId: string,
  wsdls: ServedWsdls,
  options: SoapRequestHandlerOptions,
): Promise<void> {
  const { contracts, publicUrl } = options
  const contract = contracts.get(version)
  response.setHeader('X-Request-Id', requestId)
  if (contract === undefined) {
    const known = [...contracts.keys()].map(name => `${soapPath}/${name}`).join(', ')
    sendText(response, 404, `there is no version '${version.slice(0, 20)}' here; there are ${known}`)
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD, POST')
    sendText(response, 405, `expected POST for a call or GET for the WSDL, got ${request.method}`)
  } else if (asksForWsdl) {
    const wsdl = wsdls.get(contract, `${publicUrl(request)}${soapPath}/${version}`)
    send(response, 200, 'text/xml; charset=utf-8', wsdl)
  } else {
    response.setHeader('Allow', 'POST')
    sendText(response, 405, 'this is a SOAP endpoint: POST a call, or GET this address with ?WSDL behind it')
  }
}

async function answerCall(
  request: IncomingMessage,
  response: ServerResponse,
  contract: Contract,
  { rest: version }: Target,
  requestId: string,
  { endpoint, readBody, placeOf }: SoapRequestHandlerOptions,
): Promise<void> {
  let body: Uint8Array
  try {
    body = await readBody(request)
  } catch (cause) {
    sendReply(response, endpoint.unread(cause, requestId), requestId)
    return
  }
  const { 'content-type': contentType, soapaction, 'user-agent': userAgent } = request.headers
  const soapAction = Array.isArray(soapaction) ? soapaction.join(', ') : soapaction
  const place = placeOf?.(request)
  const path = `${soapPath}/${version}`
  // Member by member: to spread an object and add to it costs V8 some microseconds.
  const call = { contentType, soapAction, userAgent, body, requestId, place, path }
  sendReply(response, await endpoint.answer(contract, call), requestId)
}

export interface Target {
  /** What stands behind the path of the face, without slashes around it. */
  readonly rest: string
  readonly asksForWsdl: boolean
}

// Not a URL parser: it would take `//host` for an authority, and there is nothing to decode in a version.
export function readTarget(url: string, facePath: string): Target | null {
  const [, path = '', query = ''] = /^([^?#]*)\??([^#]*)/.exec(url) ?? []
  if (path !== facePath && !path.startsWith(`${facePath}/`)) return null
  const rest = path.slice(facePath.length + 1).replace(/\/+$/, '')
  // Clients write ?WSDL, ?wsdl, ?wsdl=1, ?x=y&WSDL; tools put .xml or a fragment behind it.
  const asksForWsdl = query.split('&').some(part => /^wsdl\b/i.test(part))
  return { rest, asksForWsdl }
}

// One string with its length and no chunks: HTTP/1.0 clients cannot read those (client-habits 13), and it is one write.
function sendReply(response: ServerResponse, { status, headers, body }: EndpointReply, requestId: string): void {
  const length = String(Buffer.byteLength(body))
  response.writeHead(status, [
    'X-Request-Id',
    requestId,
    'Content-Type',
    headers['Content-Type'],
    'Content-Length',
    length,
  ])
  response.end(body)
}

export function sendText(response: ServerResponse, status: number, sentence: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${sentence}\n`)
}

export function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) })
  // Node leaves the body out where the method is HEAD.
  response.end(text)
}

// Callers reach a server under few addresses, but can claim any: enough is kept for the former.
const servedWsdlsMax = 64

/** WSDLs with an address in them. Many clients fetch one at each start, and nobody has to sign for it. */
class ServedWsdls {
  readonly #texts = new Map<string, string>()

  get(contract: Contract, endpointUrl: string): string {
    const known = this.#texts.get(endpointUrl)
    if (known !== undefined) return known
    const text = serveWsdl(contract.wsdlText, endpointUrl)
    if (this.#texts.size >= servedWsdlsMax) this.#texts.clear()
    this.#texts.set(endpointUrl, text)
    return text
  }
}
