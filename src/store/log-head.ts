// The head of the log, one row that every batch locks last of all: whoever holds it has the next place. It knows only
// that row.

import type { LogHead } from '../service/ports.js'
import type { Statement } from './batch-drivers.js'
import type { BatchSession } from './batch-session.js'

export interface HeadRow {
  readonly seq: number
  readonly activity_id: number
  readonly hash: string
}

export const lockedHead = ({ forUpdate }: BatchSession): Statement => ({
  sql: `select seq, activity_id, hash from log_head where id = 1${forUpdate}`,
  values: [],
})

/**
 * How a transaction locks the head, once. Where several nodes take writes it is locked now, before anything is read:
 * what another node committed meanwhile is applied here without asking our locks, and all that it then ends is a
 * transaction that holds a row which was written. Every batch writes the head; of the rest a batch may write nothing
 * that one which has read it would notice (one person leaves an address and another comes: the address stays the same).
 */
export async function headLock(session: BatchSession): Promise<() => Promise<LogHead>> {
  let locked: Promise<LogHead> | undefined
  const lock = (): Promise<LogHead> => {
    locked ??= lockHead(session)
    return locked
  }
  if (session.isOneOfSeveralWriters) await lock()
  return lock
}

export async function lockHead(session: BatchSession): Promise<LogHead> {
  const { sql, values } = lockedHead(session)
  return headFrom(await session.rows<HeadRow>(sql, values))
}

export function headFrom([row]: readonly HeadRow[]): LogHead {
  if (row === undefined) throw new Error('the log has no head: the migrations did not run to their end')
  return { seq: row.seq, activityId: row.activity_id, hash: row.hash }
}
