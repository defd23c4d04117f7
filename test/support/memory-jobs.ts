// Jobs in memory: a list of them, and the rows of those that have not ended.
import {
  type Job,
  type JobPlan,
  type JobReads,
  type JobStore,
  noProgress,
  type ReceivingStore,
  type RowReport,
  type StoredRows,
} from '../../src/service/jobs/jobs.js'
import type { Replay } from '../../src/service/writes/submission.js'
import type { Tables } from './memory-tables.js'

interface Kept {
  job: Job
  rows: readonly StoredRows[]
  name: { readonly replayKey: string; readonly requestHash: string } | null
  lease: { readonly holder: string | null; readonly until: number }
  readonly reports: RowReport[][]
}

const listOf = ({ plan }: Job): number => (plan.type === 'list' ? plan.list.id : 0)
const isWorkedOn = ({ state }: Job): boolean => state === 'processing' || state === 'cancelling'

export function memoryJobs(tables: Tables): JobStore & ReceivingStore & JobReads {
  const jobs: Kept[] = []
  const held = (id: number, holder: string, isMeant: (job: Job) => boolean): Kept | undefined =>
    jobs.find(({ job, lease }) => job.id === id && isMeant(job) && lease.holder === holder)
  const add = (plan: JobPlan, replay: Replay, state: Job['state'], rows: readonly StoredRows[]): Kept => {
    const times = { createdAt: Date.now(), startedAt: null, endedAt: null }
    const job: Job = { id: jobs.length + 1, plan, rows: rows.length, state, progress: noProgress, ...times }
    const name = replay.type === 'named' ? replay : null
    const kept: Kept = { job, rows, name, lease: { holder: null, until: 0 }, reports: [] }
    jobs.push(kept)
    return kept
  }
  const claim = (free: Kept | undefined, now: number, lease: Kept['lease']): Job | undefined => {
    if (free === undefined) return undefined
    free.lease = lease
    free.job = { ...free.job, startedAt: free.job.startedAt ?? now }
    return free.job
  }
  return {
    async takeJob({ plan, rows, replay }) {
      const before = replay.type === 'named' && jobs.find(({ name }) => name?.replayKey === replay.replayKey)
      if (before && before.name?.requestHash !== (replay as { requestHash?: string }).requestHash)
        return { type: 'key-reused' }
      if (before) return { type: 'replayed', taken: before.job }
      const stored = rows.map((content, index) => ({ upTo: index + 1, content }))
      return { type: 'taken', taken: add(plan, replay, 'processing', stored).job }
    },
    async lastImportInto(listId) {
      return jobs.findLast(({ job }) => listOf(job) === listId)?.job
    },
    async claimJob(now, lease, queue) {
      const waiting = jobs.filter(({ job }) => isWorkedOn(job) && (listOf(job) === 0) === (queue === 'bulk'))
      const isFirst = (kept: Kept) => waiting.find(({ job }) => listOf(job) === listOf(kept.job)) === kept
      return claim(
        waiting.find(kept => kept.lease.until <= now && isFirst(kept)),
        now,
        lease,
      )
    },
    async claimJobById(id, now, lease) {
      return claim(
        jobs.find(({ job, lease: { until } }) => job.id === id && isWorkedOn(job) && until <= now),
        now,
        lease,
      )
    },
    async jobRows(id, { after, limit }) {
      const rows = jobs.find(({ job }) => job.id === id)?.rows ?? []
      return rows.filter(({ upTo }) => upTo > after).slice(0, limit)
    },
    async recordJob(id, lease, progress, reports) {
      const kept = held(id, lease.holder, isWorkedOn)
      if (kept === undefined) return 'lost'
      kept.lease = lease
      kept.job = { ...kept.job, progress }
      if (reports.length > 0) kept.reports.push([...reports])
      return kept.job.state === 'cancelling' ? 'cancelling' : 'held'
    },
    async endJob(id, holder, { state, progress, reports, at }) {
      const kept = held(id, holder, isWorkedOn)
      if (kept === undefined) return false
      kept.job = { ...kept.job, state, progress, endedAt: at }
      if (reports.length > 0) kept.reports.push([...reports])
      kept.lease = { holder: null, until: 0 }
      kept.rows = []
      return true
    },
    async openJob(plan, replay, lease) {
      if (replay.type === 'named' && jobs.some(({ name }) => name?.replayKey === replay.replayKey)) return undefined
      const kept = add(plan, replay, 'receiving', [])
      kept.lease = lease
      return kept.job
    },
    async resumeJob(id, now, lease) {
      const kept = jobs.find(({ job, lease: { until } }) => job.id === id && job.state === 'receiving' && until <= now)
      if (kept !== undefined) kept.lease = lease
      return kept !== undefined
    },
    async jobByName({ replayKey, requestHash }) {
      const kept = jobs.find(({ name }) => name?.replayKey === replayKey)
      return kept && { job: kept.job, isSame: kept.name?.requestHash === requestHash }
    },
    async addJobRows(id, lease, rows) {
      const kept = held(id, lease.holder, ({ state }) => state === 'receiving')
      if (kept === undefined) return false
      kept.lease = lease
      kept.rows = [...kept.rows, ...rows]
      kept.job = { ...kept.job, rows: rows.at(-1)?.upTo ?? kept.job.rows }
      return true
    },
    async startJob(id, lease, requestHash) {
      const kept = held(id, lease.holder, ({ state }) => state === 'receiving')
      if (kept === undefined) return false
      kept.lease = lease
      kept.job = { ...kept.job, state: 'processing' }
      if (kept.name !== null && requestHash !== null) kept.name = { ...kept.name, requestHash }
      return true
    },
    async sweepJobs(cutBefore) {
      const isCut = ({ job, lease }: Kept): boolean => job.state === 'receiving' && lease.until < cutBefore
      for (const kept of jobs.filter(isCut)) jobs.splice(jobs.indexOf(kept), 1)
    },
    async discardJob(id, holder) {
      const kept = held(id, holder, ({ state }) => state === 'receiving')
      if (kept !== undefined) jobs.splice(jobs.indexOf(kept), 1)
    },
    async job(id) {
      return jobs.find(({ job }) => job.id === id)?.job
    },
    async jobs({ before, limit }) {
      const behind = jobs.filter(({ job }) => before === null || job.id < before)
      return behind
        .map(({ job }) => job)
        .toReversed()
        .slice(0, limit)
    },
    async jobReports(id, after) {
      const all = jobs.find(({ job }) => job.id === id)?.reports ?? []
      return { reports: all[after] ?? [], next: after + 1 < all.length ? after + 1 : null }
    },
    async cancelJob(id, at) {
      const kept = jobs.find(({ job }) => job.id === id)
      if (kept === undefined) return null
      if (kept.job.state === 'processing') kept.job = { ...kept.job, state: 'cancelling' }
      if (kept.job.state === 'receiving') kept.job = { ...kept.job, state: 'cancelled', endedAt: at }
      return kept.job
    },
    async commandPosition(commandId) {
      return tables.log.find(entry => entry.commandId === commandId)?.seq
    },
  }
}
