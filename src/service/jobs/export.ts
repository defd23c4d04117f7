// People and suppressions on their way out, as files that an import reads again. All of it is seen at one position of
// the log. It writes a piece, waits until that is taken, and goes on; it never holds more than a page.

import { isErasedKey } from '../../domain/erasure.js'
import type { FieldDictionary } from '../../domain/field.js'
import { addressField, flagField, flagText, reasonField } from '../../domain/flag.js'
import type { PersonView, ReadStore, SnapshotStore, TableScan } from '../ports.js'
import type { BulkSubject } from './bulk.js'

export type ExportForm = 'csv' | 'ndjson'

export interface ExportWanted {
  readonly subject: BulkSubject
  readonly form: ExportForm
  readonly dictionary: FieldDictionary
}

export interface Exported {
  readonly rows: number
  /** The last entry of the log that it knows of. */
  readonly seq: number
}

/** Takes one piece of text; resolves when the next one may come. */
export type Write = (text: string) => Promise<void>

type Snapshot = ReadStore & { readonly tables: TableScan }
type Row = readonly (string | null)[]

const pageSize = 500

export function exportAll(store: SnapshotStore, wanted: ExportWanted, write: Write): Promise<Exported> {
  return store.snapshot(async snapshot => {
    const { seq } = await snapshot.head()
    const { names, pages } = wanted.subject === 'people' ? people(snapshot, wanted) : suppressions(snapshot)
    const line = wanted.form === 'csv' ? csvLine : (row: Row) => objectLine(names, row)
    if (wanted.form === 'csv') await write(csvLine(names))
    let rows = 0
    for await (const page of pages) {
      if (page.length > 0) await write(page.map(line).join(''))
      rows += page.length
    }
    return { rows, seq }
  })
}

interface Table {
  readonly names: readonly string[]
  readonly pages: AsyncIterable<readonly Row[]>
}

const statusNames = [
  'unsubscribed',
  'unsubscribedReason',
  'unsubscribedSource',
  'unsubscribedSince',
  'unsubscribedOrigin',
] as const

function people(snapshot: Snapshot, { dictionary }: ExportWanted): Table {
  const apart = [addressField, flagField, reasonField]
  const fields = dictionary.fields.filter(({ name, isReadOnly }) => !isReadOnly && !apart.includes(name))
  const names = ['id', 'email', 'partition', 'foreignIds', ...fields.map(({ jsonName }) => jsonName), ...statusNames]
  async function* pages(): AsyncGenerator<readonly Row[]> {
    for (let after = 0; ; ) {
      const page = await snapshot.selectedPeople({ type: 'everybody' }, { after, limit: pageSize })
      yield page.people.map(view => personRow(view, fields))
      if (!page.hasMore) return
      after = page.people.at(-1)!.person.id
    }
  }
  return { names, pages: pages() }
}

function personRow({ person, foreignIds, status }: PersonView, fields: readonly { readonly name: string }[]): Row {
  const isOut = status === null ? person.ownUnsubscribed : status.status === 'unsubscribed'
  const own = status === null ? (person.fields[reasonField] ?? null) : null
  const why = isOut
    ? [status?.reason ?? own, status?.source ?? null, timeText(status?.since ?? null), status?.origin ?? null]
    : [null, null, null, null]
  return [
    String(person.id),
    person.address?.text ?? null,
    person.partition,
    foreignIds.map(({ system, value }) => `${system}:${value}`).join(';') || null,
    ...fields.map(({ name }) => person.fields[name] ?? null),
    flagText(isOut),
    ...why,
  ]
}

function suppressions({ tables }: Snapshot): Table {
  const names = ['email', 'status', 'reason', 'source', 'since', 'origin', 'evidence']
  async function* pages(): AsyncGenerator<readonly Row[]> {
    let after: Parameters<TableScan['statuses']>[0] = null
    for (;;) {
      const page = await tables.statuses(after, pageSize)
      const out = page.filter(({ status }) => status.status === 'unsubscribed' && !isErasedKey(status.key))
      yield out.map(({ status: { key, status, reason, source, since, origin, evidence } }) => [
        ...[key, status, reason, source, timeText(since)],
        origin,
        evidence,
      ])
      if (page.length < pageSize) return
      after = page.at(-1)!.status.key
    }
  }
  return { names, pages: pages() }
}

const timeText = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())

function csvLine(cells: Row): string {
  const quoted = cells.map(cell => {
    if (cell === null) return ''
    // A blank at an end would be lost to readers that trim.
    return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
  })
  return `${quoted.join(',')}\n`
}

function objectLine(names: readonly string[], cells: Row): string {
  const said = cells.flatMap((cell, index) => (cell === null ? [] : [[names[index]!, cell] as const]))
  return `${JSON.stringify(Object.fromEntries(said))}\n`
}
