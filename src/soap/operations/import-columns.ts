// The header line of an import: what each column is (legacy-soap-contract 3.15). Knows how callers name fields and
// tokens; must not know the rows.

import { addressField } from '../../domain/flag.js'
import { tokenName } from '../../domain/flow.js'
import type { Fields } from '../../service/fields.js'
import { readCsvLine } from '../../service/jobs/csv-line.js'
import type { ImportColumn, ListImportPlan } from '../../service/jobs/jobs.js'
import { type Answered, faulted, faultKinds, quoted, unknownLeadFields } from '../faults.js'

export type ColumnsRead = Pick<ListImportPlan, 'columns' | 'notes'>

export interface ImportColumnsWanted {
  readonly fields: Fields
  readonly operation: string
  /** Without a flow, nobody asks for tokens. */
  readonly hasFlow: boolean
}

const token = /^\{\{\s*my\.[^{}]*\}\}$/i

/** Names are those that people read on the screen; where no field has one, those that SOAP and JSON callers use. */
export async function readImportColumns(
  header: string,
  { fields, operation, hasFlow }: ImportColumnsWanted,
): Promise<Answered<ColumnsRead>> {
  const line = readCsvLine(header)
  if (line.type !== 'values') {
    const problem = line.type === 'blank' ? 'expected the names of the columns, got none' : line.problem
    return faulted(faultKinds.inputError, `importFileHeader: ${problem}`)
  }
  const names = line.values.map(name => name.trim())
  const nameless = names.indexOf('')
  if (nameless !== -1) {
    return faulted(faultKinds.inputError, `importFileHeader: expected a name in column ${nameless + 1}, got none`)
  }
  const fieldNames = names.filter(name => !token.test(name) && fields.dictionary.findByLabel(name) === undefined)
  const strangers = (await fields.unknownAmong([...new Set(fieldNames)])).filter(
    // A field that another process added may be known by its label now.
    name => fields.dictionary.findByLabel(name) === undefined,
  )
  if (strangers.length > 0) return { type: 'fault', fault: unknownLeadFields(operation, strangers) }

  const notes: string[] = []
  const columns = names.map(name => readColumn(name, fields, hasFlow, notes))
  const problem = columnsProblem(columns)
  return problem === undefined
    ? { type: 'result', result: { columns, notes } }
    : faulted(faultKinds.inputError, `importFileHeader: ${problem}`)
}

function readColumn(name: string, { dictionary }: Fields, hasFlow: boolean, notes: string[]): ImportColumn {
  if (token.test(name)) {
    if (hasFlow) return { type: 'token', name: tokenName(name) }
    notes.push(`column ${quoted(name)} was passed over, since no campaign was named that asks for it`)
    return { type: 'passed-over' }
  }
  const field = dictionary.findByLabel(name) ?? dictionary.find(name)!
  if (!field.isReadOnly) return { type: 'field', field }
  notes.push(`column ${quoted(name)} was passed over, since nobody may write it`)
  return { type: 'passed-over' }
}

function columnsProblem(columns: readonly ImportColumn[]): string | undefined {
  const named = columns.flatMap(column => (column.type === 'field' ? [column.field.name] : []))
  const twice = named.find((name, index) => named.indexOf(name) !== index)
  if (twice !== undefined) return `expected one column for ${quoted(twice)}, got two`
  if (!named.includes(addressField)) return `expected a column Email Address, by which a row names its lead`
  return undefined
}
