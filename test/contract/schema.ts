// Validates messages against the schema of a WSDL as it is served, with libxml2: an oracle that shares no code with us.
// It knows where a WSDL keeps its schema and an envelope its blocks; it must not know any message.
import { type ErrorDetail, XmlDocument, XmlElement, XmlValidateError, XsdValidator } from 'libxml2-wasm'

export interface MessageSchema {
  /**
   * What is wrong with the header blocks and the body element of an envelope, a sentence each; empty where it is
   * valid.
   */
  envelopeProblems(envelope: string): readonly string[]
  /** How many global definitions the schema has. */
  count(kind: 'simpleType' | 'complexType' | 'element'): number
}

const xs = { xs: 'http://www.w3.org/2001/XMLSchema' }

/** Takes the schema out of a WSDL and compiles it once. Throws where libxml2 does not accept it as a schema. */
export function messageSchema(wsdlText: string): MessageSchema {
  const wsdl = XmlDocument.fromString(wsdlText)
  const schema = wsdl.get('//xs:schema', xs)
  if (!(schema instanceof XmlElement)) throw new Error('expected a schema in the WSDL')
  // Canonical form brings the namespaces along that are declared on the WSDL's root.
  const document = XmlDocument.fromString(schema.canonicalizeToString())
  const validator = XsdValidator.fromDoc(document)
  return {
    envelopeProblems: envelope => envelopeProblems(envelope, validator),
    count: kind => document.find(`/xs:schema/xs:${kind}`, xs).length,
  }
}

function envelopeProblems(envelope: string, validator: XsdValidator): readonly string[] {
  const document = XmlDocument.fromString(envelope)
  try {
    const blocks = document.find('/*/*/*')
    if (blocks.length === 0) return ['expected something inside Header or Body']
    return blocks.flatMap(block => (block instanceof XmlElement ? elementProblems(block, validator) : []))
  } finally {
    document.dispose()
  }
}

function elementProblems(element: XmlElement, validator: XsdValidator): string[] {
  try {
    validator.validate(element)
    return []
  } catch (error) {
    if (!(error instanceof XmlValidateError)) throw error
    return error.details.map((detail: ErrorDetail) => detail.message.trim())
  }
}
