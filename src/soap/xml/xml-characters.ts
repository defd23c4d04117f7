// The character classes of XML 1.0, fifth edition, as one table over UTF-16 units: a scanner's loop is then one
// look-up a unit. Knows productions [2] Char, [3] S, [4] NameStartChar and [4a] NameChar; must not know any syntax.

/** May begin an NCName: the colon is left out, because Namespaces gives it a meaning of its own. */
export const NAME_START = 1
/** May continue an NCName. */
export const NAME = 2
export const SPACE = 4
/** Means itself in character data: neither markup, nor a reference, nor a line end to normalise, nor half a pair. */
export const PLAIN_TEXT = 8
/** Means itself in an attribute value, whichever quote is around it. */
export const PLAIN_VALUE = 16
/** Is a legal character on its own; surrogates are not, they count in pairs only. */
export const LEGAL = 32

const nameStartRanges = [
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
  [0xc0, 0xd6],
  [0xd8, 0xf6],
  [0xf8, 0x2ff],
  [0x370, 0x37d],
  [0x37f, 0x1fff],
  [0x200c, 0x200d],
  [0x2070, 0x218f],
  [0x2c00, 0x2fef],
  [0x3001, 0xd7ff],
  [0xf900, 0xfdcf],
  [0xfdf0, 0xfffd],
] as const

const nameOnlyRanges = [
  [0x2d, 0x2e],
  [0x30, 0x39],
  [0xb7, 0xb7],
  [0x300, 0x36f],
  [0x203f, 0x2040],
] as const

const legalRanges = [
  [0x09, 0x0a],
  [0x0d, 0x0d],
  [0x20, 0xd7ff],
  [0xe000, 0xfffd],
] as const

/** The classes of each UTF-16 unit, as a sum of the bits above. */
export const characterClasses: Uint8Array = classify()

function classify(): Uint8Array {
  const classes = new Uint8Array(0x10000)
  const add = (ranges: readonly (readonly [number, number])[], bits: number) => {
    for (const [first, last] of ranges) for (let unit = first; unit <= last; unit++) classes[unit]! |= bits
  }
  const remove = (characters: string, bit: number) => {
    for (const character of characters) classes[character.charCodeAt(0)]! &= ~bit
  }
  add(nameStartRanges, NAME_START | NAME)
  add(nameOnlyRanges, NAME)
  add(legalRanges, LEGAL | PLAIN_TEXT | PLAIN_VALUE)
  for (const character of '\t\n\r ') classes[character.charCodeAt(0)]! |= SPACE
  remove('<&]\r', PLAIN_TEXT)
  remove('<&"\'\t\n\r', PLAIN_VALUE)
  return classes
}

/** True where a high surrogate stands at `offset` and its low one follows: one legal character in two units. */
export function isPairAt(text: string, offset: number): boolean {
  return (text.charCodeAt(offset) & 0xfc00) === 0xd800 && (text.charCodeAt(offset + 1) & 0xfc00) === 0xdc00
}

/** True where a pair stands at `offset` that names may contain: U+10000 to U+EFFFF, so not the private planes. */
export function isNamePairAt(text: string, offset: number): boolean {
  return isPairAt(text, offset) && text.charCodeAt(offset) < 0xdb80
}

/** True for the code points that a document may contain, written or referred to. */
export function isLegalCodePoint(codePoint: number): boolean {
  if (codePoint > 0xffff) return codePoint <= 0x10ffff
  return (characterClasses[codePoint]! & LEGAL) !== 0
}

/** The code point at `offset` in a form that is safe to put in a message, "the end of the text" after the last. */
export function describeCharacterAt(text: string, offset: number): string {
  const codePoint = text.codePointAt(offset)
  if (codePoint === undefined) return 'the end of the text'
  if (codePoint > 0x20 && codePoint < 0x7f) return `'${String.fromCharCode(codePoint)}'`
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}
