// Reads a whole SOAP message: envelope, header blocks and the one body element, in a single pass over the text. It
// knows SOAP 1.1 and 1.2 and which blocks and operations the model has; it must not know who may call, nor what a
// fault looks like: what is wrong with the envelope comes back as a refusal with a sentence.

import type { HeaderBlocks } from '../messages/messages.js'
import type { WsdlModel } from '../wsdl/wsdl-shape.js'
import { createXmlReader, defaultXmlLimits, type XmlLimits, type XmlReader } from '../xml/xml-reader.js'
import { utcZone, type Zone } from './codec-date-time.js'
import type { Finding, UnknownChild } from './codec-findings.js'
import { clientRequestIdBlock, envelopeNamespaces, type SoapVersion } from './codec-namespaces.js'
import { type DecodedObject, type DecodeElement, decodeCompiler } from './compile-decode.js'

export interface ElementName {
  readonly localName: string
  readonly namespaceUri: string
}

/** What the Header held. Blocks are matched by local name, whatever their order and namespace. */
export interface EnvelopeHeader {
  /** The blocks that the model declares, by their part names; an empty one is {}. */
  readonly blocks: HeaderBlocks
  /** Our own ClientRequestId block, trimmed; undefined where absent or empty. */
  readonly clientRequestId: string | undefined
  /** Local names of known blocks that came more than once; the first counts. */
  readonly duplicated: readonly string[]
  readonly unknown: readonly ElementName[]
  /** Those of the unknown blocks that were addressed to us with mustUnderstand. */
  readonly notUnderstood: readonly ElementName[]
}

interface EnvelopeContent {
  readonly soapVersion: SoapVersion
  readonly header: EnvelopeHeader
  /** The body element as it came. */
  readonly bodyElement: ElementName
  /** Values that could not be read, in the order of the message. Empty: `params` is all that was sent. */
  readonly findings: readonly Finding[]
  /** Elements that the schema does not have; they were passed over. */
  readonly unknown: readonly UnknownChild[]
}

export type EnvelopeReading =
  | (EnvelopeContent & {
      readonly type: 'request'
      /** Name of an operation of the model. */
      readonly operation: string
      readonly params: DecodedObject
    })
  /** The body element names no operation of the model. */
  | (EnvelopeContent & { readonly type: 'unknownOperation' })
  /** `versionMismatch`: no envelope of SOAP 1.1 or 1.2. `malformed`: an envelope, but not one call. */
  | {
      readonly type: 'refused'
      readonly reason: 'versionMismatch' | 'malformed'
      readonly soapVersion: SoapVersion | undefined
      readonly message: string
    }

/** Throws an XmlError where the text is not well-formed or costs more than the limits allow, and nothing else. */
export type DecodeEnvelope = (text: string) => EnvelopeReading

export interface EnvelopeDecoderOptions {
  readonly limits?: XmlLimits
  /** Where times without an offset belong. */
  readonly zone?: Zone
}

/** Compiled once at start for a version of the contract. */
export function compileEnvelopeDecoder(model: WsdlModel, options: EnvelopeDecoderOptions = {}): DecodeEnvelope {
  const { limits = defaultXmlLimits, zone = utcZone } = options
  const compile = decodeCompiler(model, { zone })
  const operations = new Map<string, KnownElement>()
  for (const { name, input } of model.operations.values()) {
    operations.set(input.name, { key: name, decode: compile(input.type) })
  }
  const blocks = new Map<string, KnownElement>()
  for (const { part, element } of model.headerParts.values()) {
    blocks.set(element.name, { key: part, decode: compile(element.type) })
  }
  return text => new EnvelopeRun(createXmlReader(text, limits), operations, blocks).read()
}

/** An element of the model: what it is kept under, and how it is read. */
interface KnownElement {
  readonly key: string
  readonly decode: DecodeElement
}

class EnvelopeRun {
  readonly #reader: XmlReader
  readonly #operations: ReadonlyMap<string, KnownElement>
  readonly #knownBlocks: ReadonlyMap<string, KnownElement>
  #soapVersion: SoapVersion | undefined
  #headerSeen = false
  #bodySeen = false
  #bodyElement: ElementName | undefined
  #operation: string | undefined
  #params: DecodedObject = {}
  #clientRequestId: string | undefined
  readonly #blocks: { [part: string]: DecodedObject } = {}
  readonly #seenBlocks = new Set<string>()
  readonly #duplicated: string[] = []
  readonly #unknownBlocks: ElementName[] = []
  readonly #notUnderstood: ElementName[] = []
  readonly #findings: Finding[] = []
  readonly #unknown: UnknownChild[] = []
  readonly #report = {
    findings: this.#findings,
    onUnknown: (unknown: UnknownChild): void => {
      this.#unknown.push(unknown)
    },
  }

  constructor(
    reader: XmlReader,
    operations: ReadonlyMap<string, KnownElement>,
    knownBlocks: ReadonlyMap<string, KnownElement>,
  ) {
    this.#reader = reader
    this.#operations = operations
    this.#knownBlocks = knownBlocks
  }

  read(): EnvelopeReading {
    const reader = this.#reader
    reader.nextChild()
    this.#soapVersion = soapVersionOf(reader)
    if (this.#soapVersion === undefined) {
      return this.#refuse('versionMismatch', `expected an Envelope of SOAP 1.1 or 1.2, got ${describeName(reader)}`)
    }
    const envelopeUri = reader.namespaceUri
    while (reader.nextChild()) {
      const malformed = this.#readPart(envelopeUri)
      if (malformed !== undefined) return this.#refuse('malformed', malformed)
    }
    reader.finish()
    if (!this.#bodySeen) return this.#refuse('malformed', 'expected a Body in the namespace of the Envelope, got none')
    if (this.#bodyElement === undefined) {
      return this.#refuse('malformed', 'expected one element inside the Body, the call, got none')
    }
    return this.#content(this.#soapVersion, this.#bodyElement)
  }

  /** A sentence where the envelope is not one call. */
  #readPart(envelopeUri: string): string | undefined {
    const reader = this.#reader
    const part = reader.namespaceUri === envelopeUri ? reader.localName : ''
    if (part === 'Header') {
      if (this.#headerSeen) return 'expected at most one Header, got a second one'
      if (this.#bodySeen) return 'expected the Header before the Body, got it after'
      this.#headerSeen = true
      while (reader.nextChild()) this.#readBlock(envelopeUri)
    } else if (part === 'Body') {
      if (this.#bodySeen) return 'expected one Body, got a second one'
      this.#bodySeen = true
      while (reader.nextChild()) {
        if (this.#bodyElement !== undefined) {
          return `expected one element inside the Body, the call, got ${describeName(reader)} as a second one`
        }
        this.#readCall()
      }
    } else {
      // SOAP 1.1 allows further elements behind the Body, and gives them no meaning.
      reader.skip()
    }
    return undefined
  }

  /** By the local name alone: neither SOAPAction nor the namespace was ever relied on (client-habits 1 and 3). */
  #readCall(): void {
    const reader = this.#reader
    const name = { localName: reader.localName, namespaceUri: reader.namespaceUri }
    this.#bodyElement = name
    const known = this.#operations.get(name.localName)
    if (known === undefined) {
      reader.skip()
      return
    }
    this.#operation = known.key
    this.#params = known.decode(reader, name.localName, this.#report)
  }

  #readBlock(envelopeUri: string): void {
    const reader = this.#reader
    const { localName, namespaceUri } = reader
    const known = this.#knownBlocks.get(localName)
    if (known === undefined && localName !== clientRequestIdBlock) {
      this.#unknownBlocks.push({ localName, namespaceUri })
      if (mustUnderstand(reader, envelopeUri)) this.#notUnderstood.push({ localName, namespaceUri })
      reader.skip()
    } else if (this.#seenBlocks.has(localName)) {
      this.#duplicated.push(localName)
      reader.skip()
    } else {
      this.#seenBlocks.add(localName)
      if (known === undefined) this.#clientRequestId = reader.text().trim() || undefined
      else this.#blocks[known.key] = known.decode(reader, localName, this.#report)
    }
  }

  #content(soapVersion: SoapVersion, bodyElement: ElementName): EnvelopeReading {
    const header: EnvelopeHeader = {
      // Compiled from the model's header parts, which a contract test compares with the type.
      blocks: this.#blocks as HeaderBlocks,
      clientRequestId: this.#clientRequestId,
      duplicated: this.#duplicated,
      unknown: this.#unknownBlocks,
      notUnderstood: this.#notUnderstood,
    }
    const [operation, params, findings, unknown] = [this.#operation, this.#params, this.#findings, this.#unknown]
    if (operation === undefined)
      return { type: 'unknownOperation', soapVersion, header, bodyElement, findings, unknown }
    return { type: 'request', operation, params, soapVersion, header, bodyElement, findings, unknown }
  }

  #refuse(reason: 'versionMismatch' | 'malformed', message: string): EnvelopeReading {
    return { type: 'refused', reason, soapVersion: this.#soapVersion, message }
  }
}

function soapVersionOf(root: XmlReader): SoapVersion | undefined {
  if (root.localName !== 'Envelope') return undefined
  if (root.namespaceUri === envelopeNamespaces['1.1']) return '1.1'
  if (root.namespaceUri === envelopeNamespaces['1.2']) return '1.2'
  return undefined
}

/** Roles, of SOAP 1.1 and 1.2, by which a block is addressed to whoever receives it. */
const ownRoles = new Set([
  'http://schemas.xmlsoap.org/soap/actor/next',
  'http://www.w3.org/2003/05/soap-envelope/role/next',
  'http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver',
])

/** A block addressed to some other node on the way is none of ours, whatever it demands. */
function mustUnderstand(block: XmlReader, envelopeUri: string): boolean {
  const demand = block.attribute(envelopeUri, 'mustUnderstand')?.trim()
  if (demand !== '1' && demand !== 'true') return false
  const role = (block.attribute(envelopeUri, 'actor') ?? block.attribute(envelopeUri, 'role') ?? '').trim()
  return role === '' || ownRoles.has(role)
}

function describeName(name: ElementName): string {
  return name.namespaceUri === ''
    ? `'${name.localName}' in no namespace`
    : `'${name.localName}' in '${name.namespaceUri}'`
}
