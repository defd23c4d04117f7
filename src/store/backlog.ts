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
      const hindmost = async (): Promise<number> => {
        const last = await reader('webhooks').where({ state: 'active' }).min({ seq: 'seq' }).first()
        if (last?.seq == null) return 0
        // Read after the position, which only follows it.
        const head = await reader('log_head').where({ id: 1 }).first('seq')
        return Math.max(0, Number(head?.seq ?? 0) - Number(last.seq))
      }
      const [jobs, fanOuts, flowRuns, webhookDeliveries, webhooksDead, webhookLag] = await Promise.all([
        count(reader('imports').whereIn('state', ['receiving', 'processing', 'cancelling'])),
        count(reader('fan_outs')),
        count(reader('flow_runs').where({ ended_at: null }).andWhere('run_at', '<=', now)),
        deliveries('waiting'),
        deliveries('dead'),
        hindmost(),
      ])
      return { jobs, fanOuts, flowRuns, webhookDeliveries, webhooksDead, webhookLag }
    },
  }
}
