// The change feed out of its two sources, the versions of statuses and the activities, each read along an index in the
// order of the log. What a page costs does not depend on how long the log is.

import type { Knex } from 'knex'
import { trustedAddressKey } from '../domain/address.js'
import type { ActivityKind } from '../domain/command.js'
import {
  type Change,
  type ChangeKind,
  type ChangePosition,
  type ChangeSelection,
  type ChangeStore,
  mergeSteps,
  type PersonChange,
  PositionArchived,
  personChangeId,
  readChangeId,
  type StatusChange,
  statusChangeId,
} from '../service/changes/changes.js'
import type { ActivityRecord, LogCut } from '../service/ports.js'
import { createActivityStream } from './activity-stream.js'
import type { ErasedKeys } from './erased-keys.js'
import { cutOf, headOf, positionBefore } from './log-positions.js'
import { type ActivityRow, activityFrom, type StatusHistoryRow, statusRecordFrom } from './rows.js'

export function createChanges(knex: Knex, erased: ErasedKeys): ChangeStore {
  return {
    async changesAfter(after, selection, { until, limit }) {
      const [statuses, activities] = await Promise.all([
        statusRows(knex, after, until, selection, limit, erased),
        activityRecords(knex, after, until, selection, limit),
      ])
      const told = await tellers(knex, [...statuses.rows, ...activities.records])
      // Looked up last: rows go only after the beginning has moved, so what lies behind it was there to be read.
      const cut = await cutOf(knex)
      if (isArchived(after, selection.kinds, cut)) throw new PositionArchived(cut)
      const kept = bySeq(statuses.rows.filter(({ seq }) => seq > cut.seq))
      const records = activities.records.filter(({ seq }) => seq > cut.seq)
      const steps = mergeSteps(
        after,
        kept.map(rows => ({ seq: rows[0]!.seq, changes: rows.map(told.status) })),
        records.map(record => ({ seq: record.seq, id: record.id, change: told.activity(record) })),
        limit,
      )
      const all = kept.length + records.length
      return { steps, isEnd: statuses.isEnd && activities.isEnd && steps.length === all }
    },

    async changesByIds(ids) {
      const read = ids.map(readChangeId)
      const seqs = read.flatMap(id => (id?.type === 'status' ? [id.seq] : []))
      const activityIds = read.flatMap(id => (id?.type === 'activity' ? [id.activityId] : []))
      const [rows, records] = await Promise.all([
        seqs.length === 0 ? [] : statusQuery(knex).whereIn('change.seq', seqs),
        activityIds.length === 0 ? [] : knex('activities').whereIn('id', activityIds).select('*'),
      ])
      const activities = (records as ActivityRow[]).map(activityFrom)
      const told = await tellers(knex, [...(rows as StatusChangeRow[]), ...activities])
      const changes: Change[] = [
        ...bySeq((rows as StatusChangeRow[]).filter(told.isLogged)).flatMap(of => of.map(told.status)),
        ...activities.filter(told.isLogged).map(told.activity),
      ]
      return changes.filter(({ id }) => ids.includes(id))
    },

    changeHead: () => headOf(knex),
    async changeBeginning() {
      const { seq, activityId } = await cutOf(knex)
      return { seq, activityId }
    },
    positionBefore: at => positionBefore(knex, at),
  }
}

// Statuses and activities are told in one order, so who is behind a position has seen all up to it of either kind; only
// at the very position the activities of that one command may be left.
function isArchived({ seq, activityId }: ChangePosition, kinds: readonly ChangeKind[], cut: LogCut): boolean {
  return seq < cut.seq || (seq === cut.seq && activityId < cut.activityId && kinds.some(isActivityKind))
}

type StatusChangeRow = StatusHistoryRow & { readonly unsubscribed_before: number | boolean | null }

// The join to the version before goes by the primary key, row by row.
function statusQuery(knex: Knex): Knex.QueryBuilder {
  return knex('status_history as change')
    .leftJoin('status_history as previous', join =>
      join
        .on('previous.address_key', 'change.address_key')
        .andOn('previous.version', knex.raw('?? - 1', ['change.version'])),
    )
    .select('change.*', 'previous.unsubscribed as unsubscribed_before')
    .orderBy(['change.seq', 'change.address_key', 'change.version'])
}

async function statusRows(
  knex: Knex,
  after: ChangePosition,
  until: ChangePosition,
  { kinds, key }: ChangeSelection,
  limit: number,
  erased: ErasedKeys,
): Promise<{ readonly rows: readonly StatusChangeRow[]; readonly isEnd: boolean }> {
  if (!kinds.includes('status-changed')) return { rows: [], isEnd: true }
  const query = statusQuery(knex).where('change.seq', '>', after.seq).andWhere('change.seq', '<=', until.seq)
  // Versions of one address grow with the log: its few rows lie in the order that is wanted.
  if (key !== null) query.whereIn('change.address_key', erased.keysOf(key)).clearOrder().orderBy('change.version')
  const found: StatusChangeRow[] = await query.limit(limit)
  // Who asks for an address knows it; its erasure hides it from everybody else.
  const rows = key === null ? found : found.map(row => ({ ...row, address_key: key }))
  const last = rows.at(-1)
  if (rows.length < limit || last === undefined) return { rows, isEnd: true }
  // What one command changed is told together.
  const siblings: StatusChangeRow[] =
    key === null ? await statusQuery(knex).where('change.seq', last.seq) : rows.filter(({ seq }) => seq === last.seq)
  return { rows: [...rows.filter(({ seq }) => seq !== last.seq), ...siblings], isEnd: false }
}

async function activityRecords(
  knex: Knex,
  after: ChangePosition,
  until: ChangePosition,
  { kinds, key }: ChangeSelection,
  limit: number,
): Promise<{ readonly records: readonly ActivityRecord[]; readonly isEnd: boolean }> {
  const wanted = kinds.filter(isActivityKind)
  if (wanted.length === 0 || key !== null) return { records: [], isEnd: true }
  const selection = { from: null, to: null, kinds: wanted, owners: null }
  const page = await createActivityStream(knex).activitiesAfter(after.activityId, selection, { limit, countMax: 1 })
  // Whatever was committed since the end was looked up is for the next page, or the two streams would not meet.
  const records = page.activities.filter(({ id }) => id <= until.activityId)
  return { records, isEnd: page.remaining === 0 || records.length < page.activities.length }
}

const isActivityKind = (kind: ChangeKind): kind is ActivityKind => kind !== 'status-changed'

function bySeq(rows: readonly StatusChangeRow[]): StatusChangeRow[][] {
  const groups = new Map<number, StatusChangeRow[]>()
  for (const row of rows) groups.set(row.seq, [...(groups.get(row.seq) ?? []), row])
  return [...groups.values()]
}

/** Functions that make changes of rows, with what only the log knows: by whom, and by which command. */
async function tellers(knex: Knex, rows: readonly { readonly seq: number }[]) {
  const seqs = [...new Set(rows.map(({ seq }) => seq))]
  const entries: { seq: number; command_id: string; actor: string }[] =
    seqs.length === 0 ? [] : await knex('log').whereIn('seq', seqs).select('seq', 'command_id', 'actor')
  const logged = new Map(entries.map(({ seq, command_id: commandId, actor }) => [seq, { commandId, actor }]))
  const entryOf = (seq: number): { readonly commandId: string; readonly actor: string } => {
    const entry = logged.get(seq)
    if (entry === undefined) throw new Error(`the log has no entry ${seq}`)
    return entry
  }
  return {
    /** False for what was archived: versions of statuses are kept for longer than the log. */
    isLogged: ({ seq }: { readonly seq: number }): boolean => logged.has(seq),
    status(row: StatusChangeRow, place: number): StatusChange {
      const { version, status: to, at, reason, source, evidence, seq } = statusRecordFrom(row)
      const from = row.unsubscribed_before ? 'unsubscribed' : 'subscribed'
      const id = statusChangeId(seq, place)
      const key = trustedAddressKey(row.address_key)
      return { type: 'status-changed', id, key, from, to, version, at, reason, source, evidence, ...entryOf(seq) }
    },
    activity(record: ActivityRecord): PersonChange {
      const { id, seq, kind: type, at, personId, attribute, from, to, reason, source, statusVersion } = record
      const facts = { at, reason, source, ...entryOf(seq) }
      return { type, id: personChangeId(seq, id), personId, attribute, from, to, version: statusVersion, ...facts }
    },
  }
}
