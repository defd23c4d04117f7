// The store's side of archiving: who is at work, up to where the next file goes, where the log begins from then on, and
// the rows before that, which are dropped by ranges of their primary keys.

import type { Knex } from 'knex'
import type { ArchiveStore } from '../service/log/archive.js'
import { clocksApartMaxMs, cutOf, headOf, lastActivityAt, positionBefore } from './log-positions.js'
import { type ActivityRow, activityFrom } from './rows.js'

export function createArchive(writer: Knex, reader: Knex): ArchiveStore {
  const own = (holder: string): Knex.QueryBuilder => writer('log_cut').where({ id: 1, holder })
  return {
    async claimArchive(now, { holder, until }) {
      const free = writer('log_cut').where({ id: 1 }).andWhere('held_until', '<=', now)
      if ((await free.update({ holder, held_until: until })) === 0) return undefined
      // By the connections that write: what was read elsewhere could be older than the claim.
      const row = await own(holder).first('plan_seq', 'plan_activity_id')
      if (row === undefined) return undefined
      const { plan_seq: seq, plan_activity_id: activityId } = row
      return { cut: await cutOf(writer), plan: seq === null ? null : { seq, activityId } }
    },
    holdArchive: async (holder, until) => (await own(holder).update({ held_until: until })) > 0,
    planArchive: async (holder, { seq, activityId }) =>
      (await own(holder).update({ plan_seq: seq, plan_activity_id: activityId })) > 0,
    async moveCut(holder, before, { seq, activityId, hash, at }) {
      const there = { seq, activity_id: activityId, hash, at, plan_seq: null, plan_activity_id: null }
      return (await own(holder).andWhere({ seq: before.seq }).update(there)) > 0
    },
    async letGoOfArchive(holder) {
      await own(holder).update({ holder: null, held_until: 0 })
    },

    async archivable(olderThan, entriesMax) {
      const [cut, head] = [await cutOf(reader), await headOf(reader)]
      if (cut.seq > 0 && olderThan - clocksApartMaxMs <= cut.at) return null
      const { seq: old } = await positionBefore(reader, olderThan)
      // An active webhook is told of everything first; one that is not is disabled after a while.
      const [{ least }] = (await reader('webhooks').where({ state: 'active' }).min('seq as least')) as [
        { least: number | null },
      ]
      const seq = Math.min(old, cut.seq + entriesMax, least === null ? old : Number(least) - 1)
      if (seq <= cut.seq) return null
      return { seq, activityId: await lastActivityAt(reader, seq, [cut.activityId, head.activityId]) }
    },
    async activitiesBetween(after, upTo, limit) {
      const between = reader('activities').where('id', '>', after).andWhere('id', '<=', upTo)
      const rows: ActivityRow[] = await between.orderBy('id').limit(limit).select('*')
      return rows.map(activityFrom)
    },

    async firstDroppable() {
      const cut = await cutOf(reader)
      const log = await reader('log').where('seq', '<=', cut.seq).orderBy('seq').first('seq')
      const activity = await reader('activities').where('id', '<=', cut.activityId).orderBy('id').first('id')
      if (log === undefined && activity === undefined) return null
      return { seq: log?.seq ?? cut.seq + 1, activityId: activity?.id ?? cut.activityId + 1 }
    },
    async dropArchived({ seq, activityId }, limit) {
      const cut = await cutOf(reader)
      // Activities first: each of them is shown with what the log says of it.
      const isActivities = activityId <= cut.activityId
      const [table, key, from, end] = isActivities
        ? (['activities', 'id', activityId, cut.activityId] as const)
        : (['log', 'seq', seq, cut.seq] as const)
      if (from > end) return null
      const upTo = Math.min(from + limit - 1, end)
      await writer(table).where(key, '>=', from).andWhere(key, '<=', upTo).delete()
      return isActivities ? { seq, activityId: upTo + 1 } : { seq: upTo + 1, activityId }
    },
  }
}
