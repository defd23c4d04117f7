// Counts of calls by day and caller, added to by every process.

import type { Knex } from 'knex'
import type { CallCountStore } from '../service/daily-counts.js'

export function createCallCounts(writer: Knex): CallCountStore {
  return {
    async addCalls({ day, caller, calls }) {
      const key = { day, caller }
      const counted = await writer('call_counts').where(key).increment('calls', calls)
      // Where another process is first with the row this fails, and the calls are added with the next ones.
      if (counted === 0) await writer('call_counts').insert({ ...key, calls })
      const row = await writer('call_counts').where(key).first('calls')
      return Number(row?.calls ?? calls)
    },
    async forgetCallsBefore(day) {
      await writer('call_counts').where('day', '<', day).delete()
    },
  }
}
