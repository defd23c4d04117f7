// Reads outside of batches. A person is always read together with the status of its address, in one statement, so
// that no reader can see one without the other.

import type { Knex } from 'knex'
import type { AddressKey } from '../domain/address.js'
import { untouchedStatus } from '../domain/person.js'
import type { ActivityRecord, LogEntry, LogHead, PersonView, ReadStore, StatusRecord } from '../service/ports.js'
import { createActivityStream } from './activity-stream.js'
import { listText, selectPrepared, selectRows } from './batch-session.js'
import type { ErasedKeys } from './erased-keys.js'
import { cutOf } from './log-positions.js'
import { createPeoplePages } from './people-pages.js'
import {
  selectViews,
  selectWholeViews,
  toViews,
  type ViewRow,
  viewQuery,
  type WholeViewRow,
  wholeViews,
} from './person-views.js'
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
import { askTogether } from './together.js'

// Addresses in one statement, and the rows that it may have: as a rule an address has one person, and a few at most.
const addressesAtOnceMax = 32
const rowsAtOnceMax = 500

export function createReads(knex: Knex, erased: ErasedKeys): ReadStore {
  const views = (): Knex.QueryBuilder => viewQuery(knex)
  const peopleTogether = askTogether((keys: readonly AddressKey[]) => peopleOf(knex, keys), {
    keysMax: addressesAtOnceMax,
  })

  return {
    async peopleByIds(ids) {
      if (ids.length === 0) return []
      const sql = `${selectWholeViews} where people.id in (?) order by people.id`
      return wholeViews(await selectRows<WholeViewRow>(knex, sql, [ids]))
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
      const found = await peopleTogether([key])
      if (found !== 'too many') return (found.get(key) ?? []).slice(0, limit)
      const sql = `${selectViews} where people.address_key = ? order by people.id desc limit ?`
      return toViews(knex, await selectRows<ViewRow>(knex, sql, [key, limit]))
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

type PeopleByAddress = ReadonlyMap<AddressKey, readonly PersonView[]>

/** Newest id first; 'too many' where an address has more people than should be read to show the newest. */
async function peopleOf(knex: Knex, keys: readonly AddressKey[]): Promise<PeopleByAddress | 'too many'> {
  const [sql, names] = listText(
    keys,
    list => `${selectWholeViews} where people.address_key in (${list}) limit ${rowsAtOnceMax}`,
  )
  const rows = await selectPrepared<WholeViewRow>(knex, sql, names)
  if (rows.length === rowsAtOnceMax) return 'too many'
  const found = new Map<AddressKey, PersonView[]>()
  const newestFirst = wholeViews(rows).sort((a, b) => b.person.id - a.person.id)
  for (const view of newestFirst) {
    const key = view.person.address!.key // it was found by its address
    const others = found.get(key)
    if (others === undefined) found.set(key, [view])
    else others.push(view)
  }
  return found
}
