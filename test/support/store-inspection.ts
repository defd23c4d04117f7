// What a store holds, looked at from outside of any server: its log, its histories, and whether the two agree.
// It knows the store and the command line; it must not know how the content came about.
import type { Test } from 'tap'
import { readConfig } from '../../src/config.js'
import { open } from '../../src/opening.js'
import type { ActivityRecord, LogDetail, LogEntry } from '../../src/service/ports.js'
import { GroupCommit } from '../../src/service/writes/group-commit.js'
import { openEngine } from '../../src/store/engine.js'
import { migrate } from '../../src/store/migrate.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aForeignId, aSave, aSubmission } from './builders.js'
import { startScript } from './child.js'

export interface LoggedCommand {
  readonly entry: LogEntry
  readonly detail: LogDetail
}

const pageLength = 1_000

export async function inStore<T>(databaseUrl: string, look: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore(databaseUrl)
  try {
    return await look(store)
  } finally {
    await store.close()
  }
}

/** Every command of the log, in its order. */
export function readLog(databaseUrl: string): Promise<readonly LoggedCommand[]> {
  return inStore(databaseUrl, async store => {
    const commands: LoggedCommand[] = []
    for (;;) {
      const page = await store.log({ after: commands.at(-1)?.entry.seq ?? 0, limit: pageLength })
      if (page.length === 0) return commands
      for (const entry of page) commands.push({ entry, detail: JSON.parse(entry.detail ?? 'null') as LogDetail })
    }
  })
}

/** Every activity of everybody, in order. */
export function readActivities(databaseUrl: string): Promise<readonly ActivityRecord[]> {
  return inStore(databaseUrl, store =>
    store.snapshot(async ({ tables }) => {
      const activities: ActivityRecord[] = []
      for (;;) {
        const page = await tables.activities(activities.at(-1)?.id ?? null, pageLength)
        if (page.length === 0) return activities
        activities.push(...page)
      }
    }),
  )
}

/** Addresses whose history is still being told to the people that have them. */
export async function pendingFanOuts(databaseUrl: string): Promise<readonly string[]> {
  const pending = await inStore(databaseUrl, store => store.pendingFanOuts(pageLength))
  return pending.map(({ key }) => key)
}

/** Asserts that `verify`, run as an operator would, finds nothing wrong. */
export async function isVerified(t: Test, databaseUrl: string, what: string): Promise<void> {
  const script = startScript(t, 'src/main.ts', { args: ['verify'], env: { DATABASE_URL: databaseUrl } })
  const { code } = await script.exited
  const said = [...script.stdout, ...script.stderr].join('\n')
  t.match(
    said,
    /^ok: \d+ log entries( to \S+)?, the chain holds, the tables are what the log says\nstore: /,
    `${what}: verify is clean`,
  )
  t.equal(code, 0, `${what}: verify ends with 0`)
}

/** Migrates the database and makes so many people, all with one address, and each with a foreign id: crowd-0, ... */
export async function makeCrowd(databaseUrl: string, address: string, count: number): Promise<void> {
  const opened = await open(readConfig({ DATABASE_URL: databaseUrl }))
  try {
    const events = { batch() {}, command() {}, retry() {}, defect() {} }
    const writes = new GroupCommit(opened.store, { hashAddress: opened.hashAddress, events })
    const answers = await writes.submitAll(
      Array.from({ length: count }, (_, index) =>
        aSubmission({ command: aSave({ foreignId: aForeignId(`crowd-${index}`), address }) }),
      ),
    )
    const refused = answers.find(answer => answer instanceof Error || answer.type !== 'carried-out')
    if (refused !== undefined) throw new Error('somebody of the crowd could not be made', { cause: refused })
    await writes.drain()
  } finally {
    await opened.store.close()
  }
}

/** Migrates the database, and makes it look as if a program with one more migration had been there. */
export async function pretendMigration(databaseUrl: string, name: string): Promise<void> {
  const { patient, writer, close } = openEngine(databaseUrl)
  try {
    await migrate(patient)
    await writer('schema_migrations').insert({ name, batch: 99, migration_time: new Date() })
  } finally {
    await close()
  }
}
