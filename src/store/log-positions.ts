// Places in the log: where it begins in this store, where it ends, and what lies at a time. Looked up by primary keys,
// in as many steps as a number has binary digits.

import type { Knex } from 'knex'
import { type ChangePosition, PositionArchived } from '../service/changes/changes.js'
import type { LogCut } from '../service/ports.js'

/**
 * How far the clocks of two servers may be apart. Ids follow commits, times follow the clock of whoever committed, so a
 * time is found in the order of ids only to within this.
 */
export const clocksApartMaxMs = 10 * 60_000

export async function headOf(knex: Knex): Promise<ChangePosition> {
  const row = await knex('log_head').where({ id: 1 }).first('seq', 'activity_id')
  if (row === undefined) throw new Error('the log has no head: the migrations did not run to their end')
  return { seq: row.seq, activityId: row.activity_id }
}

export async function cutOf(knex: Knex): Promise<LogCut> {
  const row = await knex('log_cut').where({ id: 1 }).first('seq', 'activity_id', 'hash', 'at')
  if (row === undefined) throw new Error('the log has no beginning: the migrations did not run to their end')
  return { seq: row.seq, activityId: row.activity_id, hash: row.hash, at: row.at }
}

/** A position with nothing of that time or later before it, and nothing much older behind it. Throws PositionArchived
 * where that can no longer be told. */
export async function positionBefore(knex: Knex, at: number): Promise<ChangePosition> {
  const [cut, head] = [await cutOf(knex), await headOf(knex)]
  if (cut.seq > 0 && at - clocksApartMaxMs <= cut.at) throw new PositionArchived(cut)
  // Times may go back by what clocks differ, so the search looks for a time that is earlier by as much. An entry that
  // is no longer there was archived meanwhile, and so is older than all that are.
  const isLate = async (seq: number): Promise<boolean> => {
    const row = await knex('log').where({ seq }).first('at')
    return row !== undefined && row.at >= at - clocksApartMaxMs
  }
  const seq = await lastBefore(cut.seq, head.seq, isLate)
  return { seq, activityId: await lastActivityAt(knex, seq, [cut.activityId, head.activityId]) }
}

/** The last activity of the commands up to a position, looked for between two ids. */
export function lastActivityAt(knex: Knex, seq: number, [low, high]: readonly [number, number]): Promise<number> {
  const isBehind = async (id: number): Promise<boolean> => {
    const row = await knex('activities').where('id', '>=', id).orderBy('id').first('seq')
    return row === undefined || row.seq > seq
  }
  return lastBefore(low, high, isBehind)
}

/** The largest number up to `last` for which the question is not yet true; `first` where it is true behind it. */
async function lastBefore(
  first: number,
  last: number,
  question: (number: number) => Promise<boolean>,
): Promise<number> {
  let [low, high] = [first, last]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (await question(middle)) high = middle - 1
    else low = middle
  }
  return low
}
