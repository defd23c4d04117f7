// Puts the server's own address into a WSDL that is about to be served: many clients call whatever soap:address says.
// It knows where that address stands; everything else in the text, comments included, leaves exactly as it came.
import { createXmlReader, defaultXmlLimits, type XmlReader } from '../xml/xml-reader.js'

/** WSDL's SOAP 1.1 and SOAP 1.2 bindings. */
const soapBindingUris = new Set(['http://schemas.xmlsoap.org/wsdl/soap/', 'http://schemas.xmlsoap.org/wsdl/soap12/'])

/**
 * The WSDL with `endpointUrl` as the location of each soap:address. Throws an XmlError for a text that is not
 * well-formed, and an Error for one without an address.
 */
export function serveWsdl(wsdlText: string, endpointUrl: string): string {
  const reader = createXmlReader(wsdlText, defaultXmlLimits)
  const offsets: number[] = []
  reader.nextChild()
  collectAddresses(reader, offsets)
  reader.finish()
  if (offsets.length === 0) throw new Error('expected a soap:address in the WSDL, got none')

  let served = ''
  let copiedTo = 0
  for (const offset of offsets) {
    const tag = startTag.exec(wsdlText.slice(offset))?.[0]
    const moved = tag?.replace(locationAttribute, (_, before: string) => `${before}"${escapeAttribute(endpointUrl)}"`)
    if (tag === undefined || moved === undefined) throw new Error('expected a start tag where the reader saw one')
    served += wsdlText.slice(copiedTo, offset) + moved
    copiedTo = offset + tag.length
  }
  return served + wsdlText.slice(copiedTo)
}

// The reader has found the text well-formed, so that these need not judge, only measure.
const startTag = /^<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*\/?>/
const locationAttribute = /(\slocation\s*=\s*)(?:"[^"]*"|'[^']*')/

function collectAddresses(reader: XmlReader, offsets: number[]): void {
  while (reader.nextChild()) {
    const isAddress = reader.localName === 'address' && soapBindingUris.has(reader.namespaceUri)
    if (isAddress && reader.attribute('', 'location') !== undefined) offsets.push(reader.position().offset)
    collectAddresses(reader, offsets)
  }
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
