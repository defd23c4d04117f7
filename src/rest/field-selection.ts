// Who has a value of a field, as callers ask for it: which field they mean, and the value in the form in which it is
// kept. It knows names and forms; how such people are found is the store's.

import type { FieldDictionary } from '../domain/field.js'
import { readFieldValue } from '../domain/field.js'
import { addressField, flagField, reasonField } from '../domain/flag.js'
import type { FieldSelection } from '../service/ports.js'
import type { Finding } from './problem.js'

// They belong to an address, and stand in no person's fields.
const elsewhere: Readonly<Record<string, string>> = {
  [addressField]: 'people are selected by their address as `email`',
  [flagField]: 'it belongs to the address; addresses that opted out are told by exports and by the change feed',
  [reasonField]: 'it belongs to the address; addresses that opted out are told by exports and by the change feed',
}

export type ReadSelection =
  | { readonly type: 'selection'; readonly selection: FieldSelection }
  | { readonly type: 'not-possible'; readonly findings: readonly Finding[] }

/** `at`: where in the request the two stand. */
export function readSelection(
  { field: name, value: text }: { readonly field: string; readonly value: string },
  dictionary: FieldDictionary,
  at: string,
): ReadSelection {
  const refuse = (part: 'field' | 'value', message: string): ReadSelection => ({
    type: 'not-possible',
    findings: [{ path: `${at}.${part}`, message }],
  })
  const field = dictionary.find(name)
  if (field === undefined) return refuse('field', `there is no field '${name.slice(0, 60)}', see GET /v1/fields`)
  const other = elsewhere[field.name]
  if (other !== undefined) return refuse('field', `cannot be selected by: ${other}`)
  const read = readFieldValue(field, text)
  if (read.type === 'not-a-value') return refuse('value', read.problem)
  if (read.value === null) return refuse('value', 'expected a value: who has none cannot be selected')
  return { type: 'selection', selection: { field: field.name, value: read.value } }
}
