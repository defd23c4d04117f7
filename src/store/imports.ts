// Imports and their rows. What an import does to people goes through batches like everything else; here is only how far
// it is, and who is at it.

import type { Knex } from 'knex'
import { type Import, type ImportPlan, type ImportProgress, type ImportStore, noProgress } from '../service/imports.js'
import { StoreConflict } from '../service/ports.js'
import { type EngineName, insertIfAbsent } from './engine.js'
import { insertRows } from './insert-rows.js'
import { passingError } from './passing-errors.js'

// Enough to find one that nobody is at: at most one of each list can be taken up.
const lookedAtOnce = 100

interface ImportTableRow {
  id: number
  list_id: number
  state: Import['state']
  row_count: number
  plan: string
  progress: string
  started_at: number | null
  ended_at: number | null
}

const columns = ['id', 'list_id', 'state', 'row_count', 'plan', 'progress', 'started_at', 'ended_at'] as const

export function createImports(engine: EngineName, writer: Knex, reader: Knex): ImportStore {
  return {
    async takeImport({ plan, rows, replay }) {
      const { replayKey, requestHash } = replay.type === 'named' ? replay : { replayKey: null, requestHash: null }
      const row = {
        list_id: plan.list.id,
        state: 'processing' as const,
        row_count: rows.length,
        plan: JSON.stringify(plan),
        progress: JSON.stringify(noProgress),
        started_at: null,
        ended_at: null,
      }
      try {
        const id = await writer.transaction(async transaction => {
          const id = await nextImportId(engine, transaction)
          const keys = { replay_key: replayKey, request_hash: requestHash, created_at: Date.now(), held_until: 0 }
          await transaction('imports').insert({ id, ...row, ...keys })
          const numbered = rows.map((content, index) => ({ import_id: id, number: index + 1, content }))
          await insertRows(transaction, 'import_rows', numbered)
          return id
        })
        return { type: 'taken', taken: importFrom({ id, ...row }) }
      } catch (cause) {
        const passing = passingError(cause, 'working')
        if (replayKey === null || !(passing instanceof StoreConflict)) throw passing
        const before = await writer('imports')
          .where({ replay_key: replayKey })
          .first('request_hash', ...columns)
        if (before === undefined) throw passing
        if (before.request_hash !== requestHash) return { type: 'key-reused' }
        return { type: 'replayed', taken: importFrom(before) }
      }
    },

    async lastImportInto(listId) {
      const row = await reader('imports').where({ list_id: listId }).orderBy('id', 'desc').first(columns)
      return row && importFrom(row)
    },

    async claimImport(now, { holder, until }) {
      for (const id of await waitingImports(reader, now)) {
        const claim = writer('imports').where({ id, state: 'processing' }).andWhere('held_until', '<=', now)
        const started_at = writer.raw('coalesce(started_at, ?)', [now])
        if ((await claim.update({ holder, held_until: until, started_at })) === 0) continue
        return importFrom(await writer('imports').where({ id }).first(columns))
      }
      return undefined
    },

    async importRows(id, { after, limit }) {
      const query = reader('import_rows').where({ import_id: id }).andWhere('number', '>', after)
      const rows: { content: string }[] = await query.orderBy('number').limit(limit).select('content')
      return rows.map(({ content }) => content)
    },

    async recordImport(id, { holder, until }, progress) {
      const own = writer('imports').where({ id, state: 'processing', holder })
      return (await own.update({ held_until: until, progress: JSON.stringify(progress) })) > 0
    },

    endImport: (id, holder, { state, progress, at }) =>
      writer.transaction(async transaction => {
        const own = transaction('imports').where({ id, state: 'processing', holder })
        const end = { state, progress: JSON.stringify(progress), ended_at: at, holder: null, held_until: 0 }
        if ((await own.update(end)) === 0) return false
        await transaction('import_rows').where({ import_id: id }).delete()
        return true
      }),
  }
}

async function waitingImports(reader: Knex, now: number): Promise<number[]> {
  const rows: { id: number; list_id: number; held_until: number }[] = await reader('imports')
    .where({ state: 'processing' })
    .orderBy('id')
    .limit(lookedAtOnce)
    .select('id', 'list_id', 'held_until')
  const firsts = rows.filter((row, index) => rows.findIndex(each => each.list_id === row.list_id) === index)
  return firsts.filter(row => row.held_until <= now).map(({ id }) => id)
}

async function nextImportId(engine: EngineName, transaction: Knex.Transaction): Promise<number> {
  await insertIfAbsent(engine, transaction('counters').insert({ name: 'import', next: 1 }), 'name')
  const { next } = await transaction('counters').where({ name: 'import' }).forUpdate().first('next')
  await transaction('counters')
    .where({ name: 'import' })
    .update({ next: next + 1 })
  return next
}

function importFrom(row: ImportTableRow): Import {
  return {
    id: row.id,
    plan: JSON.parse(row.plan) as ImportPlan,
    rows: row.row_count,
    state: row.state,
    progress: JSON.parse(row.progress) as ImportProgress,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}
