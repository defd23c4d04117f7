// Jobs and their rows. What a job does to people goes through batches like everything else; here is only how far it is,
// who is at it, and what it says of its rows.

import type { Knex } from 'knex'
import {
  type Job,
  type JobPlan,
  type JobProgress,
  type JobQueue,
  type JobReads,
  type JobStore,
  noProgress,
  type ReceivingStore,
  type RowReport,
} from '../service/jobs/jobs.js'
import { StoreConflict } from '../service/ports.js'

import { type EngineName, insertIfAbsent } from './engine.js'
import { insertRows } from './insert-rows.js'
import { dropRows, sweepJobs } from './job-rows.js'
import { passingError } from './passing-errors.js'

// Enough to find one that nobody is at: at most one of each list can be taken up.
const lookedAtOnce = 100
const reportsAtOnce = 5_000

interface JobTableRow {
  id: number
  list_id: number
  state: Job['state']
  row_count: number
  plan: string
  progress: string
  created_at: number
  started_at: number | null
  ended_at: number | null
}

const columns = [
  'id',
  'list_id',
  'state',
  'row_count',
  'plan',
  'progress',
  'created_at',
  'started_at',
  'ended_at',
] as const

// States in which somebody works on a job, or should.
const workedOn = ['processing', 'cancelling'] as const
/** The list of a job that is about none. */
const noList = 0

export function createJobs(engine: EngineName, writer: Knex, reader: Knex): JobStore & ReceivingStore & JobReads {
  const claim = async (id: number, now: number, { holder, until }: { holder: string; until: number }) => {
    const free = writer('imports').where({ id }).whereIn('state', workedOn).andWhere('held_until', '<=', now)
    const started_at = writer.raw('coalesce(started_at, ?)', [now])
    if ((await free.update({ holder, held_until: until, started_at })) === 0) return undefined
    return jobFrom(await writer('imports').where({ id }).first(columns))
  }
  return {
    async takeJob({ plan, rows, replay }) {
      const names = namesOf(replay)
      const row = { ...newRow(plan, 'processing'), row_count: rows.length }
      try {
        const id = await writer.transaction(async transaction => {
          const id = await nextJobId(engine, transaction)
          await transaction('imports').insert({ id, ...row, ...names, held_until: 0 })
          const numbered = rows.map((content, index) => ({ import_id: id, number: index + 1, content }))
          await insertRows(transaction, 'import_rows', numbered)
          return id
        })
        return { type: 'taken', taken: jobFrom({ id, ...row }) }
      } catch (cause) {
        const passing = passingError(cause, 'working')
        if (names.replay_key === null || !(passing instanceof StoreConflict)) throw passing
        const before = await writer('imports')
          .where({ replay_key: names.replay_key })
          .first('request_hash', ...columns)
        if (before === undefined) throw passing
        if (before.request_hash !== names.request_hash) return { type: 'key-reused' }
        return { type: 'replayed', taken: jobFrom(before) }
      }
    },

    async lastImportInto(listId) {
      const row = await reader('imports').where({ list_id: listId }).orderBy('id', 'desc').first(columns)
      return row === undefined ? undefined : jobFrom(row)
    },

    async claimJob(now, lease, queue) {
      for (const id of await waitingJobs(writer, now, queue)) {
        const claimed = await claim(id, now, lease)
        if (claimed !== undefined) return claimed
      }
      return undefined
    },

    claimJobById: claim,

    async jobRows(id, { after, limit }) {
      const query = reader('import_rows').where({ import_id: id }).andWhere('number', '>', after)
      const rows: { number: number; content: string }[] = await query
        .orderBy('number')
        .limit(limit)
        .select('number', 'content')
      return rows.map(({ number, content }) => ({ upTo: number, content }))
    },

    recordJob: (id, { holder, until }, progress, reports) =>
      writer.transaction(async transaction => {
        const own = { id, holder }
        const kept = { held_until: until, progress: JSON.stringify(progress) }
        if ((await transaction('imports').where(own).whereIn('state', workedOn).update(kept)) === 0) return 'lost'
        await addReports(transaction, id, reports)
        const row = await transaction('imports').where({ id }).first('state')
        return row?.state === 'cancelling' ? 'cancelling' : 'held'
      }),

    endJob: (id, holder, { state, progress, reports, at }) =>
      writer
        .transaction(async transaction => {
          const end = { state, progress: JSON.stringify(progress), ended_at: at, holder: null, held_until: 0 }
          const own = transaction('imports').where({ id, holder }).whereIn('state', workedOn)
          if ((await own.update(end)) === 0) return false
          await addReports(transaction, id, reports)
          return true
        })
        .then(async isOver => {
          if (isOver) await dropRows(writer, id)
          return isOver
        }),

    openJob: (plan, replay, { holder, until }) =>
      writer.transaction(async transaction => {
        const names = namesOf(replay)
        const before =
          names.replay_key && (await transaction('imports').where({ replay_key: names.replay_key }).first('id'))
        if (before) return undefined
        const id = await nextJobId(engine, transaction)
        const row = newRow(plan, 'receiving')
        await transaction('imports').insert({ id, ...row, ...names, holder, held_until: until })
        return jobFrom({ id, ...row })
      }),

    async resumeJob(id, now, { holder, until }) {
      const free = writer('imports').where({ id, state: 'receiving' }).andWhere('held_until', '<=', now)
      return (await free.update({ holder, held_until: until })) > 0
    },

    async jobByName({ replayKey, requestHash }) {
      const row = await reader('imports')
        .where({ replay_key: replayKey })
        .first('request_hash', ...columns)
      return row === undefined ? undefined : { job: jobFrom(row), isSame: row.request_hash === requestHash }
    },

    addJobRows: (id, { holder, until }, rows) =>
      writer.transaction(async transaction => {
        const own = transaction('imports').where({ id, state: 'receiving', holder })
        const count = rows.at(-1)?.upTo
        const kept = { held_until: until, ...(count === undefined ? {} : { row_count: count }) }
        if ((await own.update(kept)) === 0) return false
        await insertRows(
          transaction,
          'import_rows',
          rows.map(({ upTo, content }) => ({ import_id: id, number: upTo, content })),
        )
        return true
      }),

    async startJob(id, { holder, until }, requestHash) {
      const own = writer('imports').where({ id, state: 'receiving', holder })
      const named = requestHash === null ? {} : { request_hash: requestHash }
      return (await own.update({ state: 'processing', held_until: until, ...named })) > 0
    },

    async discardJob(id, holder) {
      const own = { id, state: 'receiving', holder }
      if ((await writer('imports').where(own).delete()) > 0) await dropRows(writer, id)
    },

    sweepJobs: cutBefore => sweepJobs(writer, cutBefore),

    async job(id) {
      const row = await reader('imports').where({ id }).first(columns)
      return row === undefined ? undefined : jobFrom(row)
    },

    async jobs({ before, limit }) {
      const query = reader('imports').orderBy('id', 'desc').limit(limit).select(columns)
      if (before !== null) query.where('id', '<', before)
      const rows: JobTableRow[] = await query
      return rows.map(jobFrom)
    },

    async jobReports(id, after) {
      const rows: { number: number; content: string }[] = await reader('import_reports')
        .where({ import_id: id })
        .andWhere('number', '>', after)
        .orderBy('number')
        .limit(2)
        .select('number', 'content')
      const [row, behind] = rows
      if (row === undefined) return { reports: [], next: null }
      return { reports: JSON.parse(row.content) as RowReport[], next: behind === undefined ? null : row.number }
    },

    cancelJob: (id, at) =>
      writer.transaction(async transaction => {
        const row: JobTableRow | undefined = await transaction('imports').where({ id }).forUpdate().first(columns)
        if (row === undefined) return null
        if (row.state === 'processing') await transaction('imports').where({ id }).update({ state: 'cancelling' })
        if (row.state === 'receiving') {
          await transaction('imports').where({ id }).update({ state: 'cancelled', ended_at: at, held_until: 0 })
        }
        return jobFrom(await transaction('imports').where({ id }).first(columns))
      }),

    async commandPosition(commandId) {
      const row = await reader('log').where({ command_id: commandId }).first('seq')
      return row?.seq as number | undefined
    },
  }
}

const namesOf = (replay: { type: string; replayKey?: string; requestHash?: string }) =>
  replay.type === 'named'
    ? { replay_key: replay.replayKey ?? null, request_hash: replay.requestHash ?? null }
    : { replay_key: null, request_hash: null }

function newRow(plan: JobPlan, state: Job['state']) {
  return {
    list_id: plan.type === 'list' ? plan.list.id : noList,
    state,
    row_count: 0,
    plan: JSON.stringify(plan),
    progress: JSON.stringify(noProgress),
    created_at: Date.now(),
    started_at: null,
    ended_at: null,
  }
}

async function addReports(transaction: Knex.Transaction, id: number, reports: readonly RowReport[]): Promise<void> {
  if (reports.length === 0) return
  const { last } = (await transaction('import_reports').where({ import_id: id }).max('number as last').first()) ?? {}
  const rows: { import_id: number; number: number; content: string }[] = []
  for (let start = 0; start < reports.length; start += reportsAtOnce) {
    const content = JSON.stringify(reports.slice(start, start + reportsAtOnce))
    rows.push({ import_id: id, number: Number(last ?? 0) + rows.length + 1, content })
  }
  await insertRows(transaction, 'import_reports', rows)
}

// One of each list, and one of all others: each waits for the one before it, whoever is at that.
async function waitingJobs(writer: Knex, now: number, queue: JobQueue): Promise<number[]> {
  const query = writer('imports').whereIn('state', workedOn)
  const rows: { id: number; list_id: number; held_until: number }[] = await query
    .andWhere('list_id', queue === 'bulk' ? '=' : '<>', noList)
    .orderBy('id')
    .limit(lookedAtOnce)
    .select('id', 'list_id', 'held_until')
  const firsts = rows.filter((row, index) => rows.findIndex(each => each.list_id === row.list_id) === index)
  return firsts.filter(row => row.held_until <= now).map(({ id }) => id)
}

async function nextJobId(engine: EngineName, transaction: Knex.Transaction): Promise<number> {
  await insertIfAbsent(engine, transaction('counters').insert({ name: 'import', next: 1 }), 'name')
  const { next } = await transaction('counters').where({ name: 'import' }).forUpdate().first('next')
  await transaction('counters')
    .where({ name: 'import' })
    .update({ next: next + 1 })
  return next
}

function jobFrom(row: JobTableRow): Job {
  const plan = JSON.parse(row.plan) as JobPlan
  const progress = JSON.parse(row.progress) as Partial<JobProgress> & Pick<JobProgress, 'done'>
  return {
    id: row.id,
    // Jobs that were taken before there were other kinds say neither what they are nor their mark.
    plan: 'type' in plan ? plan : { ...(plan as object as Extract<JobPlan, { type: 'list' }>), type: 'list' },
    rows: row.row_count,
    state: row.state,
    progress: { ...noProgress, mark: progress.done, ...progress },
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}
