// Reads the body of a request into memory, with a bound on everything: bytes on the wire, bytes after inflating, time.
// It knows encodings and nothing of what a body says; the faces answer a refusal in their own words.

import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip, inflate, inflateRaw } from 'node:zlib'
import { type BodyPlace, type BodyRoom, createBodyRoom } from './body-room.js'

export interface BodyLimits {
  /** Bytes as they are sent. */
  readonly bytesMax: number
  /** Bytes after inflating: where a small bomb stops. */
  readonly inflatedBytesMax: number
  /** From the first look at the request to its last byte. */
  readonly timeoutMs: number
  /** Shared by all bodies that are read at the same time. Absent: each is alone. */
  readonly room?: BodyRoom
}

const mebibyte = 1024 * 1024

export const defaultBodyLimits: BodyLimits = {
  bytesMax: 10 * mebibyte,
  inflatedBytesMax: 10 * mebibyte,
  timeoutMs: 30_000,
}

/** Value of the Accept-Encoding header that a 415 answer should carry (RFC 7694). */
export const acceptedEncodings = 'gzip, deflate, identity'

/** A body that is refused: the message is a sentence for the caller, the status what HTTP calls it. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly status: 400 | 408 | 413 | 415 | 503

  constructor(status: BodyError['status'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/**
 * The whole body, inflated where it was sent as gzip or deflate. Rejects with BodyError: 413 too long, 415 unknown
 * encoding, 400 not what its header says or cut off by the client, 408 too slow, 503 too many at the same time. The
 * rest of a refused body is still taken in for a moment, so that the client gets to read the answer.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const place = (limits.room ?? createBodyRoom(Number.POSITIVE_INFINITY)).begin()
  try {
    const decode = decoderFor(request.headers['content-encoding'])
    const declared = Number(request.headers['content-length'] ?? 0)
    if (declared > limits.bytesMax) throw tooLong(limits.bytesMax)
    // Most bodies come in one packet with their head, and Node hands that over whole before it goes on.
    await null
    const sent = takeWhole(request, declared, place) ?? (await receive(request, limits, place))
    if (decode === null || sent.length === 0) return sent
    return await place.inflate(() => inflated(sent, decode, limits.inflatedBytesMax))
  } catch (cause) {
    place.end()
    const discarded = discardRest(request)
    if (closesAfterAnswer(request)) await discarded
    throw cause
  } finally {
    place.end()
  }
}

/** A body that is here already: it needs no listeners and no clock. Null where some of it is still to come. */
function takeWhole(request: IncomingMessage, declared: number, place: BodyPlace): Buffer | null {
  const isHere = declared > 0 && request.readableLength === declared
  return isHere && place.has(declared) ? request.read() : null
}

function receive(request: IncomingMessage, { bytesMax, timeoutMs }: BodyLimits, place: BodyPlace): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let bytes = 0
    let isSettled = false
    const settle = (error: BodyError | null): void => {
      if (isSettled) return
      isSettled = true
      clearTimeout(timer)
      // Most bodies come in one piece.
      if (error === null) resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes))
      else reject(error)
      chunks = []
    }
    const take = (chunk: Buffer): void => {
      if (isSettled) return
      bytes += chunk.length
      if (bytes > bytesMax) settle(tooLong(bytesMax))
      else if (!place.has(bytes)) settle(new BodyError(503, 'too many long bodies arrive at this moment, try again'))
      else chunks.push(chunk)
    }
    const finish = (): void => settle(null)
    const abandon = (cause?: unknown): void => {
      // Told of each request once it is over; an error is dear to make.
      if (!isSettled) settle(new BodyError(400, 'the connection was closed before the body was complete', { cause }))
    }
    const timer = setTimeout(
      () => settle(new BodyError(408, `the body did not arrive within ${timeoutMs} ms`)),
      timeoutMs,
    )
    // The error listener stays: a connection that breaks after the answer was decided must not end the process.
    request.on('data', take).on('end', finish).on('close', abandon).on('error', abandon)
    if (request.destroyed) abandon()
  })
}

type Decode = (sent: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>

const decodeGzip: Decode = promisify(gunzip)
const decodeZlib: Decode = promisify(inflate)
const decodeRaw: Decode = promisify(inflateRaw)
// RFC 9110 8.4.1.2: deflate means the zlib format, but some clients always sent it without its two bytes of header.
const decodeDeflate: Decode = (sent, options) =>
  ((sent[0] ?? 0) & 0x0f) === 8 ? decodeZlib(sent, options) : decodeRaw(sent, options)

function decoderFor(contentEncoding: string | undefined): Decode | null {
  const encoding = contentEncoding?.trim().toLowerCase() ?? ''
  switch (encoding) {
    case '':
    case 'identity':
      return null
    case 'gzip':
    case 'x-gzip':
      return decodeGzip
    case 'deflate':
      return decodeDeflate
    default:
      throw new BodyError(
        415,
        `Content-Encoding: expected gzip, deflate or identity, got '${contentEncoding?.slice(0, 60)}'`,
      )
  }
}

async function inflated(sent: Buffer, decode: Decode, bytesMax: number): Promise<Buffer> {
  try {
    // zlib counts while it works and stops at the bound; more than that is never held.
    return await decode(sent, { maxOutputLength: bytesMax })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BodyError(413, `the body has more than ${bytesMax} bytes after inflating`, { cause })
    }
    throw new BodyError(400, 'the body is not what its Content-Encoding says', { cause })
  }
}

const tooLong = (bytesMax: number): BodyError => new BodyError(413, `the body has more than ${bytesMax} bytes`)

// Closing at once would reset the connection under a client that still sends, and it would never see the answer.
// Reading on for ever would be the attack that the limit is there to stop; past it the client has to wait, and so gets
// to look at what came.
const lingerMs = 2_000
const lingerBytesMax = 16 * mebibyte

/** Resolves when nothing more comes, or no more is taken. */
export function discardRest(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve()
  let bytes = 0
  const timer = setTimeout(() => request.destroy(), lingerMs)
  request.on('error', () => request.destroy())
  return new Promise(resolve => {
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= lingerBytesMax) return
      request.pause()
      resolve()
    })
    request.once('end', end).once('close', end)
    request.resume()
  })
}

// Node closes the connection of such a client with the last byte of the answer, whatever is still on its way to it; so
// the answer has to wait until the client has sent what it wants to send.
function closesAfterAnswer({ headers, httpVersion }: IncomingMessage): boolean {
  const options = (headers.connection ?? '').toLowerCase()
  return options.includes('close') || (httpVersion === '1.0' && !options.includes('keep-alive'))
}
