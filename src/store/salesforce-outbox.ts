// What Salesforce is still to be told, in the database: one row a record.

import type { Knex } from 'knex'
import type { RecordName, WriteCause, WriteWish } from '../domain/salesforce-record.js'
import type { OutboxStore, QueuedWrite } from '../service/salesforce/outbox.js'
import { type EngineName, insertIfAbsent } from './engine.js'

export function createSalesforceOutbox(engine: EngineName, writer: Knex, reader: Knex): OutboxStore {
  return {
    queueWrites: (wishes, at) =>
      wishes.length === 0
        ? Promise.resolve()
        : writer.transaction(transaction => putIntoOutbox(engine, transaction, wishes, at)),

    async dueWrites(now, limit) {
      const rows: OutboxRow[] = await reader('salesforce_outbox')
        .where('state', 'waiting')
        .andWhere('next_try', '<=', now)
        .orderBy(['next_try', 'org_id', 'record_id'])
        .limit(limit)
        .select('*')
      return rows.map(writeFrom)
    },

    async failedWrites(limit) {
      const failed = reader('salesforce_outbox').where('state', 'failed')
      const rows: OutboxRow[] = await failed.orderBy(['org_id', 'record_id']).limit(limit).select('*')
      return rows.map(writeFrom)
    },

    recordAttempts: writes =>
      writer.transaction(async transaction => {
        for (const { attempts, nextTry, state, lastError, ...write } of inOrder(writes)) {
          await transaction('salesforce_outbox')
            .where({ ...keyOf(write), revision: write.revision })
            .update({ attempts, next_try: nextTry, state, last_error: lastError })
        }
      }),

    removeWrites: writes =>
      writer.transaction(async transaction => {
        for (const write of inOrder(writes)) {
          const same = { ...keyOf(write), revision: write.revision }
          await transaction('salesforce_outbox').where(same).delete()
        }
      }),

    async countOutbox() {
      const query = reader('salesforce_outbox').groupBy('state').select('state').count({ count: '*' })
      const rows = (await query) as { state: string; count: number }[]
      const count = (state: string): number => rows.find(row => row.state === state)?.count ?? 0
      return { waiting: count('waiting'), failed: count('failed') }
    },
  }
}

/** As a part of a transaction that changes what the wishes follow from. */
export async function putIntoOutbox(
  engine: EngineName,
  transaction: Knex.Transaction,
  wishes: readonly WriteWish[],
  at: number,
): Promise<void> {
  // In one order for everybody, so that no two transactions wait for each other.
  for (const wish of inOrder(wishes)) {
    const asked = { opted_out: wish.optedOut, cause: wish.cause, status_version: wish.statusVersion, queued_at: at }
    const untried = { attempts: 0, next_try: at, state: 'waiting', last_error: null }
    const key = keyOf(wish)
    const row = { ...key, ...asked, ...untried, revision: 0 }
    await insertIfAbsent(engine, transaction('salesforce_outbox').insert(row), ['org_id', 'record_id'])
    const newer = transaction('salesforce_outbox').where(key).andWhere('status_version', '<=', wish.statusVersion)
    await newer.update({ ...asked, ...untried, revision: transaction.raw('?? + 1', ['revision']) })
  }
}

const keyOf = ({ orgId, recordId }: RecordName): { org_id: string; record_id: string } => ({
  org_id: orgId,
  record_id: recordId,
})

const inOrder = <Named extends RecordName>(named: readonly Named[]): readonly Named[] =>
  [...named].sort((a, b) => (a.orgId + a.recordId < b.orgId + b.recordId ? -1 : 1))

export interface OutboxRow {
  org_id: string
  record_id: string
  opted_out: number | boolean
  cause: string
  status_version: number
  queued_at: number
  revision: number
  attempts: number
  next_try: number
  state: string
  last_error: string | null
}

export function writeFrom(row: OutboxRow): QueuedWrite {
  return {
    orgId: row.org_id,
    recordId: row.record_id,
    optedOut: Boolean(row.opted_out),
    // Only ours are ever written.
    cause: row.cause as WriteCause,
    statusVersion: row.status_version,
    queuedAt: row.queued_at,
    revision: row.revision,
    attempts: row.attempts,
    nextTry: row.next_try,
    state: row.state as QueuedWrite['state'],
    lastError: row.last_error,
  }
}
