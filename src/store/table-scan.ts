// Whole tables in the order of their primary keys, a page at a time.

import type { Knex } from 'knex'
import type { TableScan } from '../service/ports.js'
import { type RefusalRow, refusalFrom } from './refusals.js'
import {
  type ActivityRow,
  activityFrom,
  type PersonRow,
  personColumns,
  personFrom,
  type StatusHistoryRow,
  type StatusRow,
  statusColumns,
  statusFrom,
  statusRecordFrom,
} from './rows.js'

export function createTableScan(knex: Knex): TableScan {
  const page = (
    table: string,
    keys: readonly string[],
    after: readonly (string | number)[] | null,
    limit: number,
  ): Knex.QueryBuilder => {
    const query = knex(table)
      .orderBy([...keys])
      .limit(limit)
    return after === null ? query : query.where(behind(keys, after))
  }
  return {
    async people(after, limit) {
      const rows: PersonRow[] = await page('people', ['id'], after === null ? null : [after], limit).select(
        personColumns,
      )
      return rows.map(personFrom)
    },
    async statuses(after, limit) {
      const all = page('email_status', ['address_key'], after === null ? null : [after], limit)
      // A row that was only ever locked, by a command that changed nothing, says nothing about its address.
      all.where(said => {
        said.where('version', '>', 0).orWhere('people', '>', 0).orWhere('unsubscribed', true)
      })
      const rows: StatusRow[] = await all.select(statusColumns)
      return rows.map(row => ({ status: statusFrom(row), people: row.people }))
    },
    async statusHistory(after, limit) {
      const keys = ['address_key', 'version']
      const rows: StatusHistoryRow[] = await page(
        'status_history',
        keys,
        after && [after.key, after.version],
        limit,
      ).select('*')
      return rows.map(statusRecordFrom)
    },
    async activities(after, limit) {
      const rows: ActivityRow[] = await page('activities', ['id'], after === null ? null : [after], limit).select('*')
      return rows.map(activityFrom)
    },
    async foreignIds(after, limit) {
      const rows = await page('foreign_ids', ['system', 'value'], after && [after.system, after.value], limit).select(
        '*',
      )
      return rows.map((row: { system: string; value: string; person_id: number }) => ({
        system: row.system,
        value: row.value,
        personId: row.person_id,
      }))
    },
    async cookies(after, limit) {
      const rows = await page('cookies', ['cookie'], after === null ? null : [after], limit).select('*')
      return rows.map((row: { cookie: string; person_id: number }) => ({ cookie: row.cookie, personId: row.person_id }))
    },
    async refusals(after, limit) {
      const rows: RefusalRow[] = await page('refusals', ['seq'], after === null ? null : [after], limit).select('*')
      return rows.map(refusalFrom)
    },
    async members(after, limit) {
      const rows = await page('list_members', ['list_id', 'person_id'], after && [after.listId, after.personId], limit)
      return rows.map((row: { list_id: number; person_id: number }) => ({
        listId: row.list_id,
        personId: row.person_id,
      }))
    },
  }
}

// (a, b) > (x, y), written so that every engine uses the primary key: a >= x and (a > x or b > y).
function behind(keys: readonly string[], after: readonly (string | number)[]): (query: Knex.QueryBuilder) => void {
  const [first, second] = keys
  return query => {
    if (second === undefined) query.where(first!, '>', after[0]!)
    else
      query
        .where(first!, '>=', after[0]!)
        .andWhere(rest => void rest.where(first!, '>', after[0]!).orWhere(second, '>', after[1]!))
  }
}
