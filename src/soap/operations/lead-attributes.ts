// What the attribute list of a record says about a person: values by field, address, flag (legacy-soap-contract 3.7).
// Knows how legacy clients leave out and clear values; must not know keys, commands or replies.

import { type Address, parseAddress } from '../../domain/address.js'
import {
  type Field,
  type FieldDictionary,
  fieldValuesLengthMax,
  readBoolean,
  readFieldValue,
} from '../../domain/field.js'
import { addressField, flagField } from '../../domain/flag.js'
import type { PersonId } from '../../domain/person.js'
import type { Fields } from '../../service/fields.js'
import { type Answered, faulted, faultKinds, quoted, unknownLeadFields } from '../faults.js'
import { type GivenId, readPersonId } from './person-id.js'

export interface GivenAttribute {
  readonly attrName?: string | null | undefined
  readonly attrValue?: string | null | undefined
}

/** Absent: not mentioned. Null: cleared. */
export interface AttributesRead {
  /** Some clients name the person nowhere else (client-habits 6 and 7). */
  readonly id: PersonId | undefined
  readonly address: Address | null | undefined
  readonly unsubscribed: boolean | undefined
  readonly fields: Readonly<Record<string, string | null>>
}

/** Not a field of a person but its name, which clients put among its fields. */
const idAttribute = 'id'
const problemsNamedMax = 20

export interface AttributeNames {
  readonly dictionary: FieldDictionary
  /** Names that no field has, as `unknownNames` found them. */
  readonly unknown: ReadonlySet<string>
  /** Named in the fault about them. */
  readonly operation: string
}

/** The names in all these lists that no field has. Asked once for a whole call: each time, the store may be asked. */
export async function unknownNames(
  lists: readonly (readonly GivenAttribute[])[],
  fields: Fields,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const list of lists) {
    for (const { attrName } of list) {
      const name = (attrName ?? '').trim()
      const isKnown = name === '' || name.toLowerCase() === idAttribute || fields.dictionary.find(name) !== undefined
      if (!isKnown) names.add(name)
    }
  }
  return names.size === 0 ? names : new Set(await fields.unknownAmong([...names]))
}

/** Every problem of the list is in one fault. */
export function readLeadAttributes(
  given: readonly GivenAttribute[],
  { dictionary, unknown, operation }: AttributeNames,
): Answered<AttributesRead> {
  const nameless = given.findIndex(({ attrName }) => (attrName ?? '').trim() === '')
  if (nameless !== -1) {
    return faulted(
      faultKinds.inputError,
      `leadAttributeList: expected attrName in each attribute, got none in number ${nameless + 1}`,
    )
  }
  const length = given.reduce((sum, { attrValue }) => sum + (attrValue?.length ?? 0), 0)
  if (length > fieldValuesLengthMax) {
    const limit = `expected at most ${fieldValuesLengthMax} characters in all values together, got ${length}`
    return faulted(faultKinds.inputError, `leadAttributeList: ${limit}`)
  }
  if (unknown.size > 0) {
    const strangers = new Set(given.map(({ attrName }) => attrName!.trim()).filter(name => unknown.has(name)))
    if (strangers.size > 0) return { type: 'fault', fault: unknownLeadFields(operation, [...strangers]) }
  }

  const reading = new AttributeReading()
  for (const { attrName, attrValue } of given) {
    const name = attrName!.trim()
    const field = name.toLowerCase() === idAttribute ? idAttribute : dictionary.find(name)
    // Whatever is not among the unknown names is in the dictionary: fields come, and never go.
    reading.take(field!, attrValue ?? '')
  }
  return reading.finish()
}

class AttributeReading {
  #id: GivenId = { type: 'not-given' }
  #address: Address | null | undefined
  #unsubscribed: boolean | undefined
  readonly #fields = new Map<string, string | null>()
  readonly #problems: string[] = []

  take(field: Field | typeof idAttribute, text: string): void {
    // An empty value is what clients send for what they have no value for; they clear with a blank.
    if (text === '') return
    if (field === idAttribute) this.#takeId(text)
    else if (field.isReadOnly) return
    else if (field.name === addressField) this.#takeAddress(text)
    else if (field.name === flagField) this.#takeFlag(text)
    else this.#takeValue(field, text)
  }

  finish(): Answered<AttributesRead> {
    const problems = this.#problems
    if (problems.length > 0) {
      const more = problems.length > problemsNamedMax ? `; and ${problems.length - problemsNamedMax} more` : ''
      return faulted(faultKinds.inputError, `${problems.slice(0, problemsNamedMax).join('; ')}${more}`)
    }
    const id = this.#id.type === 'id' ? this.#id.id : undefined
    // fromEntries makes own properties whatever their names are; an assignment to `__proto__` would not.
    const fields = Object.fromEntries(this.#fields)
    return { type: 'result', result: { id, address: this.#address, unsubscribed: this.#unsubscribed, fields } }
  }

  #takeId(text: string): void {
    this.#id = readPersonId(text)
    if (this.#id.type === 'not-an-id') this.#problems.push(`Id: ${this.#id.problem}`)
  }

  #takeAddress(text: string): void {
    if (text.trim() === '') {
      this.#address = null
      return
    }
    const parsed = parseAddress(text)
    if (parsed.type === 'address') this.#address = parsed.address
    else if (!isUnsetValue(text)) this.#problems.push(`${addressField}: ${parsed.problem}, in '${quoted(text)}'`)
  }

  #takeFlag(text: string): void {
    // A flag has no cleared state: a blank says as little as nothing at all.
    if (text.trim() === '' || isUnsetValue(text)) return
    const flag = readBoolean(text)
    if (flag === undefined) {
      this.#problems.push(`${flagField}: expected true, false, 1 or 0, got '${text.slice(0, 60)}'`)
    } else if (this.#unsubscribed !== undefined && this.#unsubscribed !== flag) {
      // For other fields the last value wins; here a guess could lose an opt-out.
      this.#problems.push(`${flagField}: expected one value, got both true and false`)
    }
    this.#unsubscribed = flag
  }

  #takeValue(field: Field, text: string): void {
    const read = readFieldValue(field, text)
    if (read.type === 'value') this.#fields.set(field.name, read.value)
    else if (!isUnsetValue(text)) this.#problems.push(`${field.name}: ${read.problem}`)
  }
}

// One widespread client writes the word for a value that it does not have (legacy-soap-contract 3.7). Where it cannot
// be a value it says nothing; in a field of text it is kept as the text that it may be.
function isUnsetValue(text: string): boolean {
  return text === 'null'
}
