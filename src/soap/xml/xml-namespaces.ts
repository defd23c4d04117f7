// Which prefix means which namespace at this point of the document. Knows Namespaces in XML 1.0; must not know the
// text it came from. Every look-up costs the same however many declarations are in scope.

export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'
export const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/'

/**
 * One namespace name of a document. There is one object a name, so comparing two is comparing references: comparing
 * the names would let two long, nearly equal ones make every attribute expensive.
 */
export interface Namespace {
  readonly uri: string
  readonly serial: number
}

export const noNamespace: Namespace = { uri: '', serial: 0 }
export const xmlNamespace: Namespace = { uri: XML_NAMESPACE, serial: 1 }
export const xmlnsNamespace: Namespace = { uri: XMLNS_NAMESPACE, serial: 2 }

interface Replaced {
  readonly prefix: string
  readonly before: Namespace | undefined
}

export class NamespaceScopes {
  readonly #known = new Map<string, Namespace>()
  readonly #inScope = new Map<string, Namespace>()
  readonly #replaced: Replaced[] = []
  #default = noNamespace

  /** How many declarations are in force; hand it to `closeTo` to end those that come after. */
  get mark(): number {
    return this.#replaced.length
  }

  /**
   * Binds a prefix, '' for the default namespace. Gives undefined, or the rule that forbids it as the end of a
   * sentence that starts with "expected".
   */
  declare(prefix: string, uri: string): string | undefined {
    const broken = brokenRule(prefix, uri)
    if (broken !== undefined) return broken
    this.#replaced.push({ prefix, before: prefix === '' ? this.#default : this.#inScope.get(prefix) })
    this.#bind(prefix, this.#namespace(uri))
    return undefined
  }

  /** The namespace of a prefix, '' for the default one. Undefined where the prefix is bound to nothing. */
  resolve(prefix: string): Namespace | undefined {
    if (prefix === '') return this.#default
    return this.#inScope.get(prefix) ?? (prefix === 'xml' ? xmlNamespace : undefined)
  }

  closeTo(mark: number): void {
    while (this.#replaced.length > mark) {
      const { prefix, before } = this.#replaced.pop()!
      this.#bind(prefix, before)
    }
  }

  #bind(prefix: string, namespace: Namespace | undefined): void {
    if (prefix === '') this.#default = namespace ?? noNamespace
    else if (namespace === undefined) this.#inScope.delete(prefix)
    else this.#inScope.set(prefix, namespace)
  }

  #namespace(uri: string): Namespace {
    if (uri === '') return noNamespace
    if (uri === XML_NAMESPACE) return xmlNamespace
    const known = this.#known.get(uri)
    if (known !== undefined) return known
    const made = { uri, serial: this.#known.size + 3 }
    this.#known.set(uri, made)
    return made
  }
}

function brokenRule(prefix: string, uri: string): string | undefined {
  if (prefix === 'xmlns') return 'no declaration of the prefix xmlns, which is bound by the standard: remove it'
  if ((prefix === 'xml') !== (uri === XML_NAMESPACE)) {
    return `the prefix xml and the namespace ${XML_NAMESPACE} to be bound to each other only: remove the declaration`
  }
  if (uri === XMLNS_NAMESPACE) return `no prefix for ${XMLNS_NAMESPACE}, which the standard reserves: remove it`
  if (prefix !== '' && uri === '') return 'a namespace name for a prefix, as only xmlns="" may be empty: give it one'
  return undefined
}
