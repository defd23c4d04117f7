// Imports in memory: a list of them, and the rows of those that have not ended.
import { type Import, type ImportStore, noProgress } from '../../src/service/imports.js'

interface Kept {
  job: Import
  rows: readonly string[]
  readonly name: { readonly replayKey: string; readonly requestHash: string } | null
  lease: { readonly holder: string | null; readonly until: number }
}

export function memoryImports(): ImportStore {
  const imports: Kept[] = []
  const held = (id: number, holder: string): Kept | undefined =>
    imports.find(({ job, lease }) => job.id === id && job.state === 'processing' && lease.holder === holder)
  return {
    async takeImport({ plan, rows, replay }) {
      const name = replay.type === 'named' ? replay : null
      const before = name && imports.find(each => each.name?.replayKey === name.replayKey)
      if (before && before.name?.requestHash !== name.requestHash) return { type: 'key-reused' }
      if (before) return { type: 'replayed', taken: before.job }
      const times = { startedAt: null, endedAt: null }
      const job: Import = {
        id: imports.length + 1,
        plan,
        rows: rows.length,
        state: 'processing',
        progress: noProgress,
        ...times,
      }
      imports.push({ job, rows, name, lease: { holder: null, until: 0 } })
      return { type: 'taken', taken: job }
    },
    async lastImportInto(listId) {
      return imports.findLast(({ job }) => job.plan.list.id === listId)?.job
    },
    async claimImport(now, lease) {
      const waiting = imports.filter(({ job }) => job.state === 'processing')
      const free = waiting.find(
        each =>
          each.lease.until <= now && waiting.find(({ job }) => job.plan.list.id === each.job.plan.list.id) === each,
      )
      if (free === undefined) return undefined
      free.lease = lease
      free.job = { ...free.job, startedAt: free.job.startedAt ?? now }
      return free.job
    },
    async importRows(id, { after, limit }) {
      return imports.find(({ job }) => job.id === id)?.rows.slice(after, after + limit) ?? []
    },
    async recordImport(id, lease, progress) {
      const kept = held(id, lease.holder)
      if (kept === undefined) return false
      kept.lease = lease
      kept.job = { ...kept.job, progress }
      return true
    },
    async endImport(id, holder, { state, progress, at }) {
      const kept = held(id, holder)
      if (kept === undefined) return false
      kept.job = { ...kept.job, state, progress, endedAt: at }
      kept.rows = []
      return true
    },
  }
}
