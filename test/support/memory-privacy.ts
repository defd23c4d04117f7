// Privacy over the model in memory, which keeps no log that could be redacted: it knows what people hold, and answers
// an erasure as a store does that held nothing. The real one is tested over the real stores.
import type { Holdings, Privacy } from '../../src/service/privacy/privacy.js'
import type { AnyStore } from './memory-store.js'

export function memoryPrivacy(store: AnyStore): Privacy {
  const nothing = { people: 0, statusVersions: 0, activities: 0, logEntries: 0, refusals: 0 }
  return {
    async erase() {
      const kept = { status: 'subscribed', version: 0 } as const
      const outcome = { type: 'erased', kept, counts: { ...nothing, blockedAttempts: 0, jobReports: 0 } } as const
      return { type: 'carried-out', outcome, effects: [], seq: 1, commandId: '0'.repeat(32) }
    },
    waiting: async () => ({ jobs: [], flowRuns: [], notifications: 0 }),
    async holdings({ key }): Promise<Holdings> {
      const people = await store.peopleByAddress(key, 10)
      return {
        status: (await store.status(key)).status,
        statusHistory: await store.statusHistory(key),
        people: people.map(view => ({ ...view, cookies: [], lists: [] })),
        ...{ activities: [], commands: [], refusals: [], blockedAttempts: [], deliveries: [], cut: [] },
        jobs: { reporting: [], waiting: [] },
        flowRuns: [],
        salesforce: { records: [], conflicts: [], writes: [], notifications: [] },
      }
    },
  }
}
