// People as readers see them: each with the status of its address and its foreign ids, in one shape for all reads. It
// knows which columns that takes, and nothing of which people are wanted.

import type { Knex } from 'knex'
import type { AddressKey } from '../domain/address.js'
import { type ForeignId, untouchedStatus } from '../domain/person.js'
import type { PersonView } from '../service/ports.js'
import { selectRows } from './batch-session.js'
import { type PersonRow, personColumns, personFrom, type StatusRow, statusColumns, statusFrom } from './rows.js'

export type ViewRow = PersonRow & { [Column in `status_${keyof StatusRow}`]: StatusRow[keyof StatusRow] }

const viewColumns = [
  ...personColumns.map(column => `people.${column}`),
  ...statusColumns.map(column => `email_status.${column} as status_${column}`),
]

/** The same as text, for what calls wait for most: building it anew takes longer than answering it. */
export const selectViews =
  `select ${viewColumns.join(', ')} from people ` +
  'left join email_status on email_status.address_key = people.address_key'

/** People, each with the status of its address in the same statement; whoever asks says which and in which order. */
export function viewQuery(knex: Knex): Knex.QueryBuilder {
  return knex('people').leftJoin('email_status', 'email_status.address_key', 'people.address_key').select(viewColumns)
}

export async function toViews(knex: Knex, rows: readonly ViewRow[]): Promise<PersonView[]> {
  const foreignIds = await foreignIdsOf(
    knex,
    rows.map(({ id }) => id),
  )
  return rows.map(row => ({
    person: personFrom(row),
    foreignIds: foreignIds.get(row.id) ?? [],
    status: row.address_key === null ? null : statusOf(row, row.address_key as AddressKey),
  }))
}

function statusOf(row: ViewRow, key: AddressKey): PersonView['status'] {
  if (row.status_address_key === null) return untouchedStatus(key)
  const values = statusColumns.map(column => [column, row[`status_${column}`]])
  return statusFrom(Object.fromEntries(values) as StatusRow)
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
