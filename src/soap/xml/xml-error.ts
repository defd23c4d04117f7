// What is wrong with an XML text, and where. Knows how lines and columns are counted; must not know any rule of XML
// beyond its line ends.

/** Where in the text something is wrong: `offset` in UTF-16 units, `line` and `column` from 1. */
export interface XmlPosition {
  readonly offset: number
  readonly line: number
  readonly column: number
}

/** The text is not what XML allows, or costs more than the limits do. The message says what was expected and found. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
  readonly position: XmlPosition
  constructor(message: string, position: XmlPosition) {
    super(message)
    this.position = position
  }
}

/**
 * Gives positions for offsets of one text. Asking in rising order costs one pass over the text in all, so a caller
 * that collects a finding for each of many elements stays linear. Columns count UTF-16 units, as editors do.
 */
export class LineCounter {
  readonly #text: string
  #line = 1
  #lineStart = 0
  #counted = 0

  constructor(text: string) {
    this.#text = text
  }

  at(offset: number): XmlPosition {
    if (offset < this.#counted) this.#restart()
    for (let i = this.#counted; i < offset; i++) {
      const unit = this.#text.charCodeAt(i)
      // A carriage return before a line feed is no line end of its own, or Windows texts would count each line twice.
      if (unit === 0x0a || (unit === 0x0d && this.#text.charCodeAt(i + 1) !== 0x0a)) {
        this.#line++
        this.#lineStart = i + 1
      }
    }
    this.#counted = offset
    return { offset, line: this.#line, column: offset - this.#lineStart + 1 }
  }

  #restart(): void {
    this.#line = 1
    this.#lineStart = 0
    this.#counted = 0
  }
}
