// Flows and their scheduled runs: small tables that are changed a row at a time. A run is claimed by comparing and
// setting its lease in one statement, so that of several processes one has it.

import type { Knex } from 'knex'
import type { Role } from '../domain/command.js'
import type { Flow, FlowChanges, FlowStep } from '../domain/flow.js'
import type { PersonId } from '../domain/person.js'
import type { FlowRun, FlowStore, Lease, RunTerms } from '../service/flows/flows.js'
import { type FieldSelection, StoreConflict } from '../service/ports.js'
import type { Replay } from '../service/writes/submission.js'
import { type EngineName, insertIfAbsent } from './engine.js'
import { passingError } from './passing-errors.js'

// Far from the ids that campaigns had before the move, so that a caller that still sends one runs no other flow.
const firstFlowId = 1_000_001
const flowColumns = ['id', 'program', 'name', 'description', 'steps', 'list_id']

export function createFlows(engine: EngineName, writer: Knex, reader: Knex): FlowStore {
  return {
    async flows() {
      const rows: FlowRow[] = await reader('flows').orderBy(['program', 'name']).select(flowColumns)
      return rows.map(flowFrom)
    },
    async flowById(id) {
      const row: FlowRow | undefined = await reader('flows').where({ id }).first(flowColumns)
      return row && flowFrom(row)
    },
    async flowByName(name, program) {
      const key = { name, program: program ?? '' }
      const row: FlowRow | undefined = await reader('flows').where(key).first(flowColumns)
      return row && flowFrom(row)
    },
    async addFlow({ name, program, description, steps, listId }) {
      const row = { name, program: program ?? '', description, steps: JSON.stringify(steps), list_id: listId }
      try {
        return await writer.transaction(async transaction => {
          const id = await nextId(engine, transaction, 'flow', firstFlowId)
          await transaction('flows').insert({ id, ...row, created_at: Date.now() })
          return flowFrom({ id, ...row })
        })
      } catch (cause) {
        if (passingError(cause, 'working') instanceof StoreConflict) return undefined
        throw cause
      }
    },

    async deleteFlow(id) {
      return (await writer('flows').where({ id }).delete()) > 0
    },

    async scheduleFlowRun(run, replay) {
      const { flowId, listId, ids, selection, terms, total, changes, reason, actor, role, runAt } = run
      const row = {
        ...{ flow_id: flowId, list_id: listId, changes: JSON.stringify(changes), reason, actor, role },
        people_ids: ids === undefined ? null : JSON.stringify(ids),
        selection: selection === undefined ? null : JSON.stringify(selection),
        terms: terms === undefined ? null : JSON.stringify(terms),
        total: total ?? null,
      }
      const progress = { up_to: 0, people: 0, changed: 0, refused: 0 }
      const untouched = { run_at: runAt, ...progress, holder: null, held_until: 0, ended_at: null, cancelled_at: null }
      const request = requestOf(replay)
      try {
        return await writer.transaction(async transaction => {
          const id = await nextId(engine, transaction, 'flow-run', 1)
          await transaction('flow_runs').insert({ id, ...row, ...untouched, ...request })
          return id
        })
      } catch (cause) {
        if (!(passingError(cause, 'working') instanceof StoreConflict)) throw cause
        return scheduledBefore(writer, request)
      }
    },
    claimFlowRun: (now, lease) => claim(writer, reader, now, lease),
    async advanceFlowRun(id, { holder, until }, { upTo, people, changed, refused }) {
      const held = writer('flow_runs').where({ id, holder, ended_at: null })
      return (await held.update({ up_to: upTo, people, changed, refused, held_until: until })) > 0
    },
    async flowRunById(id) {
      const row: FlowRunRow | undefined = await reader('flow_runs').where({ id }).first('*')
      if (row === undefined) return undefined
      const { ended_at: endedAt, cancelled_at: cancelledAt, holder, held_until } = row
      const isHeld = endedAt === null && holder !== null && held_until > Date.now()
      return { ...flowRunFrom(row), isHeld, endedAt, cancelledAt }
    },
    async cancelFlowRun(id, at) {
      const running = writer('flow_runs').where({ id, ended_at: null, cancelled_at: null })
      if ((await running.update({ cancelled_at: at })) === 0) return false
      // Whoever claims it ends it; one of next week would otherwise be waited for.
      await writer('flow_runs').where({ id, ended_at: null }).andWhere('run_at', '>', at).update({ run_at: at })
      return true
    },
    async isFlowRunCancelled(id) {
      const row = await reader('flow_runs').where({ id }).first('cancelled_at')
      return row !== undefined && row.cancelled_at !== null
    },
    async endFlowRun(id, holder, at) {
      const held = writer('flow_runs').where({ id, holder, ended_at: null })
      return (await held.update({ ended_at: at, holder: null })) > 0
    },
  }
}

interface RequestColumns {
  readonly request_key: string | null
  readonly request_hash: string | null
}

function requestOf(replay: Replay): RequestColumns {
  if (replay.type === 'none') return { request_key: null, request_hash: null }
  const { replayKey } = replay
  return { request_key: replayKey, request_hash: replay.type === 'named' ? replay.requestHash : replayKey }
}

async function scheduledBefore(
  writer: Knex,
  { request_key, request_hash }: RequestColumns,
): Promise<number | undefined> {
  const row = await writer('flow_runs').where({ request_key }).first('id', 'request_hash')
  return row?.request_hash === request_hash ? row.id : undefined
}

async function claim(writer: Knex, reader: Knex, now: number, { holder, until }: Lease): Promise<FlowRun | undefined> {
  const row: FlowRunRow | undefined = await reader('flow_runs')
    .whereNull('ended_at')
    .andWhere('run_at', '<=', now)
    .andWhere('held_until', '<=', now)
    .orderBy(['run_at', 'id'])
    .first('*')
  if (row === undefined) return undefined
  // Whoever changes the lease that both have seen was first; the other one looks again at its next round.
  const { id, holder: before, held_until } = row
  const seen = writer('flow_runs').where({ id, holder: before, held_until, ended_at: null })
  const taken = await seen.update({ holder, held_until: until })
  return taken === 0 ? undefined : flowRunFrom(row)
}

interface FlowRow {
  readonly id: number
  readonly program: string
  readonly name: string
  readonly description: string
  readonly steps: string
  readonly list_id: number | null
}

function flowFrom({ id, program, name, description, steps, list_id }: FlowRow): Flow {
  const read = JSON.parse(steps) as FlowStep[]
  return { id, name, program: program === '' ? null : program, description, steps: read, listId: list_id }
}

interface FlowRunRow {
  readonly id: number
  readonly flow_id: number
  readonly list_id: number
  readonly changes: string
  readonly reason: string
  readonly actor: string
  readonly role: string
  readonly run_at: number
  readonly up_to: number
  readonly people: number
  readonly changed: number
  readonly refused: number
  readonly people_ids: string | null
  readonly selection: string | null
  readonly terms: string | null
  readonly total: number | null
  readonly holder: string | null
  readonly held_until: number
  readonly cancelled_at: number | null
  readonly ended_at: number | null
}

function flowRunFrom(row: FlowRunRow): FlowRun {
  const { id, reason, actor, people, changed, refused, people_ids, selection, terms, total } = row
  return {
    ...{ id, reason, actor, people, changed, refused },
    ...(people_ids === null ? {} : { ids: JSON.parse(people_ids) as PersonId[] }),
    ...(selection === null ? {} : { selection: JSON.parse(selection) as FieldSelection }),
    ...(terms === null ? {} : { terms: JSON.parse(terms) as RunTerms }),
    ...(total === null ? {} : { total }),
    flowId: row.flow_id,
    listId: row.list_id,
    changes: JSON.parse(row.changes) as FlowChanges,
    role: row.role as Role,
    runAt: row.run_at,
    upTo: row.up_to,
  }
}

/** The next number of a small table's own counter. */
export async function nextId(
  engine: EngineName,
  transaction: Knex.Transaction,
  name: string,
  first: number,
): Promise<number> {
  await insertIfAbsent(engine, transaction('counters').insert({ name, next: first }), 'name')
  const { next } = await transaction('counters').where({ name }).forUpdate().first('next')
  await transaction('counters')
    .where({ name })
    .update({ next: next + 1 })
  return next
}
