// Histories over the maps in memory: looked through from one end to the other, as no real store may.
import type { Status } from '../../src/domain/person.js'
import type { HistoryFilter, HistoryLine, HistoryStore, StatusChangeLine } from '../../src/service/history.js'
import { detailOf } from '../../src/service/log/replay.js'
import type { StatusRecord } from '../../src/service/ports.js'
import type { Tables } from './memory-tables.js'

export function memoryHistory(tables: Tables): HistoryStore {
  const entryOf = (seq: number) => tables.log.find(entry => entry.seq === seq)!
  const lines = (personId: number): HistoryLine[] =>
    tables.activities
      .filter(activity => activity.personId === personId)
      .map(activity => ({ ...activity, ...causeOf(entryOf(activity.seq)) }))
      .reverse()
  const changes = (key: string): StatusChangeLine[] =>
    tables.statusHistory
      .filter(record => record.key === key)
      .map(record => ({ ...record, from: statusBefore(record), commandId: entryOf(record.seq).commandId }))
      .sort((a, b) => b.version - a.version)
  const statusBefore = ({ key, version }: StatusRecord): Status =>
    tables.statusHistory.find(other => other.key === key && other.version === version - 1)?.status ?? 'subscribed'
  return {
    async personHistory(personId, { attribute, ...filter }, { before, limit }) {
      const found = lines(personId)
        .filter(line => attribute === null || line.attribute === attribute)
        .filter(line => isWithin(line, filter) && (before === null || line.id < before))
      return { lines: found.slice(0, limit), hasMore: found.length > limit }
    },
    async addressHistory(key, filter, { before, limit }) {
      const found = changes(key).filter(line => isWithin(line, filter) && (before === null || line.version < before))
      return { lines: found.slice(0, limit), hasMore: found.length > limit }
    },
    async statusAt(key, at) {
      return changes(key).find(line => line.at <= at)
    },
    async lifeAt(personId, at) {
      return lines(personId).find(line => line.at <= at && /^person-(created|deleted)$/.test(line.kind))
    },
    async changeAt(personId, attribute, { at, after }) {
      return lines(personId).find(
        line => line.id > after && line.at <= at && line.attribute === attribute && line.kind === 'value-changed',
      )
    },
    async lifeAfter(personId, at) {
      return lines(personId).findLast(line => line.at > at && /^person-(created|deleted)$/.test(line.kind))
    },
    async changeAfter(personId, attribute, at) {
      return lines(personId).findLast(
        line => line.at > at && line.attribute === attribute && line.kind === 'value-changed',
      )
    },
    async commandDetail(seq) {
      const entry = entryOf(seq)
      return entry?.detail == null ? undefined : detailOf(entry)
    },
  }
}

const causeOf = ({ actor, commandId }: { readonly actor: string; readonly commandId: string }) => ({ actor, commandId })

function isWithin(line: { source: string; reason: string; at: number }, filter: HistoryFilter): boolean {
  const { source, reason, from, to } = filter
  const isOf = (source === null || line.source === source) && (reason === null || line.reason === reason)
  return isOf && (from === null || line.at >= from) && (to === null || line.at <= to)
}
