// One line of comma-separated values, as spreadsheets write them. What a quote means is the library's business.

import { CsvError, parse } from 'csv-parse/sync'

export type CsvLine =
  | { readonly type: 'values'; readonly values: readonly string[] }
  | { readonly type: 'blank' }
  | { readonly type: 'not-a-line'; readonly problem: string }

const problems: ReadonlyMap<string, string> = new Map([
  ['CSV_QUOTE_NOT_CLOSED', 'a quote is opened and never closed'],
  ['CSV_INVALID_CLOSING_QUOTE', 'expected a comma behind a closing quote; a quote inside of quotes is written twice'],
  ['INVALID_OPENING_QUOTE', 'a quote stands inside of a value that does not begin with one'],
])

/** A line break belongs to a value only inside of quotes. */
export function readCsvLine(text: string): CsvLine {
  if (text.trim() === '') return { type: 'blank' }
  try {
    const [values, more] = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true })
    if (values === undefined) return { type: 'blank' }
    if (more !== undefined) return { type: 'not-a-line', problem: 'expected one row, got several lines' }
    return { type: 'values', values }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    return { type: 'not-a-line', problem: problems.get(cause.code) ?? 'expected comma-separated values' }
  }
}
