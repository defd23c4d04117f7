// From the bytes of a message to its text: which charset they are in, and that they are valid in it.
// Knows RFC 7303, the charsets legacy clients send and their many names; must not know XML beyond its declaration.
import { isAscii, isUtf8 } from 'node:buffer'

/** The bytes are in no charset that we read, or not valid in the one that they claim. The message says which. */
export class MessageTextError extends Error {
  override readonly name = 'MessageTextError'
}

type Charset = 'utf-8' | 'utf-16' | 'utf-16le' | 'utf-16be' | 'iso-8859-1' | 'windows-1252' | 'us-ascii'

/** Where the charset was named, for messages. */
interface NamedCharset {
  readonly name: string
  readonly source: string
}

const charsetNames: ReadonlyMap<string, Charset> = new Map([
  ...names('utf-8', 'utf-8', 'utf8', 'unicode-1-1-utf-8'),
  ...names('utf-16', 'utf-16', 'utf16', 'iso-10646-ucs-2', 'ucs-2', 'unicode'),
  ...names('utf-16le', 'utf-16le', 'utf16le'),
  ...names('utf-16be', 'utf-16be', 'utf16be', 'unicodefffe'),
  ...names('iso-8859-1', 'iso-8859-1', 'iso8859-1', 'iso88591', 'iso_8859-1', 'latin1', 'latin-1', 'l1', 'cp819'),
  ...names('windows-1252', 'windows-1252', 'cp1252', 'x-cp1252', 'cp-1252'),
  ...names('us-ascii', 'us-ascii', 'ascii', 'ansi_x3.4-1968', 'iso646-us'),
])

function names(charset: Charset, ...all: string[]): [string, Charset][] {
  return all.map(name => [name, charset])
}

/**
 * The text of a message body, without its byte order mark. The charset is decided in the order of RFC 7303: byte order
 * mark, `charset` parameter of the Content-Type, XML declaration, UTF-8. What comes later in that order is ignored
 * where it says otherwise, because senders set the declaration least carefully.
 *
 * Reads UTF-8, UTF-16, ISO-8859-1, windows-1252 and US-ASCII. Throws a MessageTextError on any other charset and on
 * bytes that are not valid in theirs: a replacement character could turn one address into another.
 */
export function decodeMessageText(body: Uint8Array, contentType: string | undefined): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const marked = decodeMarked(bytes)
  if (marked !== undefined) return marked
  const named = charsetParameter(contentType) ?? declaredCharset(bytes)
  if (named === undefined) return startsAsUtf16(bytes) ? decodeUnmarkedUtf16(bytes, undefined) : decodeUtf8(bytes)
  const charset = charsetNames.get(named.name.toLowerCase())
  switch (charset) {
    case 'utf-8':
      return decodeUtf8(bytes)
    case 'utf-16':
      return decodeUnmarkedUtf16(bytes, named)
    case 'utf-16le':
    case 'utf-16be':
      return decodeUtf16(bytes, charset)
    case 'iso-8859-1':
    case 'windows-1252':
      return decodeWindows1252(bytes, charset)
    case 'us-ascii':
      return decodeAscii(bytes)
    case undefined:
      throw new MessageTextError(
        `expected the charset UTF-8, UTF-16, ISO-8859-1, windows-1252 or US-ASCII, found '${printable(named.name)}' ` +
          `in the ${named.source}: send the message as UTF-8`,
      )
    default:
      return charset satisfies never
  }
}

function decodeMarked(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return decodeUtf8(bytes.subarray(3))
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    // The mark of UTF-32 starts like that of UTF-16; read as the latter it would be a text full of NUL.
    if (bytes[2] === 0 && bytes[3] === 0) throw new MessageTextError('expected UTF-8 or UTF-16, found UTF-32')
    return decodeUtf16(bytes.subarray(2), 'utf-16le')
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeUtf16(bytes.subarray(2), 'utf-16be')
  return undefined
}

const plainUtf8 = /^[^;"]*;\s*charset=utf-8\s*$/i
const utf8Parameter: NamedCharset = { name: 'utf-8', source: 'charset parameter of the Content-Type' }

/** The `charset` of a Content-Type, quoted or not. One that is empty counts as absent. */
function charsetParameter(contentType: string | undefined): NamedCharset | undefined {
  if (contentType === undefined) return undefined
  // As nearly everybody sends it.
  if (plainUtf8.test(contentType)) return utf8Parameter
  // Parameter by parameter, or a quoted `action` with "charset=" inside it would be taken for the real one.
  for (const match of contentType.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/g)) {
    if (match[1]!.toLowerCase() !== 'charset') continue
    // Single quotes are no quotes in HTTP, but some clients write them, and no charset has them in its name.
    const name = (match[2]?.replace(/\\(.)/g, '$1') ?? match[3]!).replace(/^[\s']+|[\s']+$/g, '')
    if (name !== '') return { name, source: 'charset parameter of the Content-Type' }
  }
  return undefined
}

/** The encoding that the XML declaration names, where the bytes are such that it can be read as ASCII. */
function declaredCharset(bytes: Buffer): NamedCharset | undefined {
  if (bytes[0] !== 0x3c || bytes[1] !== 0x3f) return undefined
  const start = bytes.toString('latin1', 0, 256)
  const declaration = start.slice(0, start.indexOf('?>') + 1)
  const match = /^<\?xml\s[^>]*?\sencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(declaration)
  return match === null ? undefined : { name: (match[1] ?? match[2])!, source: 'XML declaration' }
}

/** A document starts with `<`, so a NUL beside it as the first two bytes can only be UTF-16. */
function startsAsUtf16(bytes: Buffer): boolean {
  return (bytes[0] === 0x3c && bytes[1] === 0) || (bytes[0] === 0 && bytes[1] === 0x3c)
}

function decodeUnmarkedUtf16(bytes: Buffer, named: NamedCharset | undefined): string {
  if (startsAsUtf16(bytes)) return decodeUtf16(bytes, bytes[0] === 0 ? 'utf-16be' : 'utf-16le')
  throw new MessageTextError(
    `expected UTF-16, as the ${named?.source ?? 'message'} says, found other bytes: ` +
      'send charset=utf-8 in the Content-Type if the message is UTF-8',
  )
}

function decodeUtf8(bytes: Buffer): string {
  // Most messages are pure ASCII, and those become a string with one byte a character, which the reader likes best.
  if (isAscii(bytes)) return bytes.toString('latin1')
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const offset = firstInvalidUtf8(bytes)
  throw new MessageTextError(
    `expected UTF-8, found the invalid byte ${hexadecimal(bytes[offset]!)} at offset ${offset}: send UTF-8, or name ` +
      'the true charset in the Content-Type',
  )
}

/** The offset of the first byte that begins no valid sequence; there must be one. */
function firstInvalidUtf8(bytes: Buffer): number {
  const text = bytes.toString('utf8')
  let offset = 0
  let from = 0
  for (;;) {
    const to = text.indexOf('\ufffd', from)
    offset += Buffer.byteLength(text.slice(from, to))
    // U+FFFD may also be what was sent; then its own three bytes stand here.
    if (bytes[offset] !== 0xef || bytes[offset + 1] !== 0xbf || bytes[offset + 2] !== 0xbd) return offset
    offset += 3
    from = to + 1
  }
}

function decodeUtf16(bytes: Buffer, charset: 'utf-16le' | 'utf-16be'): string {
  if (bytes.length % 2 === 1) {
    throw new MessageTextError(
      `expected UTF-16, found an odd number of bytes (${bytes.length}): the message is cut off`,
    )
  }
  const text = (charset === 'utf-16le' ? bytes : Buffer.from(bytes).swap16()).toString('utf16le')
  const offset = firstLoneSurrogate(text)
  if (offset === undefined) return text
  throw new MessageTextError(`expected UTF-16, found half a surrogate pair at unit ${offset}: send the whole character`)
}

function firstLoneSurrogate(text: string): number | undefined {
  const offset = text.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/)
  return offset < 0 ? undefined : offset
}

function decodeAscii(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString('latin1')
  const offset = bytes.findIndex(byte => byte > 0x7f)
  throw new MessageTextError(
    `expected US-ASCII, as the message says, found the byte ${hexadecimal(bytes[offset]!)} at offset ${offset}: ` +
      'name the true charset in the Content-Type',
  )
}

/** What windows-1252 puts at 0x80 to 0x9F; a dot marks the five bytes that it leaves unassigned. */
const WINDOWS_1252_UPPER = '€.‚ƒ„…†‡ˆ‰Š‹Œ.Ž..‘’“”•–—˜™š›œ.žŸ'

/**
 * ISO-8859-1 is read as windows-1252, as browsers do: its 0x80 to 0x9F are control characters that nobody means, while
 * clients that label windows-1252 so are common, and their curly quotes and dashes would be lost. A byte that
 * windows-1252 leaves unassigned is the control character in the one and refused in the other.
 *
 * The table is ours because some releases of Node 20 to 23 decode windows-1252 as plain ISO-8859-1.
 */
function decodeWindows1252(bytes: Buffer, charset: 'iso-8859-1' | 'windows-1252'): string {
  return bytes.toString('latin1').replace(/[\x80-\x9f]/g, (character, offset: number) => {
    const mapped = WINDOWS_1252_UPPER[character.charCodeAt(0) - 0x80]!
    if (mapped !== '.') return mapped
    if (charset === 'iso-8859-1') return character
    throw new MessageTextError(
      `expected windows-1252, found the byte ${hexadecimal(character.charCodeAt(0))} at offset ${offset}, which it ` +
        'leaves unassigned: name the true charset in the Content-Type',
    )
  })
}

function hexadecimal(byte: number): string {
  return `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`
}

/** A name out of a header, cut and cleaned so that a message can quote it. */
function printable(name: string): string {
  return name.replace(/[^\x21-\x7e]/g, '?').slice(0, 40)
}
