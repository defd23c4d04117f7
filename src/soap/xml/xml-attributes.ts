// The attributes of the one start tag that is being read. Knows their syntax, and that no two may share an expanded
// name; must not know elements. Its arrays are used again for each tag, because most tags have none.
import type { XmlCursor } from './xml-cursor.js'
import { type Namespace, type NamespaceScopes, noNamespace, xmlnsNamespace } from './xml-namespaces.js'

const COLON = 0x3a
const EQUALS = 0x3d
/** Up to here comparing each with each is cheaper than filling a set. */
const PAIRWISE_MAX = 8

export class XmlAttributes {
  #count = 0
  readonly #attributesMax: number
  readonly #offsets: number[] = []
  readonly #prefixes: string[] = []
  readonly #localNames: string[] = []
  readonly #values: string[] = []
  readonly #namespaces: Namespace[] = []

  constructor(attributesMax: number) {
    this.#attributesMax = attributesMax
  }

  clear(): void {
    this.#count = 0
  }

  value(namespaceUri: string, localName: string): string | undefined {
    for (let i = 0; i < this.#count; i++) {
      if (this.#localNames[i] === localName && this.#namespaces[i]!.uri === namespaceUri) return this.#values[i]
    }
    return undefined
  }

  /** Reads one attribute, and puts it into force at once where it declares a namespace. */
  read(cursor: XmlCursor, scopes: NamespaceScopes): void {
    const index = this.#count
    const offset = cursor.offset
    if (index === this.#attributesMax) {
      throw cursor.error(`expected at most ${this.#attributesMax} attributes in one element, found more: remove some`)
    }
    cursor.passName("an attribute name, '/>' or '>'")
    let prefix = ''
    let localFrom = offset
    if (cursor.text.charCodeAt(cursor.offset) === COLON) {
      prefix = cursor.text.slice(offset, cursor.offset)
      localFrom = ++cursor.offset
      cursor.passName('the rest of an attribute name after its prefix')
    }
    const localName = cursor.text.slice(localFrom, cursor.offset)
    cursor.passSpace()
    if (cursor.text.charCodeAt(cursor.offset) !== EQUALS) {
      throw cursor.error(`expected '=' after the attribute name ${localName}, found ${cursor.found()}: give it a value`)
    }
    cursor.offset++
    cursor.passSpace()
    const value = cursor.readValue()
    this.#offsets[index] = offset
    this.#prefixes[index] = prefix
    this.#localNames[index] = localName
    this.#values[index] = value
    this.#count = index + 1
    if (prefix === 'xmlns' || (prefix === '' && localName === 'xmlns')) {
      const broken = scopes.declare(prefix === '' ? '' : localName, value)
      if (broken !== undefined) throw cursor.error(`expected ${broken}`, offset)
    }
  }

  /** Once the tag is read whole: finds the namespace of each attribute and refuses doubles. */
  resolve(cursor: XmlCursor, scopes: NamespaceScopes): void {
    for (let i = 0; i < this.#count; i++) this.#namespaces[i] = this.#namespaceOf(i, cursor, scopes)
    const double = this.#count <= PAIRWISE_MAX ? this.#doubleAmongFew() : this.#doubleAmongMany()
    if (double !== undefined) {
      throw cursor.error(
        `expected each attribute once in an element, found ${this.#localNames[double]} twice in the same namespace: ` +
          'remove one',
        this.#offsets[double],
      )
    }
  }

  #namespaceOf(index: number, cursor: XmlCursor, scopes: NamespaceScopes): Namespace {
    const prefix = this.#prefixes[index]!
    // An unprefixed attribute is in no namespace, whatever the default one is (Namespaces 1.0, 6.2).
    if (prefix === '') return this.#localNames[index] === 'xmlns' ? xmlnsNamespace : noNamespace
    if (prefix === 'xmlns') return xmlnsNamespace
    const namespace = scopes.resolve(prefix)
    if (namespace !== undefined) return namespace
    throw cursor.error(
      `expected a declared prefix, found ${prefix} in the attribute ${prefix}:${this.#localNames[index]}: ` +
        `declare it with xmlns:${prefix}`,
      this.#offsets[index],
    )
  }

  #doubleAmongFew(): number | undefined {
    for (let later = 1; later < this.#count; later++) {
      for (let earlier = 0; earlier < later; earlier++) {
        if (
          this.#namespaces[earlier] === this.#namespaces[later] &&
          this.#localNames[earlier] === this.#localNames[later]
        ) {
          return later
        }
      }
    }
    return undefined
  }

  #doubleAmongMany(): number | undefined {
    const seen = new Set<string>()
    for (let i = 0; i < this.#count; i++) {
      seen.add(`${this.#namespaces[i]!.serial}:${this.#localNames[i]}`)
      if (seen.size === i) return i
    }
    return undefined
  }
}
