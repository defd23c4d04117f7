// The strict, bounded, namespace-aware pull reader for the XML subset that SOAP allows.
// It knows XML 1.0 and Namespaces 1.0; it must not know SOAP, WSDL or any type of ours.
import { XmlCursor } from './xml-cursor.js'
import type { XmlPosition } from './xml-error.js'
import { passComment, passDeclaration, passInstruction, passOutside, readCdata } from './xml-markup.js'
import { XmlTags } from './xml-tags.js'

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
const LESS_THAN = 0x3c
const QUESTION_MARK = 0x3f

class PullReader implements XmlReader {
  readonly #text: string
  readonly #cursor: XmlCursor
  readonly #tags: XmlTags
  #tagOffset = 0
  #started = false
  /** On a start tag that is not consumed yet. */
  #standing = false

  constructor(text: string, limits: XmlLimits) {
    this.#text = text
    this.#cursor = new XmlCursor(text, limits.nameLengthMax)
    this.#tags = new XmlTags(this.#cursor, limits.depthMax, limits.attributesMax)
  }

  get localName(): string {
    return this.#tags.localName
  }

  get namespaceUri(): string {
    return this.#tags.namespaceUri
  }

  nextChild(): boolean {
    if (!this.#started) return this.#readRoot()
    if (this.#tags.depth === 0) throw new Error('nextChild() was called after the root had been consumed')
    if (this.#standing) {
      this.#standing = false
      if (this.#tags.isEmpty) {
        this.#tags.close()
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
        this.#tags.readEnd()
        return false
      }
      if (markup === CDATA_SECTION) readCdata(this.#cursor, false)
    }
  }

  attribute(namespaceUri: string, localName: string): string | undefined {
    return this.#tags.attributes.value(namespaceUri, localName)
  }

  resolveQName(qName: string): { readonly namespaceUri: string; readonly localName: string } | undefined {
    const match = /^[\t\n\r ]*(?:([^:\s]+):)?([^:\s]+)[\t\n\r ]*$/.exec(qName)
    if (match === null) return undefined
    const localName = match[2]!
    const namespace = this.#tags.scopes.resolve(match[1] ?? '')
    return namespace && { namespaceUri: namespace.uri, localName }
  }

  text(): string {
    if (this.#consumeEmpty('text')) return ''
    let value = ''
    for (;;) {
      value += this.#cursor.readText(true)
      const markup = this.#classifyMarkup()
      if (markup === END_TAG) {
        this.#tags.readEnd()
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
    const depthOutside = this.#tags.depth - 1
    while (this.#tags.depth > depthOutside) {
      this.#cursor.readText(false)
      const markup = this.#classifyMarkup()
      if (markup === END_TAG) {
        this.#tags.readEnd()
      } else if (markup === START_TAG) {
        this.#readStartTag()
        this.#standing = false
        if (this.#tags.isEmpty) this.#tags.close()
      } else if (markup === CDATA_SECTION) {
        readCdata(this.#cursor, false)
      }
    }
  }

  finish(): void {
    if (!this.#started || this.#tags.depth > 0) throw new Error('finish() was called before the root was consumed')
    passOutside(this.#cursor)
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
    passOutside(this.#cursor)
    if (this.#text.charCodeAt(this.#cursor.offset) !== LESS_THAN) {
      throw this.#cursor.error(`expected the root element, found ${this.#cursor.found()}: a document starts with '<'`)
    }
    this.#readStartTag()
    return true
  }

  /** Says what stands at the `<` that text ended at; comments and instructions are passed over at once. */
  #classifyMarkup(): number {
    const cursor = this.#cursor
    if (cursor.offset >= this.#text.length) {
      throw cursor.error(
        `expected the end tag </${this.#tags.innermostName()}>, found the end of the text: the message is cut off`,
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
    this.#tagOffset = this.#cursor.offset
    this.#tags.readStart()
    this.#standing = true
  }

  /** Takes the start tag as read; true where the element ends with it. */
  #consumeEmpty(call: string): boolean {
    if (!this.#standing) throw new Error(`${call}() was called while the reader stood on no start tag`)
    this.#standing = false
    if (this.#tags.isEmpty) this.#tags.close()
    return this.#tags.isEmpty
  }
}
