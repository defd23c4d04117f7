// Texts outside of the log that may name an address: reports and plans of jobs, runs of flows, what Salesforce sent and
// said. It knows where they stand and when they may be rewritten; by what, and why, is not known here.

import type { Knex } from 'knex'
import type { NamingText } from '../service/privacy/erasure-ports.js'
import type { BatchSession } from './batch-session.js'
import { textHoldsFolded } from './engine.js'

interface Place {
  readonly of: NamingText['of']
  readonly table: string
  readonly key: readonly string[]
  readonly column: string
  readonly form: 'json' | 'text'
  /** Only once this column has a value: before, the text is still needed as it is. */
  readonly settledBy?: string
}

const job = { of: 'job', table: 'imports', key: ['id'], form: 'json', settledBy: 'ended_at' } as const
const run = { of: 'flow-run', table: 'flow_runs', key: ['id'], form: 'json', settledBy: 'ended_at' } as const

const places: readonly Place[] = [
  { of: 'job-report', table: 'import_reports', key: ['import_id', 'number'], column: 'content', form: 'json' },
  { ...job, column: 'plan' },
  { ...job, column: 'progress' },
  { ...run, column: 'changes' },
  { ...run, column: 'selection' },
  { ...run, column: 'terms' },
  {
    ...{ of: 'notification', table: 'salesforce_inbox', key: ['id'], column: 'fields', form: 'json' },
    settledBy: 'processed_at',
  },
  {
    ...{ of: 'error', table: 'salesforce_outbox', key: ['org_id', 'record_id'], column: 'last_error', form: 'text' },
  },
  { of: 'error', table: 'salesforce_syncs', key: ['id'], column: 'last_error', form: 'text' },
]

/** No index finds words within a text, so this takes as long as there is text. */
export async function textsNaming(knex: Knex, spellings: readonly string[]): Promise<NamingText[]> {
  const forms = new Set(spellings.map(text => text.toLowerCase()).flatMap(text => [text, asInJson(text)]))
  const found: NamingText[] = []
  for (const [index, { of, table, key, column, settledBy }] of places.entries()) {
    const query = knex(table).where(either => {
      for (const form of forms) either.orWhere(textHoldsFolded(knex, column, form))
    })
    const rows: Row[] = await query.select([...key, ...(settledBy === undefined ? [] : [settledBy])])
    for (const row of rows) {
      const where = Object.fromEntries(key.map(name => [name, row[name]!]))
      const [id] = Object.values(where)
      const isSettled = settledBy === undefined || row[settledBy] !== null
      found.push({ of, id: typeof id === 'number' ? id : null, isSettled, place: index, where })
    }
  }
  return found
}

type Row = Readonly<Record<string, string | number | null>>

const asInJson = (text: string): string => JSON.stringify(text).slice(1, -1)

export async function rewriteTexts(
  { table }: BatchSession,
  texts: readonly NamingText[],
  redact: <Value>(value: Value) => Value,
): Promise<void> {
  for (const { place, where, isSettled } of texts) {
    const { table: name, column, form } = places[place]!
    const [row]: Row[] = isSettled ? await table(name).where(where).select(column) : []
    const text = row?.[column]
    if (typeof text !== 'string') continue
    const left = form === 'json' ? JSON.stringify(redact(JSON.parse(text) as unknown)) : redact(text)
    await table(name)
      .where(where)
      .update({ [column]: left })
  }
}
