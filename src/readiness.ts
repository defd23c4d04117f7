// Whether calls can be served now: the database answers, its schema is the one that this program needs, and commands
// do not pile up.

import type { Config } from './config.js'
import type { Opened } from './opening.js'
import type { Readiness } from './service/service.js'
import type { GroupCommit } from './service/writes/group-commit.js'
import { SchemaTooNew } from './store/migrate.js'

// A store that is merely slow is ready; one whose queue is nearly full should get no new callers from a balancer.
const queueFullRatio = 0.9

export async function readiness({ store }: Opened, writes: GroupCommit, { queueMax }: Config): Promise<Readiness> {
  const problems: string[] = []
  try {
    const { pending } = await store.schemaState()
    if (pending.length > 0) problems.push(`the schema lacks ${pending.join(', ')}`)
  } catch (cause) {
    // The database's own words may hold names and addresses; the log has them, a probe gets this.
    problems.push(cause instanceof SchemaTooNew ? cause.message : 'the database cannot be reached')
  }
  if (writes.waiting > queueMax * queueFullRatio) problems.push(`${writes.waiting} commands are waiting`)
  return { isReady: problems.length === 0, problems }
}
