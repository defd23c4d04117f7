// What our reader makes of a text, held against what another reader saw in it. It walks the document as decoders do,
// entering some elements, taking the text of others and skipping the rest, so that every way through is tried.
import { createXmlReader, type XmlLimits, type XmlReader } from '../../src/soap/xml/xml-reader.js'
import type { Draw } from './xml-mutants.js'
import type { ReadElement } from './xml-oracles.js'

/** Undefined where our reader sees the same as `expected`; else the first difference. Throws what the reader throws. */
export function firstDifference(
  text: string,
  expected: ReadElement,
  limits: XmlLimits,
  draw: Draw,
): string | undefined {
  const reader = createXmlReader(text, limits)
  reader.nextChild()
  const difference = compareElement(reader, expected, draw)
  if (difference === undefined) reader.finish()
  return difference
}

function compareElement(reader: XmlReader, expected: ReadElement, draw: Draw): string | undefined {
  const name = `{${reader.namespaceUri}}${reader.localName}`
  if (name !== expected.name) return `element ${name} instead of ${expected.name}`
  for (const [attribute, value] of expected.attributes) {
    const end = attribute.lastIndexOf('}')
    const found = reader.attribute(attribute.slice(1, end), attribute.slice(end + 1))
    if (found !== value) return `${name} ${attribute}: ${JSON.stringify(found)} instead of ${JSON.stringify(value)}`
  }
  if (reader.attribute('urn:nobody', 'id') !== undefined) return `${name}: an attribute that is not there`
  // Leaves are mostly read for their text; now and then inner elements are too, and leaves entered or skipped.
  const way = draw(expected.children.length === 0 ? 4 : 24)
  if (way === 1) {
    reader.skip()
    return undefined
  }
  if (way === 2 || (way > 2 && expected.children.length === 0)) {
    const text = reader.text()
    if (text === expected.text) return undefined
    return `text of ${name}: ${JSON.stringify(text)} instead of ${JSON.stringify(expected.text)}`
  }
  for (const child of expected.children) {
    if (!reader.nextChild()) return `${name} ended before ${child.name}`
    const difference = compareElement(reader, child, draw)
    if (difference !== undefined) return difference
  }
  return reader.nextChild() ? `${name} has one more child` : undefined
}
