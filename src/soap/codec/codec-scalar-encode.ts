// The value of a built-in type -> escaped text of an element. It knows what XML and XML Schema allow; it must not know
// elements or cardinality. A value that the schema forbids is our own defect, and throws: no client could read it.

import type { BuiltInType, EnumerationShape } from '../wsdl/wsdl-shape.js'
import { formatDateTime, parseDateTime, type Zone } from './codec-date-time.js'

export type WriteScalar = (value: unknown) => string

/** The writer of a built-in type, compiled once. It throws a TypeError that says what was expected. */
export function scalarWriter(type: BuiltInType, zone: Zone): WriteScalar {
  switch (type) {
    case 'string':
    case 'anySimpleType':
      return writeText
    case 'base64Binary':
      return writeBase64
    case 'boolean':
      return writeBoolean
    case 'int':
      return wholeNumberWriter(-(2 ** 31), 2 ** 31 - 1)
    case 'long':
    case 'integer':
      return wholeNumberWriter(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    case 'dateTime':
      return value => writeDateTime(value, zone)
    default: {
      const unhandled: never = type
      throw new Error(`no writer for the built-in type ${unhandled}`)
    }
  }
}

/** Writes members of an enumeration only: strict clients fail on any other token. */
export function enumerationWriter(shape: EnumerationShape): WriteScalar {
  const texts = new Map(shape.values.map(value => [value, escapeText(value)]))
  return value => {
    const text = typeof value === 'string' ? texts.get(value) : undefined
    if (text === undefined) throw new TypeError(`expected one of ${shape.values.join(', ')}, got ${describe(value)}`)
    return text
  }
}

// Both say what may stay as it is. What may not: markup, a carriage return (readers would make a line feed of it), and
// what XML 1.0 has no way to say at all. The first is the cheap look, by UTF-16 unit, that most texts end with.
const special = /[^\t\n\x20-\x25'-;=?-\ud7ff\ue000-\ufffd]/
const eachSpecial = /[^\t\n\x20-\x25'-;=?-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** Escapes character data. What XML 1.0 cannot carry, lone surrogates included, becomes U+FFFD. */
export function escapeText(text: string): string {
  return special.test(text) ? text.replaceAll(eachSpecial, escapeCharacter) : text
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '&':
      return '&amp;'
    case '<':
      return '&lt;'
    case '>':
      return '&gt;'
    case '\r':
      return '&#13;'
    default:
      return '\ufffd'
  }
}

function writeText(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`expected a string, got ${describe(value)}`)
  return escapeText(value)
}

function writeBase64(value: unknown): string {
  if (typeof value === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0) return value
  throw new TypeError(`expected base64 text, got ${describe(value)}`)
}

function writeBoolean(value: unknown): string {
  if (typeof value !== 'boolean') throw new TypeError(`expected a boolean, got ${describe(value)}`)
  return value ? 'true' : 'false'
}

function wholeNumberWriter(min: number, max: number): WriteScalar {
  return value => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return String(value)
    throw new TypeError(`expected a whole number from ${min} to ${max}, got ${describe(value)}`)
  }
}

const schemaDateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?$/

/** Epoch milliseconds are written in the zone; the text of an xs:dateTime, such as one echoed back, as it is. */
function writeDateTime(value: unknown, zone: Zone): string {
  if (typeof value === 'number' && Number.isFinite(value)) return formatDateTime(value, zone)
  if (typeof value === 'string' && schemaDateTime.test(value) && parseDateTime(value) !== undefined) return value
  throw new TypeError(`expected epoch milliseconds or the text of an xs:dateTime, got ${describe(value)}`)
}

/** Strings are left out: they may be personal data, and a defect's message reaches a log. */
function describe(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' || value == null ? String(value) : typeof value
}
