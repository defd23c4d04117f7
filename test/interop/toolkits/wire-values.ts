// Values of the contract that conversations say and expect. It must not know what is asked for.
import type { Arguments, Expectations } from './call.js'

export interface Circumstances {
  /** Begins all addresses, so that no two conversations meet. */
  readonly tag: string
  /** Ids from here on to here + 99 belong to this conversation. */
  readonly firstId: number
  readonly version: string
  /** Text with characters of all planes where the toolkit can write them. */
  readonly writesAllCharacters: boolean
}

/** An id that the server has drawn. */
export const isDrawnId = /^\d{10}$/

/** What a record shows of an address that opted out over this wire. */
export const optedOut = { Unsubscribed: '1', UnsubscribedReason: 'SOAP API' }
const types: Readonly<Record<string, string>> = { Unsubscribed: 'boolean', UnsubscribedReason: 'text' }

export function attributes(values: Readonly<Record<string, string>>): Arguments {
  return { attribute: Object.entries(values).map(([attrName, attrValue]) => ({ attrName, attrValue })) }
}

/** All attributes of a record, in the order in which they are shown. */
export function shown(values: Readonly<Record<string, string>>): Expectations {
  return {
    attribute: Object.entries(values).map(([attrName, attrValue]) => ({
      attrName,
      attrType: types[attrName] ?? 'string',
      attrValue,
    })),
  }
}
