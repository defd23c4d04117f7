// The rows of a file: comma-separated values as spreadsheets write them, or a JSON object a line. Everything is
// bounded, and what is no such file is refused with the line where that shows. It knows forms, not what a value means.

import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { type Delimiter, delimiters, type Form } from './bulk.js'
import { FileRefused, type FileText } from './file-text.js'

/** The line where it begins, then its cells; of an object the text alone. */
export type FileRow = [number, ...string[]]

export interface FileRows {
  readonly form: 'csv' | 'ndjson'
  readonly rows: AsyncIterable<FileRow>
}

/** Characters of one row: a quote that is never closed must not take in the rest of the file. */
export const rowCharactersMax = 1_000_000

export function readRows(
  { head, text }: Pick<FileText, 'head' | 'text'>,
  wanted: { readonly form: Form; readonly delimiter: Delimiter },
): FileRows {
  const form = wanted.form === 'auto' ? (/^\s*\{/.test(head) ? 'ndjson' : 'csv') : wanted.form
  if (form === 'ndjson') return { form, rows: lines(text) }
  return { form, rows: records(text, delimiters[wanted.delimiter] ?? delimiterOf(head)) }
}

// The one that stands most often in the first line, outside of quotes.
function delimiterOf(head: string): string {
  const [line = ''] = head.replace(/"(?:[^"]|"")*"/g, '').split(/\r?\n|\r/, 1)
  const count = (sign: string): number => line.split(sign).length
  return [',', ';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best))
}

const problems: ReadonlyMap<string, string> = new Map([
  ['CSV_QUOTE_NOT_CLOSED', 'a quote is opened and never closed'],
  [
    'CSV_INVALID_CLOSING_QUOTE',
    'expected a delimiter behind a closing quote; a quote inside of quotes is written twice',
  ],
  ['INVALID_OPENING_QUOTE', 'a quote stands inside of a value that does not begin with one'],
  ['CSV_MAX_RECORD_SIZE', `a row has more than ${rowCharactersMax} characters; is a quote not closed?`],
])

interface Parsed {
  readonly record: string[]
  readonly info: { readonly lines: number }
}

async function* records(text: AsyncIterable<string>, delimiter: string): AsyncGenerator<FileRow> {
  const parser = parse({
    delimiter,
    info: true,
    max_record_size: rowCharactersMax,
    relax_column_count: true,
    skip_empty_lines: true,
  })
  const input = Readable.from(text)
  input.on('error', cause => parser.destroy(cause))
  input.pipe(parser)
  let before = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      // Without breaks inside of quotes, which are rare, a row is the line that it ends on.
      const breaks = info.lines - before === 1 ? 0 : breaksIn(record)
      before = info.lines
      yield [info.lines - breaks, ...record]
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    const line = (cause as { lines?: unknown }).lines
    throw new FileRefused(`line ${line}: ${problems.get(cause.code) ?? 'expected delimited values'}`, { cause })
  } finally {
    input.destroy()
  }
}

const breaksIn = (record: readonly string[]): number =>
  record.reduce((sum, value) => sum + (value.match(/\r\n|\n|\r/g)?.length ?? 0), 0)

async function* lines(text: AsyncIterable<string>): AsyncGenerator<FileRow> {
  let rest = ''
  let number = 0
  for await (const chunk of text) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop()!
    for (const part of parts) {
      number++
      if (part.length > rowCharactersMax) throw tooLong(number)
      if (part.trim() !== '') yield [number, part]
    }
    if (rest.length > rowCharactersMax) throw tooLong(number + 1)
  }
  if (rest.trim() !== '') yield [number + 1, rest]
}

const tooLong = (line: number): FileRefused =>
  new FileRefused(`line ${line}: a row has more than ${rowCharactersMax} characters`)
