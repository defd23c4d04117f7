// Comparisons with Salesforce, a row each.

import type { Knex } from 'knex'
import type { SalesforceObject } from '../domain/salesforce-record.js'
import { firstPlace, noSyncCounts, type SalesforceSync, type SyncStore } from '../service/salesforce/syncs.js'
import { nextNumbers } from './counters.js'
import { type EngineName, insertIfAbsent } from './engine.js'

interface SyncRow {
  id: number
  is_dry_run: number | boolean
  asked_by: string
  state: string
  object_type: string | null
  after_id: string | null
  counts: string
  asked_at: number
  started_at: number | null
  ended_at: number | null
  last_error: string | null
}

const errorLengthMax = 1_000

export function createSalesforceSyncs(engine: EngineName, writer: Knex, reader: Knex): SyncStore {
  // Whoever carries one out holds the work. A process that died, or was stopped, has left the row as it was.
  const truthful = async (rows: readonly SyncRow[]): Promise<SalesforceSync[]> => {
    const syncs = rows.map(syncFrom)
    if (!syncs.some(({ state }) => state === 'running')) return syncs
    const work = reader('salesforce_work').where({ name: 'reconcile' }).andWhere('held_until', '>', Date.now())
    return (await work.first('name')) === undefined ? syncs.map(interrupted) : syncs
  }
  const one = async (where: object): Promise<SalesforceSync | undefined> => {
    const rows: SyncRow[] = await reader('salesforce_syncs').where(where).limit(1)
    return (await truthful(rows))[0]
  }
  return {
    async askForSync({ isDryRun, askedBy, name }, at) {
      const id = await writer.transaction(async transaction => {
        const number = await nextNumbers(engine, transaction, 'salesforce-sync', 1)
        const counts = JSON.stringify(noSyncCounts)
        const row = {
          id: number,
          name,
          is_dry_run: isDryRun,
          asked_by: askedBy,
          state: 'waiting',
          counts,
          asked_at: at,
        }
        await insertIfAbsent(engine, transaction('salesforce_syncs').insert(row), 'name')
        return number
      })
      const asked = (await one({ id })) ?? (name === null ? undefined : await one({ name }))
      if (asked === undefined) throw new Error(`the comparison ${id} is gone as soon as it was asked for`)
      return asked
    },
    async nextSync() {
      const row: SyncRow | undefined = await reader('salesforce_syncs').whereNull('ended_at').orderBy('id').first()
      return row && syncFrom(row)
    },
    async recordSync({ id, state, place, counts, startedAt, endedAt, lastError }) {
      await writer('salesforce_syncs')
        .where({ id })
        .update({
          ...{ state, object_type: place.objectType, after_id: place.afterId, counts: JSON.stringify(counts) },
          ...{ started_at: startedAt, ended_at: endedAt, last_error: lastError?.slice(0, errorLengthMax) ?? null },
        })
    },
    salesforceSync: id => one({ id }),
    async salesforceSyncs({ before, limit }) {
      const query = reader('salesforce_syncs').orderBy('id', 'desc').limit(limit)
      const rows: SyncRow[] = await (before === null ? query : query.where('id', '<', before)).select('*')
      return truthful(rows)
    },
  }
}

/** It waits for whoever goes on with it; of a dry run nothing is kept, so that one begins again. */
function interrupted(sync: SalesforceSync): SalesforceSync {
  if (sync.state !== 'running') return sync
  return { ...sync, state: 'waiting', counts: sync.isDryRun ? noSyncCounts : sync.counts }
}

function syncFrom(row: SyncRow): SalesforceSync {
  return {
    id: Number(row.id),
    isDryRun: Boolean(row.is_dry_run),
    askedBy: row.asked_by,
    // Only ours are ever written.
    state: row.state as SalesforceSync['state'],
    place:
      row.object_type === null
        ? firstPlace
        : { objectType: row.object_type as SalesforceObject, afterId: row.after_id },
    counts: { ...noSyncCounts, ...(JSON.parse(row.counts) as Partial<SalesforceSync['counts']>) },
    askedAt: Number(row.asked_at),
    startedAt: row.started_at,
    endedAt: row.ended_at,
    lastError: row.last_error,
  }
}
