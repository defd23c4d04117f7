// Reads outside of batches. A person is always read together with the status of its address, in one statement, so
// that no reader can see one without the other.

import type { Knex } from 'knex'
import { untouchedStatus } from '../domain/person.js'
import type { ActivityRecord, LogEntry, LogHead, ReadStore, StatusRecord } from '../service/ports.js'
import { createActivityStream } from './activity-stream.js'
import { selectRows } from './batch-session.js'
import type { ErasedKeys } from './erased-keys.js'
import { cutOf } from './log-positions.js'
import { createPeoplePages } from './people-pages.js'
import { selectViews, toViews, viewQuery } from './person-views.js'
import {
  type ActivityRow,
  activityFrom,
  type LogRow,
  logEntryFrom,
  type StatusHistoryRow,
  type StatusRow,
  statusColumns,
  statusFrom,
  statusRecordFrom,
} from './rows.js'

export function createReads(knex: Knex, erased: ErasedKeys): ReadStore {
  const views = (): Knex.QueryBuilder => viewQuery(knex)

  return {
    async peopleByIds(ids) {
      if (ids.length === 0) return []
      return toViews(knex, await selectRows(knex, `${selectViews} where people.id in (?) order by people.id`, [ids]))
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
      const sql = `${selectViews} where people.address_key = ? order by people.id desc limit ?`
      return toViews(knex, await selectRows(knex, sql, [key, limit]))
    },
    async status(key) {
      // Both in one statement; of an erased address that was only looked at since, the one that says something.
      const sql = `select ${statusColumns.join(', ')} from email_status where address_key in (?) order by version desc`
      const rows = await selectRows<StatusRow>(knex, sql, [erased.keysOf(key)])
      const [row] = rows
      if (row === undefined) return { status: untouchedStatus(key), people: 0 }
      return { status: { ...statusFrom(row), key }, people: rows.reduce((sum, { people }) => sum + people, 0) }
    },
    async statusHistory(key): Promise<StatusRecord[]> {
      const rows: StatusHistoryRow[] = await knex('status_history')
        .whereIn('address_key', erased.keysOf(key))
        .orderBy('version')
        .select('*')
      return rows.map(row => ({ ...statusRecordFrom(row), key }))
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
    ...createActivityStream(knex),
    ...createPeoplePages(knex),
    async log({ after, limit }): Promise<LogEntry[]> {
      const rows: LogRow[] = await knex('log').where('seq', '>', after).orderBy('seq').limit(limit).select('*')
      return rows.map(logEntryFrom)
    },
    async head(): Promise<LogHead> {
      const row = await knex('log_head').where({ id: 1 }).first('seq', 'activity_id', 'hash')
      if (row === undefined) throw new Error('the log has no head: the migrations did not run to their end')
      return { seq: row.seq, activityId: row.activity_id, hash: row.hash }
    },
    cut: () => cutOf(knex),
  }
}
