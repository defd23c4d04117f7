// The endpoint for outbound messages of Salesforce on the HTTP server: its path, methods, certificates and WSDL. It
// must not know what is in a message.

import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  readTarget,
  type SoapRequestHandler,
  type SoapRequestHandlerOptions,
  send,
  sendText,
} from '../request-handler.js'
import { serveWsdl } from '../wsdl/serve-wsdl.js'
import {
  answerOutbound,
  type OutboundOptions,
  type OutboundReply,
  outboundFailure,
  uncertified,
} from './outbound-endpoint.js'

export interface OutboundHandlerOptions
  extends OutboundOptions,
    Pick<SoapRequestHandlerOptions, 'readBody' | 'publicUrl' | 'requestIdOf'> {
  /** Whether the caller has shown the certificate that is asked for; true where none is. */
  readonly isCertified: (request: IncomingMessage) => boolean
}

export const outboundPath = '/soap/salesforce/outbound'

export function createOutboundHandler(options: OutboundHandlerOptions): SoapRequestHandler {
  return (request, response) => {
    const target = readTarget(request.url ?? '/', outboundPath)
    if (target === null || target.rest !== '') return false
    const requestId = options.requestIdOf(request)
    response.setHeader('X-Request-Id', requestId)
    const asksForWsdl = request.method !== 'POST' && target.asksForWsdl
    if (asksForWsdl && (request.method === 'GET' || request.method === 'HEAD')) {
      const wsdl = serveWsdl(options.contract.wsdlText, `${options.publicUrl(request)}${outboundPath}`)
      send(response, 200, 'text/xml; charset=utf-8', wsdl)
    } else if (request.method === 'POST') {
      post(request, requestId, options).then(
        ({ status, body }) => send(response, status, 'text/xml; charset=utf-8', body),
        cause => fail(response, cause, requestId, options),
      )
    } else {
      response.setHeader('Allow', 'POST')
      sendText(response, 405, 'Salesforce POSTs outbound messages here; GET this address with ?wsdl for their WSDL')
    }
    return true
  }
}

async function post(
  request: IncomingMessage,
  requestId: string,
  options: OutboundHandlerOptions,
): Promise<OutboundReply> {
  // The body is not read: whoever has no certificate costs no more than its connection.
  if (!options.isCertified(request)) return uncertified()
  let body: Uint8Array
  try {
    body = await options.readBody(request)
  } catch (cause) {
    return outboundFailure(cause, requestId, options)
  }
  return answerOutbound({ body, contentType: request.headers['content-type'], requestId }, options)
}

function fail(response: ServerResponse, cause: unknown, requestId: string, { onDefect }: OutboundHandlerOptions): void {
  onDefect(cause, requestId)
  if (response.headersSent) response.destroy()
  else sendText(response, 500, `the request could not be carried out; the log has it as ${requestId}`)
}
