// Reads outside of batches. A person is always read together with the status of its address, in one statement, so
// that no reader can see one without the other.

import type { Knex } from 'knex'
import type { AddressKey } from '../domain/address.js'
import { type ForeignId, untouchedStatus } from '../domain/person.js'
import type { ActivityRecord, LogEntry, LogHead, PersonView, ReadStore, StatusRecord } from '../service/ports.js'
import {
  type ActivityRow,
  activityFrom,
  type LogRow,
  logEntryFrom,
  type PersonRow,
  personColumns,
  personFrom,
  type StatusHistoryRow,
  type StatusRow,
  statusColumns,
  statusFrom,
  statusRecordFrom,
} from './rows.js'

type ViewRow = PersonRow & { [Column in `status_${keyof StatusRow}`]: StatusRow[keyof StatusRow] }

const viewColumns = [
  ...personColumns.map(column => `people.${column}`),
  ...statusColumns.map(column => `email_status.${column} as status_${column}`),
]

export function createReads(knex: Knex): ReadStore {
  const views = (): Knex.QueryBuilder =>
    knex('people').leftJoin('email_status', 'email_status.address_key', 'people.address_key').select(viewColumns)

  return {
    async peopleByIds(ids) {
      return ids.length === 0
        ? []
        : toViews(
            knex,
            await views()
              .whereIn('people.id', [...ids])
              .orderBy('people.id'),
          )
    },
    async peopleByForeignId({ system, value }) {
      const owner = knex('foreign_ids').where({ system, value }).select('person_id')
      return toViews(knex, await views().whereIn('people.id', owner))
    },
    async peopleByCookie(cookie) {
      const owner = knex('cookies').where({ cookie }).select('person_id')
      return toViews(knex, await views().whereIn('people.id', owner))
    },
    async peopleByAddress(key, limit) {
      return toViews(knex, await views().where('people.address_key', key).orderBy('people.id', 'desc').limit(limit))
    },
    async status(key) {
      const row: StatusRow | undefined = await knex('email_status').where({ address_key: key }).first(statusColumns)
      if (row === undefined) return { status: untouchedStatus(key), people: 0 }
      return { status: statusFrom(row), people: row.people }
    },
    async statusHistory(key): Promise<StatusRecord[]> {
      const rows: StatusHistoryRow[] = await knex('status_history')
        .where({ address_key: key })
        .orderBy('version')
        .select('*')
      return rows.map(statusRecordFrom)
    },
    async activitiesOf(personId, { after, limit }): Promise<ActivityRecord[]> {
      const rows: ActivityRow[] = await knex('activities')
        .where({ person_id: personId })
        .andWhere('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .select('*')
      return rows.map(activityFrom)
    },
    async log({ after, limit }): Promise<LogEntry[]> {
      const rows: LogRow[] = await knex('log').where('seq', '>', after).orderBy('seq').limit(limit).select('*')
      return rows.map(logEntryFrom)
    },
    async head(): Promise<LogHead> {
      const row = await knex('log_head').where({ id: 1 }).first('seq', 'activity_id', 'hash')
      if (row === undefined) throw new Error('the log has no head: the migrations did not run to their end')
      return { seq: row.seq, activityId: row.activity_id, hash: row.hash }
    },
  }
}

async function toViews(knex: Knex, rows: readonly ViewRow[]): Promise<PersonView[]> {
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
  const rows = await knex('foreign_ids')
    .whereIn('person_id', [...ids])
    .orderBy(['system', 'value'])
    .select('system', 'value', 'person_id')
  for (const { system, value, person_id } of rows)
    found.set(person_id, [...(found.get(person_id) ?? []), { system, value }])
  return found
}
