// A place in an XML text, and the smallest things that can be read there: white space, names, references, character
// data, attribute values. Knows characters and their normalisation; must not know elements, nesting or namespaces.
import {
  characterClasses,
  describeCharacterAt,
  isLegalCodePoint,
  isNamePairAt,
  isPairAt,
  LEGAL,
  NAME,
  NAME_START,
  PLAIN_TEXT,
  PLAIN_VALUE,
  SPACE,
} from './xml-characters.js'
import { LineCounter, XmlError, type XmlPosition } from './xml-error.js'

const TAB = 0x09
const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d
const DOUBLE_QUOTE = 0x22
const AMPERSAND = 0x26
const SINGLE_QUOTE = 0x27
const LESS_THAN = 0x3c
const RIGHT_BRACKET = 0x5d

export class XmlCursor {
  readonly text: string
  offset = 0
  readonly #nameLengthMax: number
  readonly #lines: LineCounter

  constructor(text: string, nameLengthMax: number) {
    this.text = text
    this.#nameLengthMax = nameLengthMax
    this.#lines = new LineCounter(text)
  }

  positionOf(offset: number): XmlPosition {
    return this.#lines.at(offset)
  }

  /** An error at `offset`; its message ends with the line and the column. */
  error(message: string, offset = this.offset): XmlError {
    const position = this.positionOf(offset)
    return new XmlError(`${message} (line ${position.line}, column ${position.column})`, position)
  }

  /** What stands at `offset`, for messages: one character, so that no message carries personal data along. */
  found(offset = this.offset): string {
    return describeCharacterAt(this.text, offset)
  }

  /** Passes over white space; true where there was some. */
  passSpace(): boolean {
    const { text } = this
    const from = this.offset
    let at = from
    while (at < text.length && (characterClasses[text.charCodeAt(at)]! & SPACE) !== 0) at++
    this.offset = at
    return at > from
  }

  /** Passes over one NCName; `what` names the thing for the message where none begins here. */
  passName(what: string): void {
    const { text } = this
    const from = this.offset
    let at = from
    if (at < text.length && (characterClasses[text.charCodeAt(at)]! & NAME_START) !== 0) at++
    else if (isNamePairAt(text, at)) at += 2
    else throw this.error(`expected ${what}, found ${this.found()}: a name starts with a letter or an underscore`)
    for (;;) {
      while (at < text.length && (characterClasses[text.charCodeAt(at)]! & NAME) !== 0) at++
      if (!isNamePairAt(text, at)) break
      at += 2
    }
    if (at - from > this.#nameLengthMax) {
      throw this.error(`expected ${what} of at most ${this.#nameLengthMax} characters, found ${at - from}: shorten it`)
    }
    this.offset = at
  }

  /**
   * Reads character data up to the next `<` or the end of the text, references resolved and line ends normalised.
   * Where `keep` is false it only checks, and gives ''.
   */
  readText(keep: boolean): string {
    const { text } = this
    let pieceFrom = this.offset
    let at = pieceFrom
    let pieces = ''
    let hasReturn = false
    for (;;) {
      while (at < text.length && (characterClasses[text.charCodeAt(at)]! & PLAIN_TEXT) !== 0) at++
      if (at === text.length) break
      const unit = text.charCodeAt(at)
      if (unit === LESS_THAN) break
      if (unit === AMPERSAND) {
        const character = this.#readReference(at)
        if (keep) pieces += cut(text, pieceFrom, at, hasReturn) + character
        pieceFrom = at = this.offset
        hasReturn = false
      } else if (unit === CARRIAGE_RETURN) {
        hasReturn = true
        at++
      } else if (unit === RIGHT_BRACKET) {
        if (text.startsWith(']]>', at)) {
          throw this.error("expected text, found ']]>' outside a CDATA section: write it as ]]&gt;", at)
        }
        at++
      } else {
        at = this.passPair(at)
      }
    }
    this.offset = at
    return keep ? pieces + cut(text, pieceFrom, at, hasReturn) : ''
  }

  /** Reads a quoted attribute value from its opening quote on, normalised as XML 1.0 section 3.3.3 asks. */
  readValue(): string {
    const { text } = this
    const quote = text.charCodeAt(this.offset)
    if (quote !== DOUBLE_QUOTE && quote !== SINGLE_QUOTE) {
      throw this.error(`expected a quoted attribute value, found ${this.found()}: put it in quotes`)
    }
    const opening = this.offset
    let pieceFrom = opening + 1
    let at = pieceFrom
    let pieces = ''
    for (;;) {
      while (at < text.length && (characterClasses[text.charCodeAt(at)]! & PLAIN_VALUE) !== 0) at++
      if (at === text.length) {
        throw this.error('expected the closing quote of an attribute value, found the end of the text', opening)
      }
      const unit = text.charCodeAt(at)
      if (unit === quote) break
      if (unit === DOUBLE_QUOTE || unit === SINGLE_QUOTE) {
        at++
      } else if (unit === AMPERSAND) {
        pieces += text.slice(pieceFrom, at)
        pieces += this.#readReference(at)
        pieceFrom = at = this.offset
      } else if (unit === TAB || unit === LINE_FEED || unit === CARRIAGE_RETURN) {
        pieces += `${text.slice(pieceFrom, at)} `
        at += unit === CARRIAGE_RETURN && text.charCodeAt(at + 1) === LINE_FEED ? 2 : 1
        pieceFrom = at
      } else if (unit === LESS_THAN) {
        throw this.error("expected an attribute value, found '<' in it: write it as &lt;", at)
      } else {
        at = this.passPair(at)
      }
    }
    this.offset = at + 1
    return pieces + text.slice(pieceFrom, at)
  }

  /** Refuses any illegal character between two offsets: for comments, instructions and CDATA sections. */
  checkLegal(from: number, to: number): void {
    const { text } = this
    let at = from
    while (at < to) {
      if ((characterClasses[text.charCodeAt(at)]! & LEGAL) !== 0) at++
      else at = this.passPair(at)
    }
  }

  /** The offset after the pair at `at`; refuses what is no pair, which at these places is an illegal character. */
  passPair(at: number): number {
    if (isPairAt(this.text, at)) return at + 2
    throw this.error(`expected a character that XML allows, found ${this.found(at)}: remove it`, at)
  }

  /** Reads the reference whose `&` stands at `at`, and moves past its semicolon. */
  #readReference(at: number): string {
    const { text } = this
    if (text.charCodeAt(at + 1) === 0x23) return this.#readNumericReference(at)
    if (text.startsWith('lt;', at + 1)) return this.#passReference(at + 4, '<')
    if (text.startsWith('gt;', at + 1)) return this.#passReference(at + 4, '>')
    if (text.startsWith('amp;', at + 1)) return this.#passReference(at + 5, '&')
    if (text.startsWith('quot;', at + 1)) return this.#passReference(at + 6, '"')
    if (text.startsWith('apos;', at + 1)) return this.#passReference(at + 6, "'")
    throw this.error(
      `expected one of &lt; &gt; &amp; &quot; &apos; or a numeric reference, found '&' before ` +
        `${this.found(at + 1)}: SOAP messages have no other entities, and a bare ampersand is written &amp;`,
      at,
    )
  }

  #passReference(end: number, character: string): string {
    this.offset = end
    return character
  }

  #readNumericReference(at: number): string {
    const { text } = this
    const isHexadecimal = text.charCodeAt(at + 2) === 0x78
    const radix = isHexadecimal ? 16 : 10
    const digitsFrom = at + (isHexadecimal ? 3 : 2)
    let end = digitsFrom
    let codePoint = 0
    for (; ; end++) {
      const digit = digitAt(text, end)
      if (digit >= radix) break
      // Capped, or enough digits would become an Infinity, or wrap round to a legal character.
      codePoint = Math.min(codePoint * radix + digit, 0x110000)
    }
    if (end === digitsFrom || text.charCodeAt(end) !== 0x3b) {
      const expected = end === digitsFrom ? `a ${isHexadecimal ? 'hexadecimal' : 'decimal'} digit` : "';' or a digit"
      throw this.error(`expected ${expected} in a numeric reference, found ${this.found(end)}`, end)
    }
    if (!isLegalCodePoint(codePoint)) {
      throw this.error('expected a reference to a character that XML allows, found one that it forbids: remove it', at)
    }
    this.offset = end + 1
    return String.fromCodePoint(codePoint)
  }
}

/**
 * Makes every line end a line feed (XML 1.0 section 2.11). Splitting and joining stays fast where each second
 * character is a carriage return; replacing one by one does not.
 */
export function normaliseLineEnds(text: string): string {
  return text.split('\r\n').join('\n').split('\r').join('\n')
}

function cut(text: string, from: number, to: number, hasReturn: boolean): string {
  const piece = text.slice(from, to)
  return hasReturn ? normaliseLineEnds(piece) : piece
}

/** The value of the ASCII digit at `offset`, hexadecimal ones included; 99 for anything else. */
function digitAt(text: string, offset: number): number {
  const unit = text.charCodeAt(offset)
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30
  const lower = unit | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 99
}
