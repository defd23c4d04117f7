// One row of an import as a command: whom it means and what it says. Knows values as spreadsheets hold them; must not
// know what became of the rows before it.

import { type Address, parseAddress } from '../../domain/address.js'
import type { SavePerson } from '../../domain/command.js'
import { type Field, fieldValuesLengthMax, readBoolean, readFieldValue } from '../../domain/field.js'
import { addressField, flagField } from '../../domain/flag.js'
import { readCsvLine } from './csv-line.js'
import type { ImportColumn, ListImportPlan } from './jobs.js'

export type ImportRow =
  | { readonly type: 'command'; readonly command: SavePerson; readonly tokens: ReadonlyMap<string, string> }
  | { readonly type: 'blank' }
  | { readonly type: 'problem'; readonly problem: string }

export function readImportRow(text: string, plan: Pick<ListImportPlan, 'columns' | 'mode'>): ImportRow {
  if (text.length > fieldValuesLengthMax) {
    return problem(`expected at most ${fieldValuesLengthMax} characters, got ${text.length}`)
  }
  const line = readCsvLine(text)
  if (line.type === 'blank') return line
  if (line.type === 'not-a-line') return problem(line.problem)
  const { values } = line
  if (values.every(value => value.trim() === '')) return { type: 'blank' }
  // Too many values mean a comma that should have been quoted: all behind it would land in the wrong fields.
  const count = values.findLastIndex(value => value.trim() !== '') + 1
  if (count > plan.columns.length) return problem(`expected ${plan.columns.length} values, got ${count}`)

  const read = readValues(values, plan.columns)
  if (read.problems.length > 0) return problem(read.problems.join('; '))
  if (read.address === undefined) return problem(`${addressField}: expected an address, got none`)
  const identity = { address: read.address }
  const { unsubscribed, fields, tokens } = read
  if (plan.mode === 'members-only') {
    return { type: 'command', command: { type: 'save-person', identity, fields: {}, mode: 'update' }, tokens }
  }
  const said = { unsubscribed, flagMode: 'ignore', fields: Object.fromEntries(fields) } as const
  return { type: 'command', command: { type: 'save-person', identity, ...said, mode: 'upsert' }, tokens }
}

interface ValuesRead {
  address: Address | undefined
  unsubscribed: boolean | undefined
  readonly fields: Map<string, string | null>
  readonly tokens: Map<string, string>
  readonly problems: string[]
}

function readValues(values: readonly string[], columns: readonly ImportColumn[]): ValuesRead {
  const texts = { fields: new Map(), tokens: new Map(), problems: [] }
  const read: ValuesRead = { address: undefined, unsubscribed: undefined, ...texts }
  columns.forEach((column, index) => {
    const text = values[index] ?? ''
    if (column.type === 'token') read.tokens.set(column.name, text)
    // An empty cell is what a spreadsheet has where nothing is known; only a blank clears.
    if (column.type === 'field' && text !== '') readValue(column.field, text, read)
  })
  return read
}

function readValue(field: Field, text: string, read: ValuesRead): void {
  if (field.name === addressField) {
    const parsed = parseAddress(text)
    if (parsed.type === 'address') read.address = parsed.address
    else read.problems.push(`${addressField}: ${parsed.problem}`)
  } else if (field.name === flagField) {
    if (text.trim() === '') return
    // R11: it will change nothing, so what cannot be read of it keeps nobody from being imported.
    read.unsubscribed = readBoolean(text) ?? false
  } else {
    const value = readFieldValue(field, text)
    if (value.type === 'value') read.fields.set(field.name, value.value)
    else read.problems.push(`${field.name}: ${value.problem}`)
  }
}

function problem(text: string): ImportRow {
  return { type: 'problem', problem: text }
}
