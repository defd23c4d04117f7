// Trees, and the many ways in which XML can write each of them: prefixes, quotes, CDATA, references, comments.
// Knows how to write; must not know how anything is read.
import fc from 'fast-check'
import type { Draw } from './xml-mutants.js'
import type { ReadElement } from './xml-oracles.js'

const namespaces = ['', 'urn:a', 'urn:b', 'http://schemas.xmlsoap.org/soap/envelope/', 'urn:with&and<and"']
const localNames = ['a', 'b', 'leadRecord', '_x', 'é', '𐐀x', 'a-b.c', 'xml']

const someText = fc.string({
  unit: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom('a', 'Z', ' ', '7', '\n', '\t', '\r', '<', '>', '&', '"', "'", ']', '-', '?'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('é', '株', '😀', '\x85', '\u2028', '\ufffd', '\ufeff', '\x7f', '\u{10ffff}'),
    },
  ),
  maxLength: 16,
})
const aName = fc
  .tuple(fc.constantFrom(...namespaces), fc.constantFrom(...localNames))
  .map(([uri, local]) => `{${uri}}${local}`)

/** An element with up to three levels below it. No declarations among its attributes: writing chooses those. */
export const anXmlTree: fc.Arbitrary<ReadElement> = anElementOver(3)

function anElementOver(levels: number): fc.Arbitrary<ReadElement> {
  return fc.record({
    name: aName,
    attributes: fc.array(fc.tuple(aName, someText), { maxLength: 12 }).map(pairs => new Map(pairs)),
    text: someText,
    children: levels === 0 ? fc.constant([]) : fc.array(anElementOver(levels - 1), { maxLength: 3 }),
  })
}

/** The tree as a document, in one of the ways to write it. */
export function serialise(tree: ReadElement, draw: Draw): string {
  const declaration = ['', '<?xml version="1.0"?>', "\ufeff<?xml version='1.0' encoding='UTF-8' standalone='no'?>\r\n"][
    draw(3)
  ]!
  return `${declaration}${aside(draw)}${writeElement(tree, new Map(), draw)}${aside(draw)}\n`
}

/** `scope` is prefix -> namespace, as it stands around the element. */
function writeElement(
  { name, attributes, text, children }: ReadElement,
  scope: ReadonlyMap<string, string>,
  draw: Draw,
): string {
  const inner = new Map(scope)
  const written: string[] = []
  const tag = qualify(name, inner, written, true, draw)
  for (const [attribute, value] of attributes) {
    const qName = qualify(attribute, inner, written, false, draw)
    written.push(`${qName}${space(draw, 0)}=${space(draw, 0)}${quote(value, draw)}`)
  }
  const start = `<${tag}${written.map(one => space(draw, 1) + one).join('')}${space(draw, 0)}`
  if (text === '' && children.length === 0 && draw(2) === 0) return `${start}/>`
  // The text is cut into as many pieces as there are gaps between children.
  const cuts = children.map(() => draw(text.length + 1)).sort((a, b) => a - b)
  let content = ''
  let from = 0
  children.forEach((child, index) => {
    const cut = avoidPair(text, cuts[index]!)
    content += writeText(text.slice(from, cut), draw) + writeElement(child, inner, draw)
    from = cut
  })
  return `${start}>${content}${writeText(text.slice(from), draw)}</${tag}${space(draw, 0)}>`
}

/** A QName for an expanded name, with the declaration that it may need pushed to `written`. */
function qualify(name: string, scope: Map<string, string>, written: string[], isElement: boolean, draw: Draw): string {
  const end = name.lastIndexOf('}')
  const uri = name.slice(1, end)
  const local = name.slice(end + 1)
  if (uri === '') {
    // No namespace has no prefix, so an element in none may have to take the default one back.
    if (isElement && (scope.get('') ?? '') !== '') declare('', '', scope, written, draw)
    return local
  }
  const known = [...scope]
    .filter(([prefix, bound]) => bound === uri && (isElement || prefix !== ''))
    .map(([prefix]) => prefix)
  if (known.length > 0 && draw(4) > 0) return prefixed(known[draw(known.length)]!, local)
  // Only an element's own name may rebind what is in use: its prefix is chosen before those of its attributes.
  const fresh = isElement ? ['', 'p', 'q', 'ns1'][draw(4)]! : `n${scope.size}`
  declare(fresh, uri, scope, written, draw)
  return prefixed(fresh, local)
}

function declare(prefix: string, uri: string, scope: Map<string, string>, written: string[], draw: Draw): void {
  scope.set(prefix, uri)
  written.push(`${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}=${quote(uri, draw)}`)
}

function prefixed(prefix: string, local: string): string {
  return prefix === '' ? local : `${prefix}:${local}`
}

function quote(value: string, draw: Draw): string {
  const mark = draw(2) === 0 ? '"' : "'"
  const mustEscape = `<&\t\n\r${mark}`
  return (
    mark + [...value].map(character => writeCharacter(character, mustEscape.includes(character), draw)).join('') + mark
  )
}

function writeText(text: string, draw: Draw): string {
  // A carriage return survives as a reference only, and `]]>` ends a section.
  if (text !== '' && !/\r|\]\]>/.test(text) && draw(5) === 0) return `<![CDATA[${text}]]>`
  const pieces = [...text].map(character => {
    // A bare `>` is left out of the question: it may not follow `]]`, and what it follows may be a reference.
    const mustEscape = '<&\r>'.includes(character)
    return (draw(20) === 0 ? aside(draw) : '') + writeCharacter(character, mustEscape, draw)
  })
  return pieces.join('')
}

const predefined = new Map([
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['&', '&amp;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
])

function writeCharacter(character: string, must: boolean, draw: Draw): string {
  if (!must && draw(10) > 0) return character
  const codePoint = character.codePointAt(0)!
  const ways = [`&#${codePoint};`, `&#x${codePoint.toString(16)};`, `&#x00${codePoint.toString(16).toUpperCase()};`]
  const named = predefined.get(character)
  if (named !== undefined) ways.push(named)
  return ways[draw(ways.length)]!
}

/** What may stand between pieces of content and means nothing. */
function aside(draw: Draw): string {
  return ['', '<!---->', '<!-- <a>&b; ]]> - -->', '<?x?>', '<?y <z> & ?? ?>'][draw(5)]!
}

function space(draw: Draw, least: number): string {
  return [' ', '\n', '\t ', '\r\n', '', '', '', ''][draw(least === 0 ? 8 : 4)]!
}

function avoidPair(text: string, cut: number): number {
  return (text.charCodeAt(cut) & 0xfc00) === 0xdc00 ? cut + 1 : cut
}
