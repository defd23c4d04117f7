// How the charset of a message is decided, and that bytes which are not valid in it are refused.
import t from 'tap'
import { decodeMessageText, MessageTextError } from '../../src/soap/codec/message-text.js'

const bytes = (...parts: (string | number[] | Buffer)[]) =>
  Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))))
const utf8 = (text: string) => Buffer.from(text, 'utf8')
const utf16le = (text: string) => Buffer.from(text, 'utf16le')
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()
const utf8Mark = [0xef, 0xbb, 0xbf]
const leMark = [0xff, 0xfe]
const beMark = [0xfe, 0xff]

/** The message of the refusal; fails the test where there is none. */
function refusalOf(body: Uint8Array, contentType?: string): string {
  try {
    return `nothing refused: ${decodeMessageText(body, contentType)}`
  } catch (error) {
    if (error instanceof MessageTextError) return error.message
    throw error
  }
}

t.test('without any sign the text is UTF-8', async t => {
  t.equal(decodeMessageText(utf8('<a>Zoë 株 😀</a>'), undefined), '<a>Zoë 株 😀</a>')
  t.equal(decodeMessageText(utf8('<a>Zoë</a>'), 'text/xml'), '<a>Zoë</a>', 'text/xml does not mean US-ASCII any more')
  t.equal(decodeMessageText(utf8(''), undefined), '')
})

t.test('a byte order mark outweighs the Content-Type and the declaration, and is no part of the text', async t => {
  const declared = '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'

  t.equal(decodeMessageText(bytes(utf8Mark, utf8(declared)), 'text/xml; charset=iso-8859-1'), declared)
  t.equal(decodeMessageText(bytes(leMark, utf16le(declared)), 'text/xml; charset=utf-8'), declared)
  t.equal(decodeMessageText(bytes(beMark, utf16be(declared)), 'text/xml; charset=utf-8'), declared)
})

t.test('the Content-Type outweighs the declaration', async t => {
  const declared = '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'

  t.equal(decodeMessageText(utf8(declared), 'text/xml; charset=utf-8'), declared)
  t.equal(
    decodeMessageText(bytes('<?xml version="1.0" encoding="utf-8"?><a>\xe9</a>'), 'text/xml;charset=latin1').at(-5),
    'é',
  )
})

t.test('the declaration decides where nothing else does', async t => {
  for (const declaration of [
    '<?xml version="1.0" encoding="ISO-8859-1"?>',
    "<?xml version='1.0'\n encoding = 'windows-1252' standalone='no'?>",
  ]) {
    t.equal(decodeMessageText(bytes(declaration, '<a>\xe9</a>'), 'text/xml'), `${declaration}<a>é</a>`)
  }
})

t.test('only the declaration itself is looked at for an encoding', async t => {
  const text = '<?xml version="1.0"?><a> encoding="iso-8859-1"?>é</a>'
  t.equal(decodeMessageText(utf8(text), undefined), text)

  const instruction = '<?xml-x y encoding="iso-8859-1"?><a>é</a>'
  t.equal(decodeMessageText(utf8(instruction), undefined), instruction)
})

t.test('the charset parameter is found in any case, quoted or not, among other parameters', async t => {
  for (const contentType of [
    'text/xml;charset=ISO-8859-1',
    'text/xml; Charset="iso-8859-1"',
    "text/xml; charset='iso-8859-1'",
    'text/xml ; action="urn:a;charset=utf-8" ; charset = iso-8859-1 ; x=y',
    'application/soap+xml; action="a\\"; charset=utf-8"; CHARSET=Latin1',
  ]) {
    t.equal(decodeMessageText(bytes('\xe9'), contentType), 'é', contentType)
  }
})

t.test('an empty charset parameter counts as none', async t => {
  t.equal(decodeMessageText(utf8('é'), 'text/xml; charset='), 'é')
  t.equal(decodeMessageText(utf8('é'), 'text/xml; charset=""'), 'é')
})

t.test('UTF-16 is read with and without a mark, in both byte orders, whatever names it', async t => {
  const text = '<?xml version="1.0" encoding="utf-16"?><a>Zoë 😀</a>'

  t.equal(decodeMessageText(bytes(leMark, utf16le(text)), 'text/xml; charset=utf-16'), text)
  t.equal(decodeMessageText(utf16le(text), undefined), text)
  t.equal(decodeMessageText(utf16be(text), undefined), text)
  t.equal(decodeMessageText(utf16be(text), 'text/xml; charset=utf-16'), text)
  t.equal(decodeMessageText(utf16le(text), 'text/xml; charset=UTF-16LE'), text)
  t.equal(decodeMessageText(utf16be(text), 'text/xml; charset=utf-16be'), text)
})

t.test('the body is read from its own place in a larger buffer', async t => {
  const pool = bytes('<before/>', utf8('<a>é</a>'), '<after/>')
  const body = new Uint8Array(pool.buffer, pool.byteOffset + 9, 9)

  t.equal(decodeMessageText(body, undefined), '<a>é</a>')
})

t.test('reading big-endian text leaves the caller its bytes', async t => {
  const body = bytes(beMark, utf16be('<a/>'))
  const before = Buffer.from(body)

  decodeMessageText(body, undefined)

  t.same(body, before)
})

t.test('bytes that claim UTF-16 and are not are refused', async t => {
  const utf8Text = utf8('<?xml version="1.0" encoding="utf-16"?><a/>')

  t.match(refusalOf(utf8Text), /expected UTF-16, as the XML declaration says.*charset=utf-8/)
  t.match(refusalOf(utf8Text, 'text/xml; charset=utf-16'), /as the charset parameter of the Content-Type says/)
  t.match(refusalOf(bytes(leMark, utf16le('<a/>'), [0x20])), /odd number of bytes/)
  t.match(refusalOf(bytes(leMark, utf16le('<a>'), [0x00, 0xd8], utf16le('</a>'))), /half a surrogate pair at unit 3/)
  t.match(refusalOf(bytes(leMark, utf16le('<a>'), [0x00, 0xdc])), /half a surrogate pair at unit 3/)
})

t.test('ISO-8859-1 gives curly quotes where a client that means windows-1252 sends them', async t => {
  t.equal(decodeMessageText(bytes('\xe9\xff\x92\x80'), 'text/xml; charset=iso-8859-1'), 'éÿ’€')
  t.equal(decodeMessageText(bytes('\x81'), 'text/xml; charset=iso-8859-1'), '\x81')
})

t.test('windows-1252 has every assigned character, and what it leaves unassigned is refused', async t => {
  const upper = bytes(
    Array.from({ length: 128 }, (_, i) => 0x80 + i).filter(byte => ![0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte)),
  )
  const whatwg = new TextDecoder('windows-1252')

  const decoded = decodeMessageText(upper, 'text/xml; charset=Windows-1252')

  t.equal(decoded.length, 123)
  t.equal(decoded.slice(0, 6), '€‚ƒ„…†')
  // Byte by byte, because some releases of Node decode a longer run as plain ISO-8859-1.
  if (whatwg.decode(Uint8Array.of(0x80)) === '€') {
    t.equal(decoded, [...upper].map(byte => whatwg.decode(Uint8Array.of(byte))).join(''))
  }
  for (const byte of [0x81, 0x8d, 0x8f, 0x90, 0x9d]) {
    t.match(refusalOf(bytes('abc', [byte]), 'text/xml; charset=cp1252'), /at offset 3, which it leaves unassigned/)
  }
})

t.test('US-ASCII has no byte above 0x7F', async t => {
  t.equal(decodeMessageText(bytes('<a/>'), 'text/xml; charset=us-ascii'), '<a/>')
  t.match(refusalOf(utf8('<a>é</a>'), 'text/xml; charset="US-ASCII"'), /found the byte 0xC3 at offset 3/)
})

t.test('invalid UTF-8 is refused with the first wrong byte and its offset', async t => {
  for (const [body, byte, offset] of [
    [bytes('<a>\xe9</a>'), '0xE9', 3],
    [bytes(utf8('é\ufffd'), [0xff]), '0xFF', 5],
    [bytes(utf8('\ufffd\ufffd'), [0xc0, 0x80]), '0xC0', 6],
    [bytes('a', [0xed, 0xa0, 0x80]), '0xED', 1],
    [bytes('a', [0xf4, 0x90, 0x80, 0x80]), '0xF4', 1],
    [bytes('ab', [0xe2, 0x82]), '0xE2', 2],
  ] as const) {
    t.match(refusalOf(body), `found the invalid byte ${byte} at offset ${offset}`)
  }
})

t.test('an unknown charset is refused with its name', async t => {
  t.match(
    refusalOf(utf8('<a/>'), 'text/xml; charset=Shift_JIS'),
    /found 'Shift_JIS' in the charset parameter of the Content-Type/,
  )
  t.match(refusalOf(utf8('<?xml version="1.0" encoding="EUC-JP"?><a/>')), /found 'EUC-JP' in the XML declaration/)
  t.match(refusalOf(bytes([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0])), /UTF-32/)
})

t.test('a refusal quotes a charset cut and without control characters', async t => {
  const refusal = refusalOf(utf8('<a/>'), `text/xml; charset="x\x07${'y'.repeat(100)}"`)

  t.match(refusal, `'x?${'y'.repeat(38)}'`)
})
