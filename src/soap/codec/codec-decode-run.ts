// What one reading of a message carries along: where it stands, and what it found. Also the two xsi attributes that any
// element may have. It must not know shapes.

import type { XmlReader } from '../xml/xml-reader.js'
import type { Finding, UnknownChild } from './codec-findings.js'
import { xsiNamespace } from './codec-namespaces.js'

/** What one reading of a message collects beside the values. */
export interface DecodeReport {
  readonly findings: Finding[]
  onUnknown?(unknown: UnknownChild): void
}

/** One reading: the path of where it stands, rendered only when something is to be said about the place. */
export class DecodeRun {
  readonly #names: string[] = []
  readonly #indexes: number[] = []
  #depth = 0
  readonly #report: DecodeReport

  constructor(report: DecodeReport) {
    this.#report = report
  }

  /** `index` -1: the element is no item of a list. */
  enter(name: string, index: number): void {
    this.#names[this.#depth] = name
    this.#indexes[this.#depth++] = index
  }

  leave(): void {
    this.#depth--
  }

  find(message: string): void {
    this.#report.findings.push({ path: this.#path(), message })
  }

  passUnknown(reader: XmlReader, parent: object): void {
    if (this.#report.onUnknown === undefined) {
      reader.skip()
      return
    }
    const { localName } = reader
    this.#report.onUnknown({ path: `${this.#path()}.${localName}`, localName, text: reader.text(), parent })
  }

  #path(): string {
    let path = ''
    for (let i = 0; i < this.#depth; i++) {
      path += `${i === 0 ? '' : '.'}${this.#names[i]}${this.#indexes[i]! < 0 ? '' : `[${this.#indexes[i]}]`}`
    }
    return path
  }
}

/** The element stood on says xsi:nil. */
export function isNil(reader: XmlReader): boolean {
  const nil = reader.attribute(xsiNamespace, 'nil')
  return nil !== undefined && /^\s*(?:true|1)\s*$/i.test(nil)
}

/**
 * Local name that xsi:type gives. Prefixes are resolved for form's sake only: a bare or unbound one names it as well.
 */
export function typeName(reader: XmlReader): string | undefined {
  const qName = reader.attribute(xsiNamespace, 'type')
  if (qName === undefined) return undefined
  return reader.resolveQName(qName)?.localName ?? qName.slice(qName.indexOf(':') + 1).trim()
}
