// The address key: which spellings of an e-mail address are one mailbox to us. The status of a mailing belongs to
// this key, so folding too much would let one person's opt-out silence another, and folding too little would let
// an opt-out be escaped by a capital letter. It must not know where an address came from or where it is kept.

import { domainToASCII } from 'node:url'

/** An address in the one form in which addresses are compared, byte for byte. `parseAddress` is its only maker. */
export type AddressKey = string & { readonly __brand: 'AddressKey' }

/** An address as somebody wrote it (white space at the ends removed), with its key. */
export interface Address {
  readonly text: string
  readonly key: AddressKey
}

/** `problem` is a sentence for the caller. */
export interface NotAnAddress {
  readonly type: 'not-an-address'
  readonly problem: string
}

export type ParsedAddress = { readonly type: 'address'; readonly address: Address } | NotAnAddress

/** Version of the folding below. It is kept with the store, so that a later change can be migrated knowingly. */
export const addressKeyVersion = 1

// RFC 5321 4.5.3.1 in octets; 254 is the path limit of 256 without its angle brackets (RFC 3696 erratum 1690).
const localBytesMax = 64
const domainBytesMax = 255
const addressBytesMax = 254
const labelLengthMax = 63
// What is kept as written; a longer text could not fold into a key that is short enough, and is refused unread.
const textLengthMax = 320

const endsToStrip = '\t\n\v\f\r \uFEFF'
// Controls, white space, soft hyphen, zero-width and direction marks: invisible, so they can only deceive.
const invisible = /[\p{Cc}\p{Zs}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/u
// The common case, whose key is the lower-cased text: dot-separated labels of letters, digits, hyphen, underscore.
const plainAscii = /^[!-?A-~]+@(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i

const punycode = /[@.]xn--/i

/** Parses what a caller gave as an e-mail address. */
export function parseAddress(given: string): ParsedAddress {
  if (isPlain(given)) return { type: 'address', address: { text: given, key: given.toLowerCase() as AddressKey } }
  const text = withoutEnds(given)
  if (text === '') return problem('the address is empty')
  if (text.length > textLengthMax) return problem(`the address has more than ${textLengthMax} characters`)
  if (invisible.test(text)) return problem('white space, control or invisible characters are not allowed in an address')

  // The last @ splits: a quoted local part may hold others. Full-width @ is never taken for one.
  const at = text.lastIndexOf('@')
  if (at === -1) return problem('expected local@domain, got no @')
  if (at === 0) return problem('expected something before the @')
  if (at === text.length - 1) return problem('expected a domain after the @')

  const local = foldLocal(text.slice(0, at))
  const domain = foldDomain(text.slice(at + 1))
  if (typeof domain !== 'string') return domain
  const localBytes = Buffer.byteLength(local)
  const domainBytes = Buffer.byteLength(domain)
  if (localBytes > localBytesMax)
    return problem(`the part before the @ has ${localBytes} bytes, at most ${localBytesMax} are allowed`)
  if (domainBytes > domainBytesMax)
    return problem(`the domain has ${domainBytes} bytes, at most ${domainBytesMax} are allowed`)
  const bytes = localBytes + 1 + domainBytes
  if (bytes > addressBytesMax) return problem(`the address has ${bytes} bytes, at most ${addressBytesMax} are allowed`)
  return { type: 'address', address: { text, key: `${local}@${domain}` as AddressKey } }
}

// Nothing at its ends, nothing invisible, one @, each part short enough: what the long way would find, at once.
function isPlain(given: string): boolean {
  if (given.length > addressBytesMax || !plainAscii.test(given) || given.indexOf('@') > localBytesMax) return false
  return !punycode.test(given)
}

/** Gives a key that a trusted place (our own store) holds back its type. Not for anything a caller sent. */
export function trustedAddressKey(stored: string): AddressKey {
  return stored as AddressKey
}

// By hand and not by a pattern: one anchored at the end looks at every run of blanks again from each of its
// characters, which takes seconds on the longest value that a caller may send.
function withoutEnds(given: string): string {
  let start = 0
  let end = given.length
  while (start < end && endsToStrip.includes(given.charAt(start))) start++
  while (end > start && endsToStrip.includes(given.charAt(end - 1))) end--
  return given.slice(start, end)
}

// Dots and plus tags are never folded: only the receiving host may say what they mean (RFC 5321 2.3.11).
function foldLocal(local: string): string {
  const composed = local.normalize('NFC')
  let folded = ''
  for (const character of composed) folded += lowerCharacter(character)
  // Lower-casing can make a pair composable that was not (J with caron), so compose again: the key stays a fixed point.
  return folded.normalize('NFC')
}

// One character stays one character: the dotted capital I would become two and is kept as it is.
function lowerCharacter(character: string): string {
  const lower = character.toLowerCase()
  return lower.length === character.length ? lower : character
}

function foldDomain(given: string): string | NotAnAddress {
  if (given.startsWith('[') && given.endsWith(']')) return foldLiteral(given)
  const withoutRoot = given.endsWith('.') ? given.slice(0, -1) : given
  // domainToASCII parses a URL's host: it cuts at / and ?, decodes %41, and reads 127.1 as an IPv4 number. So it sees
  // only characters that a host name may have, and only names that need it.
  if (/[^0-9A-Za-z._\-\u0080-\u{10FFFF}]/u.test(withoutRoot)) return problem(`'${given}' is not a domain name`)
  const isAscii = !/[^ -~]/.test(withoutRoot)
  const ascii = isAscii && !/(?:^|\.)xn--/i.test(withoutRoot) ? withoutRoot.toLowerCase() : domainToASCII(withoutRoot)
  if (ascii === '' || /[^0-9a-z._-]/.test(ascii)) return problem(`'${given}' is not a domain name`)
  const labels = ascii.split('.')
  for (const label of labels) {
    if (label === '') return problem('the domain has an empty label (two dots in a row)')
    if (label.length > labelLengthMax)
      return problem(`a label of the domain is longer than ${labelLengthMax} characters`)
    if (label.startsWith('-') || label.endsWith('-'))
      return problem('a label of the domain starts or ends with a hyphen')
  }
  if (!isAscii && /^[0-9]+$/.test(labels[labels.length - 1]!)) return problem(`'${given}' is not a domain name`)
  return ascii
}

// An address literal ([192.0.2.1], [IPv6:...]) names a host directly; it is compared as written, without case.
function foldLiteral(literal: string): string | NotAnAddress {
  if (!/^\[[0-9A-Za-z:.-]+\]$/.test(literal)) return problem(`'${literal}' is not an address literal`)
  return literal.toLowerCase()
}

function problem(text: string): NotAnAddress {
  return { type: 'not-an-address', problem: text }
}
