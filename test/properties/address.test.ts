// Address keys over many spellings: a key is a fixed point, letter case of ASCII is all that folds among visible ASCII,
// and nothing that can be written makes the parser throw.
import { domainToUnicode } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { parseAddress } from '../../src/domain/address.js'

const keyOf = (text: string): string | null => {
  const parsed = parseAddress(text)
  return parsed.type === 'address' ? parsed.address.key : null
}
const bytes = (text: string) => Buffer.byteLength(text)
const flipAsciiCase = (text: string, flips: readonly boolean[]) =>
  [...text]
    .map((character, index) => {
      if (!flips[index % flips.length] || !/[a-z]/i.test(character)) return character
      return character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase()
    })
    .join('')

const letter = fc.constantFrom(...'abkzABKZ019')
// Signs with a meaning to somebody who reads addresses, URLs or Unicode; and halves of pairs.
const hostile = fc.constantFrom(
  ...'@.[]%/\\:?#"\'<>()&+-_=,; \t\n\u0000\u007F\u00A0\u00AD\u200B\u200C\u200D\u200E\u2028\u2060\uFEFF',
  ...'\u3002\uFF0E\uFF61\uFF20\uFF0F\uFF05\u2100\u2024\u0130\u0131\u017F\u212A\u1E9E\u00DF\u0301\u0308\u0323\u0345',
  ...['\uD800', '\uDC00', '\uFFFE', '\u034F', '\u3164', '\uFE0F', 'xn--', 'XN--', '0x7f'],
)
const anyCharacter = fc.oneof(
  { weight: 4, arbitrary: letter },
  { weight: 3, arbitrary: hostile },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }) },
)
const anyText = fc.array(anyCharacter, { maxLength: 30 }).map(parts => parts.join(''))
const domainCharacter = fc.oneof(letter, fc.constantFrom('-', '_', '\u00FC', '\u00DF', '\u65E5', 'u\u0308', '\u0416'))
const likelyDomain = fc
  .array(fc.array(domainCharacter, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 })
  .map(labels => labels.map(label => label.join('')).join('.'))
// Mostly well-formed around the @, so that much of it is accepted.
const someAddress = fc
  .tuple(fc.oneof(anyText, fc.string({ unit: letter, minLength: 1 })), fc.oneof(likelyDomain, anyText))
  .map(([local, domain]) => `${local}@${domain}`)
const plainLocal = fc.string({
  unit: fc.constantFrom(...'abcXYZ019.+-_!#$%&\'*/=?^`{|}~"\\'),
  minLength: 1,
  maxLength: 70,
})
const plainDomain = fc
  .array(fc.stringMatching(/^[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,10}[a-zA-Z0-9_])?$/), { minLength: 1, maxLength: 5 })
  .map(labels => labels.join('.'))
  .filter(domain => !/(?:^|\.)xn--/i.test(domain))

t.test('what is read at once has the key that the long way finds', async t => {
  const plainAddress = fc.tuple(plainLocal, plainDomain).map(([local, domain]) => `${local}@${domain}`)
  fc.assert(
    // A blank in front takes the long way.
    fc.property(fc.oneof(plainAddress, someAddress, anyText), text => keyOf(text) === keyOf(` ${text}`)),
    { numRuns: 3_000 },
  )
  t.equal(keyOf('Ada@Example.org'), 'ada@example.org')
  t.equal(keyOf(`${'a'.repeat(65)}@example.org`), null)
})

t.test('no text makes the parser throw, and every answer is an address or a sentence', async t => {
  let accepted = 0
  fc.assert(
    fc.property(fc.oneof(anyText, someAddress, fc.string({ unit: 'binary', maxLength: 400 })), text => {
      const parsed = parseAddress(text)
      if (parsed.type === 'address') accepted++
      return parsed.type === 'address' ? parsed.address.key.length > 2 : parsed.problem.length > 0
    }),
    { numRuns: 6_000 },
  )
  t.ok(accepted > 500, `${accepted} of them were addresses`)
})

t.test('the key of a key is the key, and within the limits', async t => {
  fc.assert(
    fc.property(someAddress, text => {
      const key = keyOf(text)
      if (key === null) return true
      const at = key.lastIndexOf('@')
      const isShort = bytes(key.slice(0, at)) <= 64 && bytes(key.slice(at + 1)) <= 255 && bytes(key) <= 254
      return keyOf(key) === key && isShort && !/[A-Z]/.test(key) && /^[ -~]+$/.test(key.slice(at))
    }),
    { numRuns: 6_000 },
  )
  t.pass()
})

t.test('the key of a key is the key, for every character of the first two planes', async t => {
  const moved: string[] = []
  for (let point = 0x21; point < 0x20000; point++) {
    const character = String.fromCodePoint(point)
    for (const text of [`a${character}b@ex.com`, `a@x${character}y.example`]) {
      const key = keyOf(text)
      if (key !== null && (keyOf(key) !== key || /[A-Z]/.test(key))) moved.push(point.toString(16))
      if (key?.startsWith('a@') && !key.endsWith('.example') && character !== '@') moved.push(`cut at ${point}`)
    }
  }
  t.strictSame(moved, [])
})

t.test('the letter case of ASCII never matters', async t => {
  fc.assert(
    fc.property(someAddress, fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }), (text, flips) => {
      // I with a dot above is one letter of its own, which has no small form of one character: it is kept as it is.
      fc.pre(!text.includes('\u0307'))
      return keyOf(flipAsciiCase(text, flips)) === keyOf(text)
    }),
    { numRuns: 6_000 },
  )
  t.pass()
})

t.test('two ASCII addresses share a key only if they differ in letter case, or in the dot of the root', async t => {
  const short = fc.string({ unit: fc.constantFrom(...'aAbB.+-"'), minLength: 1, maxLength: 4 })
  const host = fc.constantFrom('x.org', 'X.org', 'x.org.', 'y.org', 'x.org.org')
  const plain = (text: string) => text.toLowerCase().replace(/\.$/, '')
  fc.assert(
    fc.property(short, host, short, host, (oneLocal, oneHost, otherLocal, otherHost) => {
      const one = `${oneLocal}@${oneHost}`
      const other = `${otherLocal}@${otherHost}`
      return (keyOf(one) === keyOf(other)) === (plain(one) === plain(other))
    }),
    { numRuns: 5_000 },
  )
  t.pass()
})

t.test('letters that only look or sound alike never share a mailbox', async t => {
  const alphabet = [...'eEsSkKiIaA.+', '\u00E9', '\u00C9', '\u0301', '\u00DF', '\u1E9E', '\u017F', '\u212A', '\u0130']
  alphabet.push('\u0131', '\u0307', '\uFF41', '\uFF25', '\u00E8', '\u0430', '\u00AA', '\u00E4')
  const families = new Map<string, Set<string>>()
  for (const one of alphabet)
    for (const two of ['', ...alphabet])
      for (const three of ['', ...alphabet]) {
        const local = `x${one}${two}${three}`
        const key = keyOf(`${local}@ex.com`)!
        // What may be folded at most: canonical composition, and capital to small letter.
        const loose = local.normalize('NFC').toLowerCase().normalize('NFC')
        families.set(key, (families.get(key) ?? new Set()).add(loose))
      }
  t.strictSame(
    [...families].filter(([, loose]) => loose.size > 1),
    [],
  )
  t.ok(families.size > 5_000)
})

t.test('a domain is the same in its Unicode and in its ASCII form', async t => {
  let seen = 0
  fc.assert(
    fc.property(likelyDomain, domain => {
      const key = keyOf(`a@${domain}`)
      if (key === null) return true
      const ascii = key.slice(2)
      // Node's own function, which this test relies on, reads a number at the end as an IPv4 address.
      fc.pre(!/(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/.test(ascii))
      if (ascii !== domain.toLowerCase()) seen++
      return keyOf(`a@${domainToUnicode(ascii)}`) === key && keyOf(`a@${ascii.toUpperCase()}`) === key
    }),
    { numRuns: 4_000 },
  )
  t.ok(seen > 100, `${seen} of them had another ASCII form`)
})

t.test('the short way for plain addresses gives what the long way gives', async t => {
  fc.assert(
    fc.property(plainLocal, plainDomain, (local, domain) => {
      const key = keyOf(`${local}@${domain}`)
      // The dot of the root and the dots of East Asian keyboards are spelled the same way only by the long way.
      const isNumeric = /(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)$/i.test(domain)
      const wide = isNumeric || !domain.includes('.') ? `${domain}.` : domain.replaceAll('.', '\u3002')
      return keyOf(`${local}@${domain}.`) === key && keyOf(`${local}@${wide}`) === key
    }),
    { numRuns: 5_000 },
  )
  t.pass()
})

t.test('blanks around an address never matter, blanks inside are always refused', async t => {
  const blank = fc.string({ unit: fc.constantFrom(' ', '\t', '\r', '\n', '\uFEFF'), minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(plainLocal, plainDomain, blank, blank, fc.nat(), (local, domain, before, after, where) => {
      const text = `${local}@${domain}`
      const inside = 1 + (where % (text.length - 1))
      return (
        keyOf(before + text + after) === keyOf(text) &&
        keyOf(text.slice(0, inside) + before + text.slice(inside)) === null
      )
    }),
    { numRuns: 1_000 },
  )
  t.pass()
})
