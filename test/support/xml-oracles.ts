// Two readers of other people, as judges over ours: what saxes and libxml2 make of a text, in one common form.
// Knows where each of them departs from the standard or from what SOAP allows, and why; must not know our reader.
import { ParseOption, XmlCData, XmlDocument, XmlElement, XmlParseError, XmlText } from 'libxml2-wasm'
import { SaxesParser } from 'saxes'

/** An element as any of the readers saw it. Names are `{namespace}local`. */
export interface ReadElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  /** Its own character data, joined; that of its children is theirs. */
  readonly text: string
  readonly children: readonly ReadElement[]
}

export type Reading =
  | { readonly type: 'accepted'; readonly root: ReadElement }
  | { readonly type: 'refused'; readonly reason: string }

interface GrowingElement extends ReadElement {
  text: string
  readonly attributes: Map<string, string>
  readonly children: GrowingElement[]
  /** Prefix to namespace name, those of the elements around it included. */
  readonly bindings: ReadonlyMap<string, string>
}

const XML = 'http://www.w3.org/XML/1998/namespace'
const XMLNS = 'http://www.w3.org/2000/xmlns/'
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

/** The verdict and the content according to saxes, after what it is known to see otherwise is set right. */
export function readWithSaxes(text: string): Reading {
  // saxes joins whatever two units follow each other, so half a pair passes as a character.
  if (loneSurrogate.test(text)) return refused('half a surrogate pair')
  const parser = new SaxesParser({ xmlns: true, position: false })
  const open: GrowingElement[] = []
  let root: GrowingElement | undefined
  let reason: string | undefined
  const refuse = (why: string) => {
    reason ??= why
  }
  parser.on('error', error => refuse(error.message))
  parser.on('doctype', () => refuse('saxes reads a DOCTYPE, SOAP forbids it'))
  parser.on('xmldecl', ({ version }) => {
    if (version !== '1.0') refuse('saxes reads XML 1.x, SOAP is XML 1.0')
  })
  parser.on('processinginstruction', ({ target }) => {
    if (target.includes(':')) refuse('saxes lets a colon into the target of an instruction, Namespaces forbids it')
  })
  parser.on('opentag', tag => {
    const parent = open.at(-1)
    const bindings = new Map(parent?.bindings ?? [['xml', XML]])
    for (const { name, local, value } of Object.values(tag.attributes)) {
      if (name === 'xmlns') bindings.set('', value)
      else if (name.startsWith('xmlns:')) bindings.set(local, value)
    }
    // Namespaces are found anew, because saxes cuts white space off the ends of their names.
    const uriOf = (prefix: string) => bindings.get(prefix) ?? ''
    const attributes = new Map<string, string>()
    for (const { name, prefix, local, value } of Object.values(tag.attributes)) {
      if (name === 'xmlns' || prefix === 'xmlns') attributes.set(`{${XMLNS}}${local || 'xmlns'}`, value)
      else attributes.set(`{${prefix === '' ? '' : uriOf(prefix)}}${local}`, value)
    }
    const element = { name: `{${uriOf(tag.prefix)}}${tag.local}`, attributes, text: '', children: [], bindings }
    if (parent === undefined) root ??= element
    else parent.children.push(element)
    open.push(element)
  })
  const append = (piece: string) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += piece
  }
  parser.on('text', append)
  parser.on('cdata', append)
  parser.on('closetag', () => open.pop())
  parser.write(text).close()
  if (reason !== undefined) return refused(reason)
  return root === undefined ? refused('no root element') : { type: 'accepted', root }
}

/**
 * The verdict and the content according to libxml2, the second opinion where saxes and our reader disagree. It reads
 * bytes, so half a surrogate pair reaches it as U+FFFD; it takes broken namespaces as warnings, which count here.
 */
export function readWithLibxml2(text: string): Reading {
  const option = ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_NO_XXE | ParseOption.XML_PARSE_IGNORE_ENC
  let document: XmlDocument
  try {
    document = XmlDocument.fromString(text, { option })
  } catch (error) {
    if (error instanceof XmlParseError) return refused(error.message.trim())
    throw error
  }
  try {
    if (document.warnings.length > 0) return refused(document.warnings[0]!.message.trim())
    if (document.dtd !== null) return refused('libxml2 reads a DOCTYPE, SOAP forbids it')
    return { type: 'accepted', root: fromLibxml2(document.root) }
  } finally {
    document.dispose()
  }
}

function fromLibxml2(element: XmlElement): ReadElement {
  const attributes = new Map<string, string>()
  for (const [prefix, uri] of Object.entries(element.nsDeclarations)) {
    attributes.set(`{${XMLNS}}${prefix === '' ? 'xmlns' : prefix}`, uri)
  }
  for (const { namespaceUri, name, value } of element.attrs) attributes.set(`{${namespaceUri}}${name}`, value)
  const children: ReadElement[] = []
  let text = ''
  // Asked for by XPath, because siblings cannot be followed past a processing instruction in libxml2-wasm 0.7.
  for (const node of element.find('node()')) {
    if (node instanceof XmlElement) children.push(fromLibxml2(node))
    else if (node instanceof XmlText || node instanceof XmlCData) text += node.content
  }
  return { name: `{${element.namespaceUri}}${element.name}`, attributes, text, children }
}

function refused(reason: string): Reading {
  return { type: 'refused', reason }
}

/**
 * Why saxes may be wrong about a text in a way that cannot be set right before: undefined where nothing speaks for it.
 * Where there is a reason, libxml2 decides.
 */
export function doubtAboutSaxes(text: string): string | undefined {
  if (/<\?[^\s?>]+\?[^>]/.test(text)) return "saxes lets '?' into the target of an instruction"
  if (/:(?:[-.\d\u00b7\u203f\u2040]|[\u0300-\u036f])/.test(text))
    return 'saxes lets a local name begin with a digit or a dot'
  return undefined
}

/**
 * True where neither of the two can tell: a namespace name has white space at one of its ends, so that saxes trims it
 * to another's before it compares, and libxml2 takes it for broken. The standard has it compared as it is.
 */
export function isBeyondOracles(text: string, reading: Reading): boolean {
  if (reading.type === 'accepted' || !/namespace|duplicate/.test(reading.reason)) return false
  return /xmlns(?::[^\s=]+)?\s*=\s*(?:"(?:\s|&#|[^"<]*(?:\s|;)")|'(?:\s|&#|[^'<]*(?:\s|;)'))/.test(text)
}
