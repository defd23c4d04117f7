// The fields that a person can have: what a value of each type looks like, and how a caller's name for a field is
// found. Which fields there are is said in `standard-fields.ts` and, for custom ones, by the store.

export const fieldTypes = [
  'string',
  'text',
  'integer',
  'float',
  'boolean',
  'date',
  'datetime',
  'phone',
  'email',
  'url',
  'currency',
  'percent',
  'score',
] as const
export type FieldType = (typeof fieldTypes)[number]

export interface Field {
  /** The name that values are stored under, and that SOAP callers use. */
  readonly name: string
  readonly jsonName: string
  /** What people read on a screen and in the activity log. */
  readonly label: string
  readonly type: FieldType
  readonly isReadOnly: boolean
  readonly isCustom: boolean
}

export type FieldValue =
  | { readonly type: 'value'; readonly value: string | null }
  | { readonly type: 'not-a-value'; readonly problem: string }

/** One value may not be longer than this, in characters; all values of one call together not longer than the second. */
export const fieldValueLengthMax = 65_535
export const fieldValuesLengthMax = 1_000_000
export const fieldNameLengthMax = 255

/** Reads a value as a caller wrote it. Only the types that must be one of a few forms are brought into their form;
 * all else is kept byte for byte (`04828` stays `04828`). */
export function readFieldValue(field: Field, text: string): FieldValue {
  if (text.length > fieldValueLengthMax) return notA(`at most ${fieldValueLengthMax} characters, got ${text.length}`)
  const trimmed = text.trim()
  // Legacy connectors send one space to clear a field (legacy-soap-contract 3.7).
  if (trimmed === '') return { type: 'value', value: null }
  switch (field.type) {
    case 'boolean': {
      const value = readBoolean(trimmed)
      return value === undefined ? notA('true, false, 1 or 0', text) : { type: 'value', value: value ? '1' : '0' }
    }
    case 'integer':
    case 'score':
      // Old clients hand these to a strict number parser without a guard (client-habits, needs).
      return /^[+-]?\d{1,18}$/.test(trimmed) ? { type: 'value', value: trimmed } : notA('a whole number', text)
    case 'float':
    case 'currency':
    case 'percent':
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(trimmed)
        ? { type: 'value', value: trimmed }
        : notA('a number', text)
    case 'date':
      return readDate(trimmed, text)
    default:
      return { type: 'value', value: text }
  }
}

/** The forms of a boolean that legacy callers send, in any letter case; undefined for anything else. */
export function readBoolean(text: string): boolean | undefined {
  switch (text.trim().toLowerCase()) {
    case '1':
    case 'true':
    case 'yes':
      return true
    case '0':
    case 'false':
    case 'no':
      return false
    default:
      return undefined
  }
}

// A date may come with a time behind it, which is dropped: one widespread client sends `2026-01-31 00:00:00Z`.
function readDate(trimmed: string, text: string): FieldValue {
  const parts = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]\S*)?$/.exec(trimmed)
  if (parts === null) return notA('a date such as 2026-01-31', text)
  const day = trimmed.slice(0, 10)
  const parsed = new Date(`${day}T00:00:00Z`)
  const exists = !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day)
  return exists ? { type: 'value', value: day } : notA('a date that exists', text)
}

function notA(expected: string, got?: string): FieldValue {
  return {
    type: 'not-a-value',
    problem: got === undefined ? `expected ${expected}` : `expected ${expected}, got '${got.slice(0, 60)}'`,
  }
}

/** Finds a field under the name that a caller uses: the exact one first, then either name in any letter case. */
export class FieldDictionary {
  readonly fields: readonly Field[]
  readonly #exact = new Map<string, Field>()
  readonly #folded = new Map<string, Field>()
  readonly #labels = new Map<string, Field>()

  constructor(fields: readonly Field[]) {
    this.fields = fields
    for (const field of fields) {
      if (!this.#labels.has(field.label.toLowerCase())) this.#labels.set(field.label.toLowerCase(), field)
      this.#exact.set(field.name, field)
      for (const name of [field.name, field.jsonName]) {
        if (!this.#folded.has(name.toLowerCase())) this.#folded.set(name.toLowerCase(), field)
      }
    }
  }

  find(name: string): Field | undefined {
    return this.#exact.get(name) ?? this.#folded.get(name.toLowerCase())
  }

  /** Finds a field under what people read, in any letter case; of several with one label the first. */
  findByLabel(label: string): Field | undefined {
    return this.#labels.get(label.toLowerCase())
  }
}
