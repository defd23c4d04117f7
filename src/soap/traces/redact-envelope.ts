// A message with its values taken out. It is cut into tags and text and never parsed, so that a broken or a cut one is
// treated like any other: what is not known to be harmless is described by its kind and length. Of a message that is
// not well-formed, where a name may be half a value, only names of the contract stay.

import type { Redaction } from '../../service/traces/redaction.js'
import { escapeText } from '../codec/codec-scalar-encode.js'
import type { EnvelopeWords } from './envelope-words.js'

export interface RedactionRules {
  readonly words: EnvelopeWords
  readonly redaction: Redaction
  readonly isWellFormed: boolean
  /** A message of ours: sentences in it were made here. */
  readonly isReply: boolean
  /** Whose message it is; that id may stay where it stands as one. */
  readonly caller: string
  /** Of what is kept. */
  readonly lengthMax: number
}

// Each ends at a mark that it cannot hold, so that even a hostile text is cut in one pass.
const tokens = {
  comment: /<!--[\s\S]*?(?:-->|$)/,
  cdata: /<!\[CDATA\[[\s\S]*?(?:\]\]>|$)/,
  instruction: /<\?[\s\S]*?(?:\?>|$)/,
  declaration: /<![^>]*>?/,
  endTag: /<\/[^<>]*>/,
  startTag: /<(?![!?/])[^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*)*>/,
  stray: /</,
  text: /[^<]+/,
}
const anyToken = new RegExp(
  Object.values(tokens)
    .map(({ source }) => source)
    .join('|'),
  'g',
)
const attribute = /\s+([^\s=<>"'/]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const declaration =
  /^<\?xml version=["']1\.[01]["'](?: encoding=["']([^"']*)["'])?(?: standalone=["'](?:yes|no)["'])? ?\?>$/
const encodings = /^(?:utf-?8|utf-?16(?:le|be)?|us-ascii|iso-8859-1|windows-1252|latin1)$/i

const nameForm = /^[\p{L}_][\p{L}\p{N}_.·-]{0,63}$/u
// Of a message that is not well-formed: what toolkits write, and no name of anybody.
const knownPrefix =
  /^(?:soap(?:env)?\d*|SOAP-ENV|SOAP-ENC|env|[sSm]|ns\d{1,3}|q\d{1,3}|tns|mkt|mktows|xsd|xsi|xs|wsse|wsu)$/
const knownAttributes = new Set(['xmlns', 'nil', 'type', 'mustUnderstand', 'encodingStyle', 'actor', 'role', 'lang'])
/** Names of fields: what a caller writes into attrName where it means one. */
const fieldForm = /^[A-Za-z_][A-Za-z0-9_ .-]{0,63}$/
const secretName = /password|passwd|secret|token|nonce|signature|session|encryption_?key|api_?key/i
const sentenceNames = new Set(['faultstring', 'message', 'Text', 'error'])
const spaceKeptMax = 200
const likeLengthMin = 12
// A longer message keeps its beginning only; to cut ten megabytes into tokens would hold up other callers.
const lookedAtMax = 1_000_000

export function redactEnvelope(text: string, rules: RedactionRules): string {
  const run = new RedactionRun(rules)
  const { lengthMax, redaction } = rules
  if (text.length > lookedAtMax) redaction.forgetTheRest()
  let kept = ''
  // To the end also where no more is kept: what stands there may come back in the sentence of a fault.
  for (const [found] of text.slice(0, lookedAtMax).matchAll(anyToken)) {
    const left = run.redact(found)
    if (kept.length <= lengthMax) kept += left
  }
  if (kept.length <= lengthMax && text.length <= lookedAtMax) return kept
  return `${kept.slice(0, lengthMax)}\n[cut here; it has ${text.length} characters]\n`
}

class RedactionRun {
  readonly #rules: RedactionRules
  /** Of the element that text stands in directly; empty behind an end tag, where none stands. */
  #element = ''

  constructor(rules: RedactionRules) {
    this.#rules = rules
  }

  redact(found: string): string {
    if (found === '<') return '[<]'
    if (!found.startsWith('<')) return this.#text(decoded(found))
    if (found.startsWith('<![CDATA[')) {
      const content = found.slice(9).replace(/\]\]>$/, '')
      return `<![CDATA[${this.#text(content)}]]>`
    }
    if (found.startsWith('<!--')) return this.#gone(found, '<!--[comment', '-->')
    if (found.startsWith('<?')) {
      const encoding = declaration.exec(found)?.[1]
      if (declaration.test(found) && (encoding === undefined || encodings.test(encoding))) return found
      return this.#gone(found, '<?[instruction', '?>')
    }
    if (found.startsWith('<!')) return this.#gone(found, '<![declaration', '>')
    if (found.startsWith('</')) {
      const name = this.#name(found.slice(2, -1).trim())
      this.#element = ''
      return `</${name}>`
    }
    return this.#startTag(found)
  }

  #gone(found: string, opening: string, closing: string): string {
    this.#rules.redaction.forget(found)
    return `${opening} ${found.length}]${closing}`
  }

  #startTag(found: string): string {
    const [, written = ''] = /^<([^\s/>"'=]*)/.exec(found) ?? []
    this.#element = localName(written)
    let kept = `<${this.#name(written)}`
    let at = 1 + written.length
    for (;;) {
      attribute.lastIndex = at
      const match = attribute.exec(found)
      if (match === null) break
      at = attribute.lastIndex
      kept += ` ${this.#attribute(match[1]!, decoded(match[2] ?? match[3]!))}`
    }
    const isEmpty = found.endsWith('/>')
    const rest = found.slice(at, isEmpty ? -2 : -1).trim()
    if (rest !== '') kept += ` ${this.#rules.redaction.value(rest)}`
    if (isEmpty) this.#element = ''
    return `${kept}${isEmpty ? '/>' : '>'}`
  }

  #attribute(name: string, value: string): string {
    const { words, redaction, isWellFormed } = this.#rules
    const local = localName(name)
    const isDeclaration = name === 'xmlns' || name.startsWith('xmlns:')
    const isKnown = isDeclaration ? name === 'xmlns' || knownPrefix.test(local) : knownAttributes.has(local)
    const kept = isWellFormed || isKnown ? this.#name(name, isKnown) : this.#unnamed(name)
    const isHarmless =
      (isDeclaration && words.namespaces.has(value)) ||
      ((local === 'nil' || local === 'mustUnderstand') && /^(?:true|false|[01])$/.test(value)) ||
      (local === 'encodingStyle' && words.namespaces.has(value)) ||
      (local === 'type' && words.types.has(localName(value)) && this.#isName(prefixOf(value)))
    if (isHarmless) return `${kept}="${escapeText(value)}"`
    return `${kept}="${redaction.value(value)}${isDeclaration ? likeness(value, words.namespaces) : ''}"`
  }

  #text(text: string): string {
    const { words, redaction, isWellFormed, isReply, caller } = this.#rules
    if (text.trim() === '' && text.length <= spaceKeptMax) return text
    const element = this.#element
    const trimmed = text.trim()
    if (secretName.test(element)) {
      if (element === 'requestSignature') return redaction.signature(text)
      redaction.forget(text)
      return '[removed]'
    }
    if (!isWellFormed) return redaction.value(text)
    const isHarmless =
      words.isPlain(element, trimmed) ||
      (element === 'mktowsUserId' && trimmed === caller) ||
      (element === 'requestTimestamp' && /^[\dTZ:.+\- ]{1,40}$/.test(trimmed)) ||
      (element === 'attrName' && fieldForm.test(trimmed)) ||
      (isReply && /^(?:faultcode|Value|code|name)$/.test(element) && /^(?:[\w-]+:)?\w{1,40}$/.test(trimmed))
    if (isHarmless) return escapeText(text)
    if (isReply && sentenceNames.has(element)) return escapeText(redaction.sentence(text, word => isWord(word, words)))
    return redaction.value(text)
  }

  /** The name as it was written, or what is left of it. */
  #name(name: string, isKnown = false): string {
    const parts = name.split(':')
    const harmless = parts.length <= 2 && (isKnown || this.#isName(parts.at(-1)!, true)) && this.#isName(prefixOf(name))
    return harmless ? name : this.#unnamed(name)
  }

  #isName(part: string, isElement = false): boolean {
    if (part === '' || part === 'xmlns') return true
    if (this.#rules.isWellFormed) return nameForm.test(part)
    return isElement ? this.#rules.words.names.has(part) : knownPrefix.test(part)
  }

  #unnamed(name: string): string {
    this.#rules.redaction.forget(name)
    return `_${name.length}`
  }
}

// A namespace that is nearly one of the contract is what many a client gets wrong.
function likeness(value: string, namespaces: ReadonlySet<string>): string {
  const alike = [...namespaces].map(namespace => ({ namespace, length: commonLength(namespace, value) }))
  const { namespace, length } = alike.reduce((best, each) => (each.length > best.length ? each : best))
  return length < likeLengthMin ? '' : ` whose first ${length} are those of ${namespace}`
}

function commonLength(one: string, other: string): number {
  let length = 0
  while (length < one.length && one[length] === other[length]) length++
  return length
}

/** A path through a message, or a word of the contract. */
export function isWord(word: string, { names, types }: EnvelopeWords): boolean {
  return word.split('.').every(part => part === '' || names.has(part) || types.has(part))
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1)
const prefixOf = (name: string): string => name.slice(0, Math.max(0, name.indexOf(':')))

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** A reference that is none stays as it is: it is looked at for its kind alone. */
function decoded(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(?:#(\d{1,7})|#x([\dA-Fa-f]{1,6})|(lt|gt|amp|quot|apos));/g, (reference, digits, hex, name) => {
    if (name !== undefined) return named[name as string]!
    const point = digits === undefined ? Number.parseInt(hex as string, 16) : Number(digits)
    return point <= 0x10ffff ? String.fromCodePoint(point) : (reference as string)
  })
}
