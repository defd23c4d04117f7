// What the columns of a file of people or suppressions are: names that the old service's exports have (labels of the
// screen, names of its interfaces) and those of our own exports. It must not know the rows.

import { parseAddress } from '../../domain/address.js'
import type { Field } from '../../domain/field.js'
import { addressField, flagField, reasonField } from '../../domain/flag.js'
import type { Fields } from '../fields.js'
import type { BulkColumn, BulkSubject, UnknownColumns } from './bulk.js'

export type BulkColumnsRead =
  | {
      readonly type: 'columns'
      readonly columns: readonly BulkColumn[]
      readonly notes: readonly string[]
      /** False where the first line is a row already. */
      readonly hasHeader: boolean
    }
  | { readonly type: 'refused'; readonly problem: string }

const columnsMax = 1_000

/** Names that are no field's, in lower case and without blanks, dashes and underscores. */
const peopleNames: ReadonlyMap<string, BulkColumn['type']> = new Map([
  ...['id', 'leadid', 'personid', 'marketoid', 'marketoleadid', 'marketopersonid'].map(name => [name, 'id'] as const),
  ...['partition', 'leadpartition', 'personpartition'].map(name => [name, 'partition'] as const),
  ['foreignids', 'foreign-ids'],
  // What the store itself says of a person; it says it anew.
  ...[
    'createdat',
    'created',
    'updatedat',
    'updated',
    'unsubscribedsource',
    'unsubscribedsince',
    'unsubscribedorigin',
  ].map(name => [name, 'passed-over'] as const),
])
const suppressionNames: ReadonlyMap<string, BulkColumn['type']> = new Map([
  ...['since', 'date', 'unsubscribedat', 'unsubscribedsince', 'unsubscribedate', 'unsubscribeddate', 'optoutdate'].map(
    name => [name, 'since'] as const,
  ),
  ...['source', 'unsubscribedsource'].map(name => [name, 'source'] as const),
  ...['origin', 'unsubscribedorigin'].map(name => [name, 'origin'] as const),
  ['evidence', 'evidence'],
  ['status', 'status'],
])
const addressNames = new Set(['email', 'emailaddress', 'address', 'emailaddr', 'mail'])
const reasonNames = new Set(['reason', 'unsubscribedreason', 'unsubscribereason'])

const folded = (name: string): string => name.toLowerCase().replace(/[\s_-]+/g, '')
const shown = (name: string): string => `'${name.slice(0, 60)}'`

/** What one name means; undefined where nobody knows it. */
export function columnOf(name: string, subject: BulkSubject, { dictionary }: Pick<Fields, 'dictionary'>) {
  const fieldColumn = (field: Field): BulkColumn =>
    field.isReadOnly ? { type: 'passed-over' } : { type: 'field', field }
  const key = folded(name)
  if (subject === 'suppressions') {
    if (addressNames.has(key)) return fieldColumn(dictionary.find(addressField)!)
    if (reasonNames.has(key)) return fieldColumn(dictionary.find(reasonField)!)
    if (key === folded(flagField)) return fieldColumn(dictionary.find(flagField)!)
    const type = suppressionNames.get(key)
    // A list of suppressions says nothing of people; what else stands in it is somebody's own business.
    return type === undefined ? undefined : ({ type } as BulkColumn)
  }
  const field = dictionary.findByLabel(name) ?? dictionary.find(name)
  if (field !== undefined) return fieldColumn(field)
  const type = peopleNames.get(key)
  return type === undefined ? undefined : ({ type } as BulkColumn)
}

export interface HeaderWanted {
  readonly subject: BulkSubject
  readonly unknown: UnknownColumns
  readonly fields: Pick<Fields, 'dictionary' | 'unknownAmong' | 'add'>
}

/** Reads the first line of a table. */
export async function readHeader(cells: readonly string[], wanted: HeaderWanted): Promise<BulkColumnsRead> {
  if (cells.length > columnsMax) {
    return refused(`expected at most ${columnsMax} columns, got ${cells.length}; is it the right delimiter?`)
  }
  const names = cells.map(cell => cell.trim())
  if (wanted.subject === 'suppressions' && names.length === 1 && parseAddress(names[0]!).type === 'address') {
    const email = wanted.fields.dictionary.find(addressField)!
    return { type: 'columns', columns: [{ type: 'field', field: email }], notes: [], hasHeader: false }
  }
  const nameless = names.indexOf('')
  if (nameless !== -1) return refused(`expected a name in column ${nameless + 1} of the header, got none`)
  const unknown = await unknownNames(names, wanted)
  if (unknown.length > 0 && wanted.unknown === 'refuse') return refused(unknownSentence(unknown))

  const columns = names.map(name => columnOf(name, wanted.subject, wanted.fields) ?? ({ type: 'passed-over' } as const))
  const notes = columns.flatMap((column, index) =>
    column.type === 'passed-over' ? [`column ${shown(names[index]!)} was passed over`] : [],
  )
  const problem = headerProblem(columns, names)
  return problem === undefined ? { type: 'columns', columns, notes, hasHeader: true } : refused(problem)
}

async function unknownNames(
  names: readonly string[],
  { subject, unknown, fields }: HeaderWanted,
): Promise<readonly string[]> {
  const strangers = (): string[] => names.filter(name => columnOf(name, subject, fields) === undefined)
  if (subject === 'suppressions' || strangers().length === 0) return []
  // Another process may have added the field a moment ago.
  await fields.unknownAmong(strangers())
  if (unknown === 'add')
    for (const name of new Set(strangers())) await fields.add({ name, label: name, type: 'string' })
  return [...new Set(strangers())]
}

export const unknownSentence = (names: readonly string[]): string =>
  `there is no field ${names.slice(0, 20).map(shown).join(', ')}` +
  `${names.length > 20 ? ` and ${names.length - 20} more` : ''}: add it, or have unknown columns passed over or added`

function headerProblem(columns: readonly BulkColumn[], names: readonly string[]): string | undefined {
  const what = columns.map(column => (column.type === 'field' ? column.field.name : column.type))
  const second = what.findIndex((name, index) => name !== 'passed-over' && what.indexOf(name) !== index)
  if (second !== -1) {
    const first = what.indexOf(what[second]!)
    return `expected one column for ${what[second]}, got ${shown(names[first]!)} and ${shown(names[second]!)}`
  }
  if (what.includes(addressField) || what.includes('id')) return undefined
  const got = names.slice(0, 10).map(shown).join(', ')
  return `expected a column Email Address (or Id), by which a row names whom it is about; got ${got}`
}

const refused = (problem: string): BulkColumnsRead => ({ type: 'refused', problem })
