// A store with an old part and a new one, and what archiving makes of it. It knows ports and folders, no engine.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Command } from '../../src/domain/command.js'
import { type Archived, type ArchiveOptions, archive } from '../../src/service/log/archive.js'
import { openArchiveFolder } from '../../src/service/log/archive-folder.js'
import { type VerifyReport, verify } from '../../src/service/log/verify.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aSave, aSubmission, aSubscription } from './builders.js'
import { withDatabase } from './database.js'
import { aGroupCommit } from './group-commits.js'

export const dayMs = 24 * 3_600_000
export const keptDays = 30
/** How old the old part is. */
export const oldDays = 60

export const ada = 'ada@example.org'
export const bob = 'bob@example.org'

/** Ten old entries: two people, ada opted out; and three new ones. */
export const oldEntries = 10
const oldCommands: readonly Command[] = [
  aSave({ address: ada, fields: { FirstName: 'Ada' } }),
  aSave({ address: bob, fields: { FirstName: 'Bob' } }),
  aSave({ address: ada, fields: { City: 'Turin' } }),
  aSave({ address: ada, unsubscribed: true }),
  aSave({ address: ada, unsubscribed: false }),
  aSave({ address: bob, fields: { City: 'Paris' } }),
  aSave({ address: bob, fields: { City: null } }),
  aSubscription('unsubscribed', ada),
  aSubscription('unsubscribed', 'nobody@example.org'),
  aSave({ address: bob, fields: { City: 'Rome' } }),
]
const newCommands: readonly Command[] = [
  aSave({ address: bob, fields: { City: 'Oslo' } }),
  aSubscription('unsubscribed', bob),
  aSave({ address: 'eve@example.org' }),
]

export interface LivedIn {
  readonly store: Store
  /** Ids of ada, bob, and eve, who is new. */
  readonly people: readonly [number, number, number]
}

export async function aStoreWithAPast(
  t: Test,
  url: string,
  { isOldOnly = false }: { readonly isOldOnly?: boolean } = {},
): Promise<LivedIn> {
  const store = openStore(url)
  t.teardown(() => store.close())
  await store.migrate()
  await inThePast(oldDays, () => carryOutAll(store, oldCommands))
  if (!isOldOnly) await carryOutAll(store, newCommands)
  const activities = await store.snapshot(({ tables }) => tables.activities(null, 1_000))
  const [first, second, third] = activities
    .filter(({ kind }) => kind === 'person-created')
    .map(({ personId }) => personId)
  return { store, people: [first!, second!, third ?? 0] }
}

async function carryOutAll(store: Store, commands: readonly Command[]): Promise<void> {
  const { writes } = aGroupCommit(store)
  for (const command of commands) await writes.submit(aSubmission({ command }))
}

/** The clock of this process is so many days behind for as long as the work takes. */
export async function inThePast(days: number, work: () => Promise<void>): Promise<void> {
  const { now } = Date
  Date.now = () => now() - days * dayMs
  try {
    await work()
  } finally {
    Date.now = now
  }
}

export async function aFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'durable-unsubscribe-archive-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export function archiveOf(
  store: ArchiveOptions['store'],
  folder: string,
  options: Partial<ArchiveOptions> & { readonly isNew?: boolean } = {},
): Promise<Archived> {
  const { isNew = false, ...rest } = options
  return archive(
    {
      ...{ store, folder: openArchiveFolder(folder, { isNew }) },
      ...{ keptMs: keptDays * dayMs, now: Date.now, entriesInFile: 4, ...rest },
    },
    new AbortController().signal,
  )
}

export async function verified(t: Test, store: Store, archivePath?: string): Promise<VerifyReport> {
  const { url } = await withDatabase(t, 'sqlite')
  const scratch = openStore(url)
  t.teardown(() => scratch.close())
  await scratch.migrate()
  return verify(store, { scratch, archive: archivePath })
}
