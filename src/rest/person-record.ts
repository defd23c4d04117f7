// What callers say about a person: the schemas, and their way into a command. Absent is not mentioned, null is cleared.
// It knows forms and fields; who is meant and what may be done is for the rules.

import { z } from 'zod'
import { type Address, parseAddress } from '../domain/address.js'
import type { SavePerson } from '../domain/command.js'
import {
  type Field,
  type FieldDictionary,
  fieldNameLengthMax,
  fieldValuesLengthMax,
  readFieldValue,
} from '../domain/field.js'
import { addressField, flagField } from '../domain/flag.js'
import { personIdMax } from '../domain/person.js'
import { evidenceLengthMax, reasonLengthMax, statedText } from './input.js'
import type { Finding } from './problem.js'

export const personIdInBody = z.int().min(1).max(personIdMax)

export const emailInBody = z
  .string()
  .transform((text, context): Address => {
    const parsed = parseAddress(text)
    if (parsed.type === 'address') return parsed.address
    context.addIssue(parsed.problem)
    return z.NEVER
  })
  .meta({ type: 'string', description: 'An e-mail address.', examples: ['ada@example.org'] })

/** Systems are compared in capitals; the database would overlook blanks at the end, so none get there. */
export const foreignSystem = z
  .string()
  .trim()
  .regex(/^[\w.-]{1,64}$/, 'expected letters, digits, dot, hyphen and underscore, at most 64')
  .transform(system => system.toUpperCase())
  .describe('The system that gave the id, such as SFDC; in any letter case.')
export const foreignIdText = statedText(255).describe('The id that it gave.')

const value = z.union([z.string(), z.number(), z.boolean(), z.null()], 'expected a text, number, true, false or null')
const values = z
  .record(z.string(), value)
  .describe('Values by the name of their field; null clears a field, one that is not named stays.')

const said = {
  unsubscribed: z.boolean().optional().describe('R1 and R2: it is the status of the address that changes.'),
  fields: values.optional(),
  foreignId: z.strictObject({ system: foreignSystem, id: foreignIdText }).optional(),
  reason: statedText(reasonLengthMax).optional().describe('Why; needed to re-subscribe.'),
  evidence: statedText(evidenceLengthMax).optional().describe('What proves that a re-subscribe was asked for.'),
}

export const personRecord = z
  .strictObject({
    id: personIdInBody.optional(),
    email: emailInBody.optional(),
    ...said,
  })
  .describe('The first of id, foreignId and email that is given says who is meant.')
  .meta({ id: 'PersonRecord' })

export const personChange = z
  .strictObject({
    email: emailInBody.nullable().optional().describe('R3: the status of the new address holds. Null: none any more.'),
    ...said,
  })
  .meta({ id: 'PersonPatch' })

type Said = Omit<z.output<typeof personChange>, 'reason' | 'evidence'> & { readonly id?: number | undefined }

/** What a command saves, of what was said. Adds what is wrong with the values of fields to `findings`. */
export function readSaid(
  { id, email, foreignId, unsubscribed, fields = {} }: Said,
  dictionary: FieldDictionary,
  at: string,
  findings: Finding[],
): Pick<SavePerson, 'identity' | 'address' | 'unsubscribed' | 'fields'> {
  return {
    identity: {
      ...(id === undefined ? {} : { id }),
      ...(foreignId === undefined ? {} : { foreignId: { system: foreignId.system, value: foreignId.id } }),
      ...(email === undefined || email === null ? {} : { address: email }),
    },
    ...(email === undefined ? {} : { address: email }),
    ...(unsubscribed === undefined ? {} : { unsubscribed }),
    fields: readFields(fields, dictionary, `${at}.fields`, findings),
  }
}

const anyFields = z.object({ fields: z.record(z.string(), z.unknown()) })

/** Those fields of a record that is refused for something else whose values can be read. */
export function fieldsIn(refused: unknown): Pick<Said, 'fields'> {
  const read = anyFields.safeParse(refused)
  if (!read.success) return {}
  const readable = Object.entries(read.data.fields).flatMap(([name, given]) => {
    const { success, data } = value.safeParse(given)
    return success ? [[name, data] as const] : []
  })
  return { fields: Object.fromEntries(readable) }
}

function readFields(
  given: z.output<typeof values>,
  dictionary: FieldDictionary,
  at: string,
  findings: Finding[],
): Record<string, string | null> {
  const read = new Map<string, string | null>()
  let length = 0
  for (const [name, value] of Object.entries(given)) {
    const field = dictionary.find(name.trim())
    const result = field === undefined ? 'is not known here' : readValue(field, value)
    if (typeof result === 'string') findings.push({ path: `${at}.${name.slice(0, 100)}`, message: result })
    else if (read.has(field!.name)) findings.push({ path: `${at}.${name}`, message: 'is given twice, by two names' })
    else read.set(field!.name, result.value)
    length += typeof value === 'string' ? value.length : 0
  }
  if (length > fieldValuesLengthMax) {
    findings.push({ path: at, message: `expected at most ${fieldValuesLengthMax} characters, got ${length}` })
  }
  return Object.fromEntries(read)
}

/** The value as it is kept, or a sentence about what is wrong with it. */
function readValue(field: Field, value: string | number | boolean | null): { readonly value: string | null } | string {
  if (field.name === addressField) return 'is set as email, beside the fields'
  if (field.name === flagField) return 'is set as unsubscribed, beside the fields'
  if (field.isReadOnly) return 'cannot be set by callers'
  if (value === null) return { value: null }
  if (typeof value === 'boolean') {
    return field.type === 'boolean' ? { value: value ? '1' : '0' } : `expected a text, got ${value}`
  }
  // A number would lose what a text keeps: the zeros that a postal code begins with.
  if (typeof value === 'number' && !numeric.has(field.type)) return `expected a text, got ${value}`
  const text = String(value)
  if (/\p{Cs}/u.test(text)) return 'expected whole characters, got half of a surrogate pair'
  const read = readFieldValue(field, text)
  return read.type === 'value' ? { value: read.value } : read.problem
}

const numeric: ReadonlySet<Field['type']> = new Set(['integer', 'score', 'float', 'currency', 'percent'])

/** All names of fields in these, each as it was written. */
export const fieldNamesIn = (records: readonly Said[]): readonly string[] =>
  [...new Set(records.flatMap(({ fields = {} }) => Object.keys(fields).map(name => name.trim())))].filter(
    name => name !== '' && name.length <= fieldNameLengthMax,
  )

/** What the caller said about why, as a cause takes it. */
export function stated({ reason, evidence }: { reason?: string | undefined; evidence?: string | undefined }) {
  return { ...(reason === undefined ? {} : { reason }), ...(evidence === undefined ? {} : { evidence }) }
}
