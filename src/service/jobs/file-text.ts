// The bytes of a file as text: which encoding they are in, told by their first part or by the caller, and a refusal
// where they are not what that says. It knows nothing of rows.

import type { Encoding } from './bulk.js'

/** A file that cannot be read. Nothing of it was carried out. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused'
}

/** Enough to tell an encoding, a delimiter and a form by. */
const headBytes = 64 * 1024

export interface FileText {
  readonly encoding: Exclude<Encoding, 'auto'>
  /** The beginning of the text. */
  readonly head: string
  /** All of it, from the beginning. */
  readonly text: AsyncIterable<string>
}

export async function readText(source: AsyncIterable<Uint8Array>, wanted: Encoding): Promise<FileText> {
  const chunks = source[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let bytes = 0
  let isAtEnd = false
  while (bytes < headBytes && !isAtEnd) {
    const next = await chunks.next()
    if (next.done) isAtEnd = true
    else {
      first.push(next.value)
      bytes += next.value.length
    }
  }
  const start = Buffer.concat(first)
  const encoding = wanted === 'auto' ? detect(start, isAtEnd) : wanted
  const head = new TextDecoder(labels[encoding]).decode(start, { stream: true })
  async function* all(): AsyncGenerator<Uint8Array> {
    yield start
    if (isAtEnd) return
    for (;;) {
      const next = await chunks.next()
      if (next.done) return
      yield next.value
    }
  }
  return { encoding, head, text: decoded(all(), encoding) }
}

// What people call Latin-1 is nearly always the code page of Windows, which has a few signs more.
const labels = { 'utf-8': 'utf-8', 'utf-16le': 'utf-16le', 'utf-16be': 'utf-16be', latin1: 'windows-1252' } as const

async function* decoded(
  source: AsyncIterable<Uint8Array>,
  encoding: Exclude<Encoding, 'auto'>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(labels[encoding], { fatal: true })
  let before = 0
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
    } catch (cause) {
      const where = `within the ${chunk?.length ?? 0} bytes behind byte ${before}`
      throw new FileRefused(`the file is not ${encoding}, ${where}: say which encoding it is in`, { cause })
    }
  }
  for await (const chunk of source) {
    yield decode(chunk)
    before += chunk.length
  }
  yield decode()
}

function detect(start: Uint8Array, isWhole: boolean): Exclude<Encoding, 'auto'> {
  const [a, b] = start
  if (a === 0xff && b === 0xfe) return 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  // Text of any kind has signs below 256 among its first, whose other byte is then zero.
  const zeros = [0, 0]
  for (let index = 0; index < Math.min(start.length, 1_000); index++) if (start[index] === 0) zeros[index % 2]!++
  const half = Math.min(start.length, 1_000) / 2
  if (zeros[1]! > half * 0.4 && zeros[0]! < half * 0.1) return 'utf-16le'
  if (zeros[0]! > half * 0.4 && zeros[1]! < half * 0.1) return 'utf-16be'
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: !isWhole })
    return 'utf-8'
  } catch {
    return 'latin1'
  }
}
