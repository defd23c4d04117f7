// One moment of a store in memory, for exports. Nothing is copied: tests that write meanwhile ask a real store.
import type { SnapshotStore, TableScan } from '../../src/service/ports.js'
import type { MemoryStore } from './memory-store.js'

export function snapshotsOf(store: MemoryStore): SnapshotStore {
  const tables = {
    async statuses(after, limit) {
      const rows = [...store.dump().statuses.values()].sort((a, b) => (a.status.key < b.status.key ? -1 : 1))
      return rows.filter(({ status }) => after === null || status.key > after).slice(0, limit)
    },
  } as Pick<TableScan, 'statuses'> as TableScan
  return { snapshot: work => work({ ...store, tables }) }
}
