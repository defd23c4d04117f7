// Histories a page at a time, and what was so at a time. Each question follows one index: the lines of a person in the
// order of their ids, the versions of an address; filters are compared line by line within it.

import type { Knex } from 'knex'
import type { AddressKey } from '../domain/address.js'
import type { HistoryFilter, HistoryLine, HistoryPage, HistoryStore, StatusChangeLine } from '../service/history.js'
import { detailOf } from '../service/log/replay.js'
import type { ErasedKeys } from './erased-keys.js'
import {
  type ActivityRow,
  activityFrom,
  type LogRow,
  logEntryFrom,
  type StatusHistoryRow,
  statusRecordFrom,
} from './rows.js'

const lifeKinds = ['person-created', 'person-deleted']

type Caused = { readonly actor: string; readonly command_id: string }
type Followed = { readonly command_id: string | null; readonly unsubscribed_before: number | boolean | null }

export function createHistory(knex: Knex, erased: ErasedKeys): HistoryStore {
  // Every line has its command in the log, with which it goes to the archive; the log is read by its primary key.
  const lines = (personId: number): Knex.QueryBuilder =>
    knex('activities')
      .join('log', 'log.seq', 'activities.seq')
      .where('activities.person_id', personId)
      .orderBy('activities.id', 'desc')
      .select('activities.*', 'log.actor', 'log.command_id')
  const versions = (key: AddressKey): Knex.QueryBuilder =>
    knex('status_history')
      .leftJoin('log', 'log.seq', 'status_history.seq')
      .leftJoin('status_history as previous', join =>
        join
          .on('previous.address_key', 'status_history.address_key')
          .andOn('previous.version', knex.raw('?? - 1', ['status_history.version'])),
      )
      .whereIn('status_history.address_key', erased.keysOf(key))
      .orderBy('status_history.version', 'desc')
      .select('status_history.*', 'log.command_id', 'previous.unsubscribed as unsubscribed_before')

  return {
    async personHistory(personId, { attribute, ...filter }, { before, limit }) {
      const query = lines(personId).modify(within, 'activities', filter)
      if (attribute !== null) query.where('activities.attribute', attribute)
      if (before !== null) query.where('activities.id', '<', before)
      return pageOf(await query.limit(limit + 1), limit, lineFrom)
    },
    async addressHistory(key, filter, { before, limit }) {
      const query = versions(key).modify(within, 'status_history', filter)
      if (before !== null) query.where('status_history.version', '<', before)
      return pageOf(await query.limit(limit + 1), limit, changeFrom)
    },
    async statusAt(key, at) {
      const row = await versions(key).where('status_history.at', '<=', at).first()
      return row === undefined ? undefined : changeFrom(row)
    },
    async lifeAt(personId, at) {
      const row = await lines(personId).where('activities.at', '<=', at).whereIn('activities.kind', lifeKinds).first()
      return row === undefined ? undefined : lineFrom(row)
    },
    async lifeAfter(personId, at) {
      const later = lines(personId).where('activities.at', '>', at).whereIn('activities.kind', lifeKinds)
      const row = await later.clearOrder().orderBy('activities.id').first()
      return row === undefined ? undefined : lineFrom(row)
    },
    async changeAt(personId, attribute, { at, after }) {
      const row = await lines(personId)
        .where('activities.id', '>', after)
        .where('activities.at', '<=', at)
        .where('activities.attribute', attribute)
        .where('activities.kind', 'value-changed')
        .first()
      return row === undefined ? undefined : lineFrom(row)
    },
    async changeAfter(personId, attribute, at) {
      const later = lines(personId)
        .where('activities.at', '>', at)
        .where('activities.attribute', attribute)
        .where('activities.kind', 'value-changed')
      const row = await later.clearOrder().orderBy('activities.id').first()
      return row === undefined ? undefined : lineFrom(row)
    },
    async commandDetail(seq) {
      const row: LogRow | undefined = await knex('log').where({ seq }).first('*')
      return row === undefined || row.detail === null ? undefined : detailOf(logEntryFrom(row))
    },
  }
}

function within(query: Knex.QueryBuilder, table: string, { source, reason, from, to }: HistoryFilter): void {
  if (source !== null) query.where(`${table}.source`, source)
  if (reason !== null) query.where(`${table}.reason`, reason)
  if (from !== null) query.where(`${table}.at`, '>=', from)
  if (to !== null) query.where(`${table}.at`, '<=', to)
}

// One row more than was asked for says whether anything is left.
function pageOf<Row, Line>(rows: readonly Row[], limit: number, lineOf: (row: Row) => Line): HistoryPage<Line> {
  return { lines: rows.slice(0, limit).map(lineOf), hasMore: rows.length > limit }
}

function lineFrom(row: ActivityRow & Caused): HistoryLine {
  return { ...activityFrom(row), actor: row.actor, commandId: row.command_id }
}

function changeFrom(row: StatusHistoryRow & Followed): StatusChangeLine {
  const from = (row.unsubscribed_before ?? !row.unsubscribed) ? 'unsubscribed' : 'subscribed'
  return { ...statusRecordFrom(row), from, commandId: row.command_id }
}
