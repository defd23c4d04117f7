// Damaged messages, the same ones for the same seed. Knows which pieces XML readers stumble over; must not know
// whether a mutant is still well-formed.

/** Gives whole numbers from 0 up to, not including, `bound`. */
export type Draw = (bound: number) => number

/** Draws that repeat for the same seed (mulberry32: small, and even enough to choose places in a text). */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0
  return bound => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000) * bound)
  }
}

const markup = [
  '<',
  '>',
  '/',
  '=',
  '"',
  "'",
  '&',
  ';',
  ':',
  '?',
  '!',
  '-',
  '--',
  '[',
  ']',
  ']]',
  ']]>',
  '</',
  '/>',
  '<?',
]
const constructs = [
  '<!--',
  '-->',
  '<!---->',
  '<!-- c -->',
  '<![CDATA[',
  '<![CDATA[c]]>',
  '<?xml ',
  '?>',
  '<?x?>',
  '<?x y?>',
  '<?XML z?>',
  '<?a:b?>',
  '<!DOCTYPE e>',
  '<?xml version="1.0"?>',
  '<?xml version="1.1"?>',
  ' standalone="no"',
  ' encoding="x y"',
  '<e>',
  '</e>',
  '<e/>',
  '<p:e/>',
  '<a:b xmlns:a="urn:z"/>',
  '<xml:a/>',
  '<xmlns:a/>',
  '<:a/>',
  '<a:/>',
  '<a:b:c/>',
]
const attributes = [
  ' a="1"',
  " a='1'",
  ' a=1',
  ' a',
  ' x="<"',
  ' x="&lt;"',
  ' xml:lang="x"',
  ' xml:b=""',
  ' p:q="1"',
  ' xmlns=""',
  ' xmlns="urn:1"',
  ' xmlns:a="urn:1"',
  ' xmlns:a="urn:2"',
  ' xmlns:a=""',
  ' xmlns:xml="urn:1"',
  ' xmlns:xmlns="urn:1"',
  ' xmlns:xml="http://www.w3.org/XML/1998/namespace"',
  ' xmlns:b="http://www.w3.org/XML/1998/namespace"',
  ' xmlns="http://www.w3.org/XML/1998/namespace"',
  ' xmlns="http://www.w3.org/2000/xmlns/"',
  ' :a="1"',
  ' a:="1"',
  ' xmlns:b="http://www.w3.org/2000/xmlns/"',
  ' xmlns:c="urn:1" a:x="" c:x=""',
  ' xmlns:1="urn:1"',
  ' a:b:c="1"',
]
const references = [
  '&lt;',
  '&gt;',
  '&amp;',
  '&quot;',
  '&apos;',
  '&nbsp;',
  '&#9;',
  '&#10;',
  '&#13;',
  '&#32;',
  '&#65;',
  '&#x41;',
  '&#X41;',
  '&#0;',
  '&#1;',
  '&#xD800;',
  '&#xFFFE;',
  '&#xFFFF;',
  '&#xFFFD;',
  '&#x10FFFF;',
  '&#x110000;',
  '&#99999999999999;',
  '&#;',
  '&#x;',
  '&;',
  '& ',
  '&#65',
  '&lt',
  '&LT;',
  '&#00000000065;',
  '&#-1;',
  '&#1a;',
]
const characters = [
  ' ',
  '\t',
  '\n',
  '\r',
  '\r\n',
  '\n\r',
  '\0',
  '\x01',
  '\x0b',
  '\x7f',
  '\x85',
  '\xa0',
  '\u2028',
  '\ufffe',
  '\uffff',
  '\ufeff',
  '\ud800',
  '\udc00',
  '😀',
  '𐐀',
  '\u{f0000}',
  'é',
  'ß',
  '\u0301',
  '·',
  '\u037e',
  '×',
  '株',
  'a',
  'Z',
  '0',
  '.',
  '_',
]
const dictionary = [markup, constructs, attributes, references, characters]

/** Pieces that are well-formed content anywhere inside the root, except the illegal characters among the last. */
const contents = [
  '<e/>',
  '<e x="1">y</e>',
  '<!-- c -->',
  '<![CDATA[<c>&\r\n]]>',
  '<?x y?>',
  '&lt;',
  '&#13;',
  '&#x1F600;',
  '\r',
  '\r\n',
  '\t',
  ']]',
  '>',
  '"',
  '<a:b xmlns:a="urn:z" a:c="d"/>',
  '<e xmlns="urn:y"><f/></e>',
  '😀',
  'é',
  '\x85',
  '\u2028',
]

/**
 * One of the corpus with one to three changes. Half of the changes keep it well-formed when nothing else is wrong, or
 * mutants would hardly ever have content left to compare.
 */
export function mutantOf(corpus: readonly string[], draw: Draw): string {
  let text = pick(corpus, draw)
  const changes = 1 + draw(3)
  const isGentle = draw(5) < 2
  for (let done = 0; done < changes; done++) text = isGentle ? enrich(text, draw) : damage(text, corpus, draw)
  return text
}

/** Puts content after a tag that is neither the first nor the last, or an attribute into a tag. */
function enrich(text: string, draw: Draw): string {
  const tagEnd = text.indexOf('>', draw(text.length))
  if (tagEnd < 0) return text
  if (draw(4) > 0) return splice(text, tagEnd + 1, 0, pick(contents, draw))
  const end = text[tagEnd - 1] === '/' ? tagEnd - 1 : tagEnd
  return splice(text, end, 0, pick([...attributes, ` u${draw(1000)}="&#9;\t\r\n'"`], draw))
}

function damage(text: string, corpus: readonly string[], draw: Draw): string {
  const at = draw(text.length + 1)
  const length = 1 + draw(draw(4) === 0 ? 40 : 4)
  switch (draw(8)) {
    case 0:
      return splice(text, at, length, '')
    case 1:
      return splice(text, at, 0, text.slice(at, at + length))
    case 2: {
      const other = pick(corpus, draw)
      const from = draw(other.length)
      return splice(text, at, draw(2) * length, other.slice(from, from + length * 2))
    }
    case 3:
      // Two neighbours change places.
      return splice(
        text,
        at,
        2,
        text
          .slice(at, at + 2)
          .split('')
          .reverse()
          .join(''),
      )
    case 4:
      // An attribute lands where one may be: before the end of some tag.
      return splice(text, Math.max(0, text.indexOf('>', at)), 0, pick(attributes, draw))
    case 5:
      // Content lands where content may be: after the end of some tag.
      return splice(text, text.indexOf('>', at) + 1, 0, pick(draw(2) === 0 ? constructs : references, draw))
    case 6:
      return splice(text, at, 1, pick(pick(dictionary, draw), draw))
    default:
      return splice(text, at, 0, pick(pick(dictionary, draw), draw))
  }
}

function splice(text: string, at: number, removed: number, added: string): string {
  return text.slice(0, at) + added + text.slice(at + removed)
}

function pick<T>(from: readonly T[], draw: Draw): T {
  return from[draw(from.length)]!
}
