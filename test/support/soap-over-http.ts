// The SOAP face on a real HTTP server, for what clients do with headers and paths; and a call to the path of any
// version without sockets. It must not know any test.
import { type IncomingHttpHeaders, request } from 'node:http'
import type { Test } from 'tap'
import { defaultBodyLimits, readBody } from '../../src/http/body.js'
import { createHttpServer } from '../../src/http/server.js'
import { createSoapRequestHandler } from '../../src/soap/request-handler.js'
import { aSoapFace, type Reading, readReply, type SoapFace, type SoapFaceOptions, theContracts } from './soap-face.js'

export const endpointUrl = 'https://mail.example'

export interface HttpReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface SoapServer {
  readonly face: SoapFace
  readonly port: number
  /** Sends just these headers, besides those without which there is no HTTP. */
  post(path: string, message: string, headers?: Readonly<Record<string, string>>): Promise<HttpReply>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<HttpReply>
}

export async function aSoapServer(t: Test, options: SoapFaceOptions = {}): Promise<SoapServer> {
  const face = await aSoapFace(options)
  const onDefect = (cause: unknown): never => {
    throw cause
  }
  const handle = createSoapRequestHandler({
    contracts: await theContracts(),
    endpoint: face.endpoint,
    readBody: incoming => readBody(incoming, defaultBodyLimits),
    publicUrl: () => endpointUrl,
    requestIdOf: () => 'request-1',
    onDefect,
  })
  const http = createHttpServer({ handle, fallback: (_, response) => response.writeHead(418).end(), onDefect })
  const port = await http.listen(0, '127.0.0.1')
  t.teardown(() => http.close(100))
  return {
    face,
    port,
    post: (path, message, headers = {}) =>
      exchange(port, 'POST', path, { 'Content-Length': String(Buffer.byteLength(message)), ...headers }, message),
    get: (path, headers = {}) => exchange(port, 'GET', path, headers, ''),
  }
}

function exchange(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      })
    })
    outgoing.on('error', reject)
    // Who asks whether to go on waits for the answer, as .NET does.
    if (headers.Expect === undefined) outgoing.end(body)
    else outgoing.on('continue', () => outgoing.end(body))
  })
}

/** Sends a message to the path of a version. */
export async function sendTo(face: SoapFace, version: string, message: string): Promise<Reading> {
  const contract = (await theContracts()).get(version)
  if (contract === undefined) throw new Error(`there is no version ${version}`)
  const contentType = 'text/xml; charset=utf-8'
  return readReply(
    await face.endpoint.answer(contract, { body: Buffer.from(message), contentType, requestId: 'request-1' }),
  )
}
