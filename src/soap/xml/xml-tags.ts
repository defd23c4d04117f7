// The tags of a document and the elements that they leave open: names, nesting, and what is in force where.
// Knows the syntax of start and end tags and their depth limit; must not know content, nor who asks for what.
import { XmlAttributes } from './xml-attributes.js'
import type { XmlCursor } from './xml-cursor.js'
import { NamespaceScopes } from './xml-namespaces.js'

const SLASH = 0x2f
const COLON = 0x3a
const GREATER_THAN = 0x3e

export class XmlTags {
  /** Of the start tag that was read last. */
  localName = ''
  namespaceUri = ''
  /** It is an empty-element tag: its element still has to be closed, but no end tag follows. */
  isEmpty = false
  /** How many elements are open. */
  depth = 0
  readonly attributes: XmlAttributes
  readonly scopes = new NamespaceScopes()
  readonly #text: string
  readonly #cursor: XmlCursor
  readonly #depthMax: number
  /** Of each open element: where its name begins and ends in the text, and the namespace mark before its own. */
  readonly #nameFroms: number[] = []
  readonly #nameTos: number[] = []
  readonly #scopeMarks: number[] = []

  constructor(cursor: XmlCursor, depthMax: number, attributesMax: number) {
    this.#text = cursor.text
    this.#cursor = cursor
    this.#depthMax = depthMax
    this.attributes = new XmlAttributes(attributesMax)
  }

  /** From `<` on; the element is open afterwards. */
  readStart(): void {
    const cursor = this.#cursor
    const scopeMark = this.scopes.mark
    if (this.depth === this.#depthMax) {
      throw cursor.error(`expected at most ${this.#depthMax} elements inside each other, found more: nest less deeply`)
    }
    const nameFrom = cursor.offset + 1
    cursor.offset = nameFrom
    cursor.passName("an element name after '<'")
    let colon = -1
    if (this.#text.charCodeAt(cursor.offset) === COLON) {
      colon = cursor.offset++
      cursor.passName('the rest of an element name after its prefix')
    }
    const nameTo = cursor.offset
    this.attributes.clear()
    // Most tags end right after their name.
    if (this.#text.charCodeAt(nameTo) === GREATER_THAN) {
      cursor.offset = nameTo + 1
      this.isEmpty = false
    } else {
      this.#readAttributes()
    }
    this.#resolveName(nameFrom, nameTo, colon)
    this.#nameFroms[this.depth] = nameFrom
    this.#nameTos[this.depth] = nameTo
    this.#scopeMarks[this.depth] = scopeMark
    this.depth++
  }

  /** From `</` on; closes the innermost element. */
  readEnd(): void {
    const cursor = this.#cursor
    const text = this.#text
    const nameFrom = this.#nameFroms[this.depth - 1]!
    const nameTo = this.#nameTos[this.depth - 1]!
    let at = cursor.offset + 2
    // Unit by unit against the start tag's own place: no name is cut out of the text only to be compared.
    for (let i = nameFrom; i < nameTo; i++, at++) {
      if (text.charCodeAt(i) !== text.charCodeAt(at)) throw this.#mismatch()
    }
    if (text.charCodeAt(at) !== GREATER_THAN) {
      cursor.offset = at
      cursor.passSpace()
      if (text.charCodeAt(cursor.offset) !== GREATER_THAN) {
        throw cursor.error(`expected '>' at the end of </${this.innermostName()}, found ${cursor.found()}`)
      }
      at = cursor.offset
    }
    cursor.offset = at + 1
    this.close()
  }

  /** Closes the innermost element: its attributes and declarations end with it. */
  close(): void {
    this.depth--
    this.attributes.clear()
    this.scopes.closeTo(this.#scopeMarks[this.depth]!)
  }

  /** The innermost open element's name as it was written. */
  innermostName(): string {
    return this.#text.slice(this.#nameFroms[this.depth - 1], this.#nameTos[this.depth - 1])
  }

  /** From the end of the element's name to the end of its tag. */
  #readAttributes(): void {
    const cursor = this.#cursor
    for (;;) {
      const spaced = cursor.passSpace()
      const unit = this.#text.charCodeAt(cursor.offset)
      if (unit === GREATER_THAN || unit === SLASH) {
        this.isEmpty = unit === SLASH
        if (this.isEmpty && this.#text.charCodeAt(++cursor.offset) !== GREATER_THAN) {
          throw cursor.error(`expected '>' after '/' in a tag, found ${cursor.found()}`)
        }
        cursor.offset++
        break
      }
      if (!spaced) {
        throw cursor.error(`expected white space, '/>' or '>' in a start tag, found ${cursor.found()}`)
      }
      this.attributes.read(cursor, this.scopes)
    }
    this.attributes.resolve(cursor, this.scopes)
  }

  #resolveName(from: number, to: number, colon: number): void {
    const prefix = colon < 0 ? '' : this.#text.slice(from, colon)
    const namespace = this.scopes.resolve(prefix)
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

  #mismatch(): Error {
    const opened = this.#cursor.positionOf(this.#nameFroms[this.depth - 1]! - 1)
    return this.#cursor.error(
      `expected the end tag </${this.innermostName()}> for the element opened in line ${opened.line}, ` +
        'found the end tag of another: close elements in the order opposite to their opening',
    )
  }
}
