// Text of an element -> the value of a built-in type. It knows how lenient the legacy service was about each
// (client-habits 5 and 8); it must not know elements, paths or cardinality.

import type { BuiltInType } from '../wsdl/wsdl-shape.js'
import { parseDateTime, type Zone } from './codec-date-time.js'
import { quoteGiven } from './codec-findings.js'

export type ScalarValue = string | number | boolean

/** What a text turned out to be. Neither of the two: nothing was given. */
export type ScalarReading =
  | { readonly value: ScalarValue; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string }
  | { readonly value?: undefined; readonly problem?: undefined }

export type ReadScalar = (text: string) => ScalarReading

const notGiven: ScalarReading = Object.freeze({})
const yes: ScalarReading = Object.freeze({ value: true })
const no: ScalarReading = Object.freeze({ value: false })

/** The reader of a built-in type, compiled once. Numbers and times are trimmed, strings never. */
export function scalarReader(type: BuiltInType, zone: Zone): ReadScalar {
  switch (type) {
    case 'string':
    case 'anySimpleType':
      return text => ({ value: text })
    case 'base64Binary':
      return readToken
    case 'boolean':
      return readBoolean
    case 'int':
      return wholeNumberReader(-(2 ** 31), 2 ** 31 - 1)
    // Beyond these a JavaScript number would become another number without a word.
    case 'long':
    case 'integer':
      return wholeNumberReader(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
    case 'dateTime':
      return text => readDateTime(text, zone)
    default: {
      const unhandled: never = type
      throw new Error(`no reader for the built-in type ${unhandled}`)
    }
  }
}

/**
 * An enumeration's token as it came, trimmed; whether it is a member is the rules' question, with a fault of its own.
 */
export function readToken(text: string): ScalarReading {
  const token = text.trim()
  return token === '' ? notGiven : { value: token }
}

function readBoolean(text: string): ScalarReading {
  switch (text.trim().toLowerCase()) {
    case '':
      return notGiven
    case 'true':
    case '1':
      return yes
    case 'false':
    case '0':
      return no
    default:
      return { problem: `expected true, false, 1 or 0, ${quoteGiven(text)}` }
  }
}

function wholeNumberReader(min: number, max: number): ReadScalar {
  return text => {
    const digits = text.trim()
    if (digits === '') return notGiven
    const value = /^[+-]?\d+$/.test(digits) ? Number(digits) : Number.NaN
    if (value >= min && value <= max) return { value: value === 0 ? 0 : value }
    return { problem: `expected a whole number from ${min} to ${max}, ${quoteGiven(text)}` }
  }
}

function readDateTime(text: string, zone: Zone): ScalarReading {
  const token = text.trim()
  if (token === '') return notGiven
  if (parseDateTime(token, zone) !== undefined) return { value: token }
  return { problem: `expected a date and time such as 2026-01-31T09:30:00-08:00, ${quoteGiven(text)}` }
}

const base64Text = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A string that SOAP::Lite sent as base64 of its UTF-8 because it is not ASCII (client-habits 8). */
export function readBase64String(text: string): ScalarReading {
  const packed = text.replaceAll(/\s+/g, '')
  if (!base64Text.test(packed)) return { problem: `expected base64, as xsi:type says, ${quoteGiven(text)}` }
  try {
    return { value: utf8.decode(Buffer.from(packed, 'base64')) }
  } catch {
    // TextDecoder's only failure: the bytes are not UTF-8. That is the caller's error, and an answer.
    return { problem: `expected base64 of UTF-8 text, ${quoteGiven(text)}` }
  }
}
