// The comparison with Salesforce that is due each day. It only asks for one, under the name of the day: so several
// processes ask for the same, and a day on which nobody ran in time is made up for.

import type { SyncStore } from './syncs.js'

/** `at`: such as 03:30, in UTC; null for never. */
export function scheduledSync(
  store: Pick<SyncStore, 'askForSync'>,
  at: string | null,
  now: () => number,
): () => Promise<void> {
  let askedFor: string | null = null
  return async () => {
    if (at === null) return
    const [day = '', time = ''] = new Date(now()).toISOString().split('T')
    if (day === askedFor || time.slice(0, 5) < at) return
    await store.askForSync({ isDryRun: false, askedBy: 'schedule', name: day }, now())
    askedFor = day
  }
}
