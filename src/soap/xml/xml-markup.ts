// What may stand in a document besides elements: the XML declaration, comments, processing instructions, CDATA
// sections. Knows their syntax and that SOAP forbids a DTD; must not know where in the document they stand.
import { characterClasses, SPACE } from './xml-characters.js'
import { normaliseLineEnds, type XmlCursor } from './xml-cursor.js'

const BYTE_ORDER_MARK = 0xfeff

/** Passes over a byte order mark and the XML declaration, where there are any, at the start of the text. */
export function passDeclaration(cursor: XmlCursor): void {
  const { text } = cursor
  if (text.charCodeAt(0) === BYTE_ORDER_MARK) cursor.offset = 1
  if (!text.startsWith('<?xml', cursor.offset)) return
  // <?xml-stylesheet is an ordinary instruction.
  if (cursor.offset + 5 < text.length && !isSpaceAt(text, cursor.offset + 5)) return
  cursor.offset += 5
  requireSpace(cursor)
  const version = readPseudoAttribute(cursor, 'version')
  if (version !== '1.0') {
    throw cursor.error('expected version="1.0" in the XML declaration, found something else: SOAP 1.1 is XML 1.0')
  }
  let spaced = cursor.passSpace()
  if (text.startsWith('encoding', cursor.offset)) {
    if (!spaced) requireSpace(cursor)
    requireEncodingName(cursor, readPseudoAttribute(cursor, 'encoding'))
    spaced = cursor.passSpace()
  }
  if (text.startsWith('standalone', cursor.offset)) {
    if (!spaced) requireSpace(cursor)
    const standalone = readPseudoAttribute(cursor, 'standalone')
    if (standalone !== 'yes' && standalone !== 'no') {
      throw cursor.error('expected standalone="yes" or "no" in the XML declaration, found something else')
    }
    cursor.passSpace()
  }
  if (!text.startsWith('?>', cursor.offset)) {
    throw cursor.error(
      `expected '?>' at the end of the XML declaration, found ${cursor.found()}: it holds version, encoding and ` +
        'standalone, in this order, and nothing else',
    )
  }
  cursor.offset += 2
}

function readPseudoAttribute(cursor: XmlCursor, name: string): string {
  if (!cursor.text.startsWith(name, cursor.offset)) {
    throw cursor.error(`expected ${name}= in the XML declaration, found ${cursor.found()}`)
  }
  cursor.offset += name.length
  cursor.passSpace()
  if (cursor.text[cursor.offset] !== '=') {
    throw cursor.error(`expected '=' after ${name} in the XML declaration, found ${cursor.found()}`)
  }
  cursor.offset++
  cursor.passSpace()
  const quote = cursor.text[cursor.offset]
  if (quote !== '"' && quote !== "'") {
    throw cursor.error(`expected a quote around the ${name} in the XML declaration, found ${cursor.found()}`)
  }
  const from = cursor.offset + 1
  const to = cursor.text.indexOf(quote, from)
  if (to < 0) throw cursor.error(`expected a quote after the ${name} in the XML declaration, found none`)
  cursor.offset = to + 1
  return cursor.text.slice(from, to)
}

function requireEncodingName(cursor: XmlCursor, name: string): void {
  if (/^[A-Za-z][A-Za-z0-9._-]*$/.test(name)) return
  throw cursor.error('expected an encoding name such as UTF-8 in the XML declaration, found something else')
}

/** Passes over white space, comments and instructions before or after the root; refuses a DOCTYPE. */
export function passOutside(cursor: XmlCursor): void {
  for (;;) {
    cursor.passSpace()
    if (cursor.text.startsWith('<?', cursor.offset)) passInstruction(cursor)
    else if (cursor.text.startsWith('<!', cursor.offset)) passCommentOutside(cursor)
    else return
  }
}

/** From `<!` on, outside elements: passes over a comment and refuses anything else, a DOCTYPE by its name. */
function passCommentOutside(cursor: XmlCursor): void {
  if (cursor.text.startsWith('<!--', cursor.offset)) {
    passComment(cursor)
    return
  }
  if (cursor.text.startsWith('<!DOCTYPE', cursor.offset)) {
    throw cursor.error(
      'expected no document type declaration, found a DOCTYPE: SOAP 1.1 section 3 forbids it; remove it',
    )
  }
  throw cursor.error("expected '<!--' or the root element, found other markup that starts with '<!': remove it")
}

/** From `<!--` on. */
export function passComment(cursor: XmlCursor): void {
  const from = cursor.offset
  const end = cursor.text.indexOf('--', from + 4)
  if (end < 0) throw cursor.error("expected '-->' at the end of a comment, found the end of the text", from)
  cursor.checkLegal(from + 4, end)
  if (cursor.text[end + 2] !== '>') {
    throw cursor.error("expected '-->' at the end of a comment, found '--' inside it: write it otherwise", end)
  }
  cursor.offset = end + 3
}

/** From `<?` on. */
export function passInstruction(cursor: XmlCursor): void {
  const { text } = cursor
  const from = cursor.offset
  cursor.offset += 2
  cursor.passName('the target of a processing instruction')
  const target = text.slice(from + 2, cursor.offset)
  if (target.length === 3 && target.toLowerCase() === 'xml') {
    throw cursor.error(
      `expected a processing instruction, found the target '${target}': the XML declaration stands at the very start ` +
        'of the text, in lower case, and nowhere else',
      from,
    )
  }
  if (!text.startsWith('?>', cursor.offset)) requireSpace(cursor)
  const end = text.indexOf('?>', cursor.offset)
  if (end < 0)
    throw cursor.error("expected '?>' at the end of a processing instruction, found the end of the text", from)
  cursor.checkLegal(cursor.offset, end)
  cursor.offset = end + 2
}

/** From `<![CDATA[` on. Its text with line ends normalised, '' where `keep` is false. */
export function readCdata(cursor: XmlCursor, keep: boolean): string {
  const from = cursor.offset + '<![CDATA['.length
  const to = cursor.text.indexOf(']]>', from)
  if (to < 0) throw cursor.error("expected ']]>' at the end of a CDATA section, found the end of the text")
  cursor.checkLegal(from, to)
  cursor.offset = to + 3
  if (!keep) return ''
  const content = cursor.text.slice(from, to)
  return content.includes('\r') ? normaliseLineEnds(content) : content
}

function requireSpace(cursor: XmlCursor): void {
  if (!cursor.passSpace()) throw cursor.error(`expected white space, found ${cursor.found()}`)
}

function isSpaceAt(text: string, offset: number): boolean {
  return offset < text.length && (characterClasses[text.charCodeAt(offset)]! & SPACE) !== 0
}
