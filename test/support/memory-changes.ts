// The change feed over the maps in memory: everything is put in order and looked through, as no real store may.
import {
  beginning,
  type Change,
  type ChangePosition,
  type ChangeStore,
  mergeSteps,
  type PersonChange,
  personChangeId,
  type StatusChange,
  statusChangeId,
} from '../../src/service/changes/changes.js'
import type { ActivityRecord, StatusRecord } from '../../src/service/ports.js'
import type { Tables } from './memory-tables.js'

export function memoryChanges(tables: Tables): ChangeStore {
  const entryOf = (seq: number) => {
    const { commandId, actor } = tables.log.find(entry => entry.seq === seq)!
    return { commandId, actor }
  }
  const recordsOf = (seq: number): StatusRecord[] =>
    tables.statusHistory.filter(record => record.seq === seq).sort((a, b) => (a.key < b.key ? -1 : 1))
  const statusOf = (record: StatusRecord): StatusChange => {
    const { key, version, status: to, at, reason, source, evidence, seq } = record
    const before = tables.statusHistory.find(other => other.key === key && other.version === version - 1)
    const id = statusChangeId(seq, recordsOf(seq).indexOf(record))
    const from = before?.status ?? 'subscribed'
    return { type: 'status-changed', id, key, from, to, version, at, reason, source, evidence, ...entryOf(seq) }
  }
  const personOf = ({ statusVersion: version, kind: type, id, seq, ...record }: ActivityRecord): PersonChange => ({
    ...record,
    ...{ type, version, id: personChangeId(seq, id) },
    ...entryOf(seq),
  })
  const head = (): ChangePosition => ({ seq: tables.head.seq, activityId: tables.head.activityId })

  return {
    async changesAfter(after, { kinds, key }, { until, limit }) {
      const records = tables.statusHistory.filter(
        record => record.seq > after.seq && record.seq <= until.seq && (key === null || record.key === key),
      )
      const seqs = kinds.includes('status-changed') ? [...new Set(records.map(({ seq }) => seq))].sort(byValue) : []
      const statuses = seqs.map(seq => ({
        seq,
        changes: recordsOf(seq)
          .filter(record => key === null || record.key === key)
          .map(statusOf),
      }))
      const activities = tables.activities
        .filter(({ id }) => id > after.activityId && id <= until.activityId)
        .filter(({ kind }) => kinds.includes(kind) && key === null)
        .map(record => ({ seq: record.seq, id: record.id, change: personOf(record) }))
      const steps = mergeSteps(after, statuses, activities, limit)
      return { steps, isEnd: steps.length === statuses.length + activities.length }
    },
    async changesByIds(ids) {
      const all: Change[] = [...tables.statusHistory.map(statusOf), ...tables.activities.map(personOf)]
      return all.filter(({ id }) => ids.includes(id))
    },
    async changeHead() {
      return head()
    },
    // Nothing is ever archived of it.
    async changeBeginning() {
      return beginning
    },
    async positionBefore(at) {
      const first = tables.log.findIndex(entry => entry.at >= at)
      if (first === -1) return head()
      const seq = tables.log[first]!.seq - 1
      return { seq, activityId: Math.max(0, ...tables.activities.filter(a => a.seq <= seq).map(({ id }) => id)) }
    },
  }
}

const byValue = (a: number, b: number): number => a - b
