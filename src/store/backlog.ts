// Counts of what waits, from the tables of the background work. Each follows an index or a table that stays small.

import type { Knex } from 'knex'
import type { BacklogStore } from '../service/writes/backlog.js'

export function createBacklog(reader: Knex): BacklogStore {
  const count = async (rows: Knex.QueryBuilder): Promise<number> => {
    const [found] = (await rows.count({ n: '*' })) as { n: number | string }[]
    return Number(found?.n ?? 0)
  }
  return {
    async backlog(now) {
      const deliveries = (state: string): Promise<number> => count(reader('webhook_deliveries').where({ state }))
      const hindmost = async (): Promise<{ readonly lag: number; readonly since: number | null }> => {
        const last = await reader('webhooks').where({ state: 'active' }).min({ seq: 'seq' }).first()
        if (last?.seq == null) return { lag: 0, since: null }
        // Read after the position, which only follows it.
        const head = await reader('log_head').where({ id: 1 }).first('seq')
        const next = await reader('log').where('seq', '>', last.seq).orderBy('seq').first('at')
        return { lag: Math.max(0, Number(head?.seq ?? 0) - Number(last.seq)), since: next?.at ?? null }
      }
      // Put aside: what a paused or disabled webhook has waiting is nobody's delay.
      const oldestHeld = async (): Promise<number | null> => {
        const active = reader('webhooks').where({ state: 'active' }).select('id')
        const held = reader('webhook_deliveries').where({ state: 'waiting' }).whereIn('webhook_id', active)
        return (await held.min({ at: 'stored_at' }).first())?.at ?? null
      }
      const writes = (state: string): Promise<number> => count(reader('salesforce_outbox').where({ state }))
      // Ids follow the order of arrival.
      const first = reader('salesforce_inbox').whereNull('processed_at').orderBy('id').first('received_at')
      const [jobs, fanOuts, flowRuns, webhookDeliveries, webhooksDead, ...others] = await Promise.all([
        count(reader('imports').whereIn('state', ['receiving', 'processing', 'cancelling'])),
        count(reader('fan_outs')),
        count(reader('flow_runs').where({ ended_at: null }).andWhere('run_at', '<=', now)),
        deliveries('waiting'),
        deliveries('dead'),
        hindmost(),
        oldestHeld(),
        count(reader('salesforce_inbox').whereNull('processed_at')),
        writes('waiting'),
        writes('failed'),
        first,
      ])
      const [behind, heldSince, salesforceInbox, salesforceOutbox, salesforceDead, oldest] = others
      const since = Math.min(behind.since ?? now, heldSince ?? now)
      return {
        ...{ jobs, fanOuts, flowRuns, webhookDeliveries, webhooksDead },
        ...{ webhookLag: behind.lag, webhookOldestMs: now - since },
        ...{ salesforceInbox, salesforceOutbox, salesforceDead },
        salesforceInboxMs: oldest === undefined ? 0 : Math.max(0, now - Number(oldest.received_at)),
      }
    },
  }
}
