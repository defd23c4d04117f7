// Traces and the calls that they kept. A ring: whoever adds calls drops the oldest of the same kind that are too many.

import type { Knex } from 'knex'
import type { KeptCall, RingBounds, TracedCall, TraceFacts, TraceStore } from '../service/traces/traces.js'
import { nextNumbers } from './counters.js'
import type { EngineName } from './engine.js'
import { insertRows } from './insert-rows.js'

interface TraceRow {
  caller: string
  started_at: number
  started_by: string
  until_at: number
  calls_max: number
}

interface CountRow {
  caller: string
  count: number | string
}

export function createTraces(engine: EngineName, writer: Knex, reader: Knex): TraceStore {
  return {
    async putTrace({ caller, startedAt, startedBy, until, callsMax }) {
      const facts = { started_at: startedAt, started_by: startedBy, until_at: until, calls_max: callsMax }
      await writer('traces')
        .insert({ caller, ...facts })
        .onConflict('caller')
        .merge()
    },
    async traces() {
      const rows: TraceRow[] = await reader('traces').orderBy('caller').select('*')
      if (rows.length === 0) return []
      const counted = (await reader('traced_calls')
        .groupBy('caller')
        .select('caller')
        .count({ count: '*' })) as CountRow[]
      const counts = new Map(counted.map(({ caller, count }) => [caller, Number(count)]))
      return rows.map((row): TraceFacts => {
        const { caller, started_by: startedBy, calls_max: callsMax } = row
        const times = { startedAt: Number(row.started_at), until: Number(row.until_at) }
        return { caller, ...times, startedBy, callsMax, callsKept: counts.get(caller) ?? 0 }
      })
    },
    dropTrace: caller =>
      writer.transaction(async transaction => {
        await transaction('traced_calls').where({ caller }).delete()
        return (await transaction('traces').where({ caller }).delete()) > 0
      }),
    addTracedCalls: (caller, calls, bounds) =>
      writer.transaction(async transaction => {
        // Locked, so that of two processes one sees what the other added.
        const trace = await transaction('traces').where({ caller }).forUpdate().first('caller')
        if (trace === undefined) return
        const first = await nextNumbers(engine, transaction, 'traced-call', calls.length)
        await insertRows(
          transaction,
          'traced_calls',
          calls.map((call, index) => callRow(first + index, caller, call)),
        )
        for (const isProven of [true, false]) await dropOldest(transaction, caller, isProven, bounds)
      }),
    async tracedCalls(caller, { before, limit }) {
      const query = reader('traced_calls').where({ caller }).orderBy('id', 'desc').limit(limit)
      const rows = await (before === null ? query : query.where('id', '<', before)).select('id', 'call')
      return rows.map(callFrom)
    },
    async tracedCall(caller, id) {
      const row = await reader('traced_calls').where({ caller, id }).first('id', 'call')
      return row && callFrom(row)
    },
    async forgetTraces(before, limit) {
      await writer('traces').where('until_at', '<', before).delete()
      const old = await writer('traced_calls').where('at', '<', before).orderBy('at').limit(limit).select('id')
      const ids = old.map(({ id }) => id as number)
      if (ids.length > 0) await writer('traced_calls').whereIn('id', ids).delete()
    },
  }
}

async function dropOldest(
  transaction: Knex.Transaction,
  caller: string,
  isProven: boolean,
  { calls, characters }: RingBounds,
): Promise<void> {
  const newest = await transaction('traced_calls')
    .where({ caller, is_proven: isProven })
    .orderBy('id', 'desc')
    .select('id', 'characters')
  let sum = 0
  const over = newest.findIndex((row, index) => {
    sum += Number(row.characters)
    return index >= calls || sum > characters
  })
  if (over === -1) return
  await transaction('traced_calls').where({ caller, is_proven: isProven }).where('id', '<=', newest[over]!.id).delete()
}

function callRow(id: number, caller: string, call: TracedCall): object {
  const text = JSON.stringify(call)
  return { id, caller, at: call.at, is_proven: call.isProven, characters: text.length, call: text }
}

// Written by this file alone, and never changed.
const callFrom = ({ id, call }: { id: number; call: string }): KeptCall => ({
  ...(JSON.parse(call) as TracedCall),
  id: Number(id),
})
