// The strict, bounded, namespace-aware pull reader for the XML subset that SOAP allows.
// It knows XML 1.0 and Namespaces 1.0; it must not know SOAP, WSDL or any type of ours.
import { XmlAttributes } from './xml-attributes.js'
import { XmlCursor } from './xml-cursor.js'
import type { XmlPosition } from './xml-error.js'
import { passComment, passCommentOutside, passDeclaration, passInstruction, readCdata } from './xml-markup.js'
import { NamespaceScopes } from './xml-namespaces.js'

export { XmlError, type XmlPosition } from './xml-error.js'

/** What a document may cost. Past any of these the reader refuses it. */
export interface XmlLimits {
  /** Elements open at the same time, the root included. */
  readonly depthMax: number
  /** Attributes of one element, namespace declarations included. */
  readonly attributesMax: number
  /** UTF-16 units of a local name or of a prefix. */
  readonly nameLengthMax: number
}

/** Far above what the contract needs (an envelope is some ten elements deep), far below what would hurt. */
export const defaultXmlLimits: XmlLimits = Object.freeze({ depthMax: 64, attributesMax: 256, nameLengthMax: 256 })

/**
 * Pull interface, positioned on elements. After `createXmlReader`, call `nextChild()` once to stand on the root's
 * start tag. Standing on a start tag, exactly one of `nextChild()` (enter), `text()` or `skip()` is called to consume
 * the element. What is wrong with the document is thrown as an XmlError; a call out of turn is a defect of the caller
 * and throws a plain Error.
 */
export interface XmlReader {
  /** Local name of the element whose start tag was read last. */
  readonly localName: string
  /** Namespace URI of that element, '' for none. */
  readonly namespaceUri: string
  /**
   * Moves to the next child of the element that is entered. True: stands on that child's start tag. False: the
   * entered element's end tag was consumed, and the reader is back in its parent. Character data in between is
   * checked and passed over.
   */
  nextChild(): boolean
  /** Value of an attribute of the element stood on, undefined where it has none. */
  attribute(namespaceUri: string, localName: string): string | undefined
  /**
   * Resolves a QName found in content (xsi:type) in the scope of the element stood on; white space around it does not
   * count. Undefined: unbound prefix, or no QName at all.
   */
  resolveQName(qName: string): { readonly namespaceUri: string; readonly localName: string } | undefined
  /**
   * All character data of the element stood on, references and CDATA resolved, consuming its end tag. Child elements
   * are checked and passed over; their text is not included.
   */
  text(): string
  /** Checks and passes over the element stood on with everything in it. */
  skip(): void
  /** After the root is consumed: refuses anything but white space, comments and processing instructions. */
  finish(): void
  /** Where the tag stands that was read last, for messages: a start tag, or the end tag of what was entered. */
  position(): XmlPosition
}

/** A reader before the root of `text`; nothing is read, and so nothing thrown, until the first `nextChild()`. */
export function createXmlReader(text: string, limits: XmlLimits): XmlReader {
  return new PullReader(text, limits)
}

const START_TAG = 1
const END_TAG = 2
const CDATA_SECTION = 3
const UNSEEN_MARKUP = 4

const EXCLAMATION_MARK = 0x21
const SLASH = 0x2f
const COLON = 0x3a
const LESS_THAN = 0x3c
const GREATER_THAN = 0x3e
const QUESTION_MARK = 0x3f

class PullReader implements XmlReader {
  localName = ''
  namespaceUri = ''
  readonly #text: string
  readonly #depthMax: number
  readonly #cursor: XmlCursor
  readonly #attributes: XmlAttributes
  readonly #scopes = new NamespaceScopes()
  /** Of each open element: where its name begins and ends in the text, and the namespace mark before its own. */
  readonly #nameFroms: number[] = []
  readonly #nameTos: number[] = []
  readonly #scopeMarks: number[] = []
  #depth = 0
  #tagOffset = 0
  #started = false
  /** On a start tag that is not consumed yet. */
  #standing = false
  /** That start tag is an empty-element tag. */
  #empty = false

  constructor(text: string, limits: XmlLimits) {
    this.#text = text
    this.#depthMax = limits.depthMax
    this.#cursor = new XmlCursor(text, limits.nameLengthMax)
    this.#attributes = new XmlAttributes(limits.attributesMax)
  }

  nextChild(): boolean {
    if (!this.#started) return this.#readRoot()
    if (this.#depth === 0) throw new Error('nextChild() was called after the root had been consumed')
    if (this.#standing) {
      this.#standing = false
      if (this.#empty) {
        this.#close()
        return false
      }
    }
    for (;;) {
      this.#cursor.readText(false)
      const markup = this.#classifyMarkup()
      if (markup === START_TAG) {
        this.#readStartTag()
        return true
      }
      if (markup === END_TAG) {
        this.#tagOffset = this.#cursor.offset
        this.#readEndTag()
        return false
      }
      if (markup === CDATA_SECTION) readCdata(this.#cursor, false)
    }
  }

  attribute(namespaceUri: string, localName: string): string | undefined {
    return this.#attributes.value(namespaceUri, localName)
  }

  resolveQName(qName: string): { readonly namespaceUri: string; readonly localName: string } | undefined {
    const parts = qName.trim().split(':')
    if (parts.length > 2 || parts.includes('')) return undefined
    const localName = parts[parts.length - 1]!
    const namespace = this.#scopes.resolve(parts.length === 2 ? parts[0]! : '')
    return namespace && { namespaceUri: namespace.uri, localName }
  }

  text(): string {
    if (this.#consumeEmpty('text')) return ''
    let value = ''
    for (;;) {
      value += this.#cursor.readText(true)
      const markup = this.#classifyMarkup()
      if (markup === END_TAG) {
        this.#readEndTag()
        return value
      }
      if (markup === START_TAG) {
        this.#readStartTag()
        this.skip()
      } else if (markup === CDATA_SECTION) {
        value += readCdata(this.#cursor, true)
      }
    }
  }

  skip(): void {
    if (this.#consumeEmpty('skip')) return
    const depthOutside = this.#depth - 1
    while (this.#depth > depthOutside) {
      this.#cursor.readText(false)
      const markup = this.#classifyMarkup()
      if (markup === END_TAG) {
        this.#readEndTag()
      } else if (markup === START_TAG) {
        this.#readStartTag()
        this.#standing = false
        if (this.#empty) this.#close()
      } else if (markup === CDATA_SECTION) {
        readCdata(this.#cursor, false)
      }
    }
  }

  finish(): void {
    if (!this.#started || this.#depth > 0) throw new Error('finish() was called before the root was consumed')
    this.#passOutside()
    if (this.#cursor.offset < this.#text.length) {
      throw this.#cursor.error(
        `expected the end of the text after the root element, found ${this.#cursor.found()}: a document has one root ` +
          'and no text outside it',
      )
    }
  }

  position(): XmlPosition {
    return this.#cursor.positionOf(this.#tagOffset)
  }

  #readRoot(): true {
    this.#started = true
    passDeclaration(this.#cursor)
    this.#passOutside()
    if (this.#text.charCodeAt(this.#cursor.offset) !== LESS_THAN) {
      throw this.#cursor.error(`expected the root element, found ${this.#cursor.found()}: a document starts with '<'`)
    }
    this.#readStartTag()
    return true
  }

  /** Passes over white space, comments and instructions before or after the root; refuses a DOCTYPE. */
  #passOutside(): void {
    const cursor = this.#cursor
    for (;;) {
      cursor.passSpace()
      if (this.#text.charCodeAt(cursor.offset) !== LESS_THAN) return
      const unit = this.#text.charCodeAt(cursor.offset + 1)
      if (unit === QUESTION_MARK) passInstruction(cursor)
      else if (unit === EXCLAMATION_MARK) passCommentOutside(cursor)
      else return
    }
  }

  /** Says what stands at the `<` that text ended at; comments and instructions are passed over at once. */
  #classifyMarkup(): number {
    const cursor = this.#cursor
    if (cursor.offset >= this.#text.length) {
      throw cursor.error(
        `expected the end tag </${this.#openName()}>, found the end of the text: the message is cut off`,
      )
    }
    const unit = this.#text.charCodeAt(cursor.offset + 1)
    if (unit === SLASH) return END_TAG
    if (unit === QUESTION_MARK) {
      passInstruction(cursor)
      return UNSEEN_MARKUP
    }
    if (unit !== EXCLAMATION_MARK) return START_TAG
    if (this.#text.startsWith('<![CDATA[', cursor.offset)) return CDATA_SECTION
    if (!this.#text.startsWith('<!--', cursor.offset)) {
      throw cursor.error("expected a comment or a CDATA section after '<!', found neither: write '<' in text as &lt;")
    }
    passComment(cursor)
    return UNSEEN_MARKUP
  }

  #readStartTag(): void {
    const cursor = this.#cursor
    const tagOffset = cursor.offset
    const scopeMark = this.#scopes.mark
    if (this.#depth === this.#depthMax) {
      throw cursor.error(`expected at most ${this.#depthMax} elements inside each other, found more: nest less deeply`)
    }
    const nameFrom = tagOffset + 1
    cursor.offset = nameFrom
    cursor.passName("an element name after '<'")
    let colon = -1
    if (this.#text.charCodeAt(cursor.offset) === COLON) {
      colon = cursor.offset++
      cursor.passName('the rest of an element name after its prefix')
    }
    const nameTo = cursor.offset
    this.#attributes.clear()
    // Most tags end right after their name.
    if (this.#text.charCodeAt(nameTo) === GREATER_THAN) {
      cursor.offset = nameTo + 1
      this.#empty = false
    } else {
      this.#readAttributes()
    }
    this.#resolveName(nameFrom, nameTo, colon)
    this.#nameFroms[this.#depth] = nameFrom
    this.#nameTos[this.#depth] = nameTo
    this.#scopeMarks[this.#depth] = scopeMark
    this.#depth++
    this.#tagOffset = tagOffset
    this.#standing = true
  }

  /** From the end of the element's name to the end of its tag. */
  #readAttributes(): void {
    const cursor = this.#cursor
    for (;;) {
      const spaced = cursor.passSpace()
      const unit = this.#text.charCodeAt(cursor.offset)
      if (unit === GREATER_THAN || unit === SLASH) {
        this.#empty = unit === SLASH
        if (this.#empty && this.#text.charCodeAt(++cursor.offset) !== GREATER_THAN) {
          throw cursor.error(`expected '>' after '/' in a tag, found ${cursor.found()}`)
        }
        cursor.offset++
        break
      }
      if (!spaced) {
        throw cursor.error(`expected white space, '/>' or '>' in a start tag, found ${cursor.found()}`)
      }
      this.#attributes.read(cursor, this.#scopes)
    }
    this.#attributes.resolve(cursor, this.#scopes)
  }

  #resolveName(from: number, to: number, colon: number): void {
    const prefix = colon < 0 ? '' : this.#text.slice(from, colon)
    const namespace = this.#scopes.resolve(prefix)
    this.localName = this.#text.slice(colon < 0 ? from : colon + 1, to)
    if (namespace === undefined) {
      throw this.#cursor.error(
        `expected a declared prefix, found ${prefix} in the element ${prefix}:${this.localName}: ` +
          `declare it with xmlns:${prefix}`,
        from,
      )
    }
    this.namespaceUri = namespace.uri
  }

  #readEndTag(): void {
    const cursor = this.#cursor
    const text = this.#text
    const nameFrom = this.#nameFroms[this.#depth - 1]!
    const nameTo = this.#nameTos[this.#depth - 1]!
    let at = cursor.offset + 2
    // Unit by unit against the start tag's own place: no name is cut out of the text only to be compared.
    for (let i = nameFrom; i < nameTo; i++, at++) {
      if (text.charCodeAt(i) !== text.charCodeAt(at)) throw this.#mismatch()
    }
    if (text.charCodeAt(at) !== GREATER_THAN) {
      cursor.offset = at
      cursor.passSpace()
      if (text.charCodeAt(cursor.offset) !== GREATER_THAN) {
        throw cursor.error(`expected '>' at the end of </${this.#openName()}, found ${cursor.found()}`)
      }
      at = cursor.offset
    }
    cursor.offset = at + 1
    this.#close()
  }

  #mismatch(): Error {
    const opened = this.#cursor.positionOf(this.#nameFroms[this.#depth - 1]! - 1)
    return this.#cursor.error(
      `expected the end tag </${this.#openName()}> for the element opened in line ${opened.line}, ` +
        'found the end tag of another: close elements in the order opposite to their opening',
    )
  }

  #openName(): string {
    return this.#text.slice(this.#nameFroms[this.#depth - 1], this.#nameTos[this.#depth - 1])
  }

  /** Takes the start tag as read; true where the element ends with it. */
  #consumeEmpty(call: string): boolean {
    if (!this.#standing) throw new Error(`${call}() was called while the reader stood on no start tag`)
    this.#standing = false
    if (this.#empty) this.#close()
    return this.#empty
  }

  #close(): void {
    this.#depth--
    this.#attributes.clear()
    this.#scopes.closeTo(this.#scopeMarks[this.#depth]!)
  }
}
