// People as readers see them: each with the status of its address and its foreign ids, in one shape for all reads. It
// knows which columns that takes, and nothing of which people are wanted.

import type { Knex } from 'knex'
import type { AddressKey } from '../domain/address.js'
import { type ForeignId, untouchedStatus } from '../domain/person.js'
import type { PersonView } from '../service/ports.js'
import { selectRows } from './batch-session.js'
import { type PersonRow, personColumns, personFrom, type StatusRow, statusColumns, statusFrom } from './rows.js'

/** Where the address has no status, or the person no address, all of `status_` is null. */
export type ViewRow = PersonRow & { [Column in keyof StatusRow as `status_${Column}`]: StatusRow[Column] | null }

const viewColumns = [
  ...personColumns.map(column => `people.${column}`),
  ...statusColumns.map(column => `email_status.${column} as status_${column}`),
]

/** The same as text, for what calls wait for most: building it anew takes longer than answering it. */
export const selectViews =
  `select ${viewColumns.join(', ')} from people ` +
  'left join email_status on email_status.address_key = people.address_key'

/** With foreign ids in the same statement: a row for each of them, so that no number of rows is one of people. */
export const selectWholeViews =
  `select ${viewColumns.join(', ')}, foreign_ids.\`system\` as foreign_system, ` +
  'foreign_ids.`value` as foreign_value from people ' +
  'left join email_status on email_status.address_key = people.address_key ' +
  'left join foreign_ids on foreign_ids.person_id = people.id'

export type WholeViewRow = ViewRow & { foreign_system: string | null; foreign_value: string | null }

/** In the order of the rows. */
export function wholeViews(rows: readonly WholeViewRow[]): PersonView[] {
  const found = new Map<number, ReturnType<typeof viewOf> & { readonly foreignIds: ForeignId[] }>()
  for (const row of rows) {
    const view = found.get(row.id) ?? viewOf(row, [])
    found.set(row.id, view)
    const { foreign_system: system, foreign_value: value } = row
    if (system !== null && value !== null) view.foreignIds.push({ system, value })
  }
  for (const { foreignIds } of found.values()) if (foreignIds.length > 1) foreignIds.sort(bySystem)
  return [...found.values()]
}

function bySystem(a: ForeignId, b: ForeignId): number {
  if (a.system !== b.system) return a.system < b.system ? -1 : 1
  return a.value < b.value ? -1 : 1
}

/** People, each with the status of its address in the same statement; whoever asks says which and in which order. */
export function viewQuery(knex: Knex): Knex.QueryBuilder {
  return knex('people').leftJoin('email_status', 'email_status.address_key', 'people.address_key').select(viewColumns)
}

export async function toViews(knex: Knex, rows: readonly ViewRow[]): Promise<PersonView[]> {
  const foreignIds = await foreignIdsOf(
    knex,
    rows.map(({ id }) => id),
  )
  return rows.map(row => viewOf(row, foreignIds.get(row.id) ?? []))
}

function viewOf<Ids extends readonly ForeignId[]>(row: ViewRow, foreignIds: Ids) {
  const status = row.address_key === null ? null : statusOf(row, row.address_key as AddressKey)
  return { person: personFrom(row), foreignIds, status }
}

function statusOf(row: ViewRow, key: AddressKey): PersonView['status'] {
  if (row.status_address_key === null) return untouchedStatus(key)
  const stored = {
    address_key: key,
    unsubscribed: row.status_unsubscribed,
    version: row.status_version,
    since: row.status_since,
    reason: row.status_reason,
    source: row.status_source,
    actor: row.status_actor,
    evidence: row.status_evidence,
    origin: row.status_origin,
    seq: row.status_seq,
    people: row.status_people,
  }
  // There is a row, and what may be null in it is so in its type.
  return statusFrom(stored as StatusRow)
}

async function foreignIdsOf(knex: Knex, ids: readonly number[]): Promise<Map<number, ForeignId[]>> {
  const found = new Map<number, ForeignId[]>()
  if (ids.length === 0) return found
  const rows = await selectRows<{ system: string; value: string; person_id: number }>(
    knex,
    'select `system`, `value`, person_id from foreign_ids where person_id in (?) order by `system`, `value`',
    [ids],
  )
  for (const { system, value, person_id } of rows)
    found.set(person_id, [...(found.get(person_id) ?? []), { system, value }])
  return found
}
