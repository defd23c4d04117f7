// The body of a request as a stream, for what is too large for memory: bytes are taken as fast as they are used, within
// bounds on their number and on time, and unpacked where they are gzip. It knows nothing of what a body says.

import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { BodyError, discardRest } from './body.js'

export interface UploadLimits {
  /** Bytes as they are sent, and as many again after unpacking. */
  readonly bytesMax: number
  /** From the first look at the request to its last byte. */
  readonly timeoutMs: number
  /** From one piece to the next, not counting the time in which nobody wanted one. */
  readonly idleMs: number
}

const gibibyte = 1024 ** 3

export const defaultUploadLimits: UploadLimits = { bytesMax: 10 * gibibyte, timeoutMs: 3_600_000, idleMs: 30_000 }

/** The pieces, to be taken once. Throws BodyError while they are taken. `onSent` sees them as they were sent. */
export async function* streamBody(
  request: IncomingMessage,
  limits: UploadLimits,
  onSent: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  let isWhole = false
  try {
    const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
    if (!['identity', 'gzip', 'x-gzip'].includes(encoding))
      throw new BodyError(415, `Content-Encoding: expected gzip or identity, got '${encoding.slice(0, 60)}'`)
    if (Number(request.headers['content-length'] ?? 0) > limits.bytesMax) throw tooLong(limits)
    yield* unpackedWhereGzip(counted(received(request, limits, onSent), limits), limits)
    isWhole = true
  } finally {
    // Whoever is refused still sends, and should get to read why.
    if (!isWhole) void discardRest(request)
  }
}

async function* received(
  request: IncomingMessage,
  { timeoutMs, idleMs }: UploadLimits,
  onSent: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  const endsAt = performance.now() + timeoutMs
  const pieces: AsyncIterator<Uint8Array> = request.iterator({ destroyOnReturn: false })
  for (;;) {
    const waitMs = Math.max(0, Math.min(idleMs, endsAt - performance.now()))
    const next = await within(waitMs, pieces.next()).catch((cause: unknown) => {
      if (cause instanceof BodyError) throw cause
      throw new BodyError(400, 'the connection was closed before the body was complete', { cause })
    })
    if (next.done) return
    onSent(next.value)
    yield next.value
  }
}

async function within<T>(waitMs: number, piece: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const tooSlow = new BodyError(408, `the body did not go on within ${Math.round(waitMs)} ms`)
    timer = setTimeout(() => reject(tooSlow), waitMs)
  })
  try {
    return await Promise.race([piece, late])
  } finally {
    clearTimeout(timer)
    // What arrives too late, or not at all, is nobody's unhandled rejection.
    piece.catch(() => {})
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, limits: UploadLimits): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const piece of source) {
    bytes += piece.length
    if (bytes > limits.bytesMax) throw tooLong(limits)
    yield piece
  }
}

// Told by the first two bytes: a packed file is sent as often without a header that says so.
async function* unpackedWhereGzip(
  source: AsyncGenerator<Uint8Array>,
  limits: UploadLimits,
): AsyncGenerator<Uint8Array> {
  let start: Uint8Array = new Uint8Array()
  while (start.length < 2) {
    const next = await source.next()
    if (next.done) break
    start = Buffer.concat([start, next.value])
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    if (start.length > 0) yield start
    yield* source
  }
  if (start[0] === 0x1f && start[1] === 0x8b) yield* counted(unpacked(all()), limits)
  else yield* all()
}

async function* unpacked(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const input = Readable.from(source)
  const gunzip = createGunzip()
  input.on('error', cause => gunzip.destroy(cause))
  input.pipe(gunzip)
  try {
    yield* gunzip as AsyncIterable<Uint8Array>
  } catch (cause) {
    const isZlib = cause instanceof Error && 'code' in cause && String(cause.code).startsWith('Z_')
    throw isZlib ? new BodyError(400, 'the body begins as gzip and is not gzip to its end', { cause }) : cause
  } finally {
    input.destroy()
    gunzip.destroy()
  }
}

const tooLong = ({ bytesMax }: UploadLimits): BodyError =>
  new BodyError(413, `the body has more than ${bytesMax} bytes, packed or unpacked`)
