// Scenario 38: readers of the change feed go on from page to page while writers of two processes commit. Nothing is
// missed, nothing comes twice, and the versions of an address never go back.
import t, { type Test } from 'tap'
import { ChangeFeed } from '../../src/service/changes/change-feed.js'
import { beginning, type Change, type ChangeKind, changeKinds } from '../../src/service/changes/changes.js'
import type { GroupCommit } from '../../src/service/writes/group-commit.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aSave, aSubmission, aSubscription } from '../support/builders.js'
import { type FreshDatabase, onEachEngine } from '../support/database.js'
import { aGroupCommit } from '../support/group-commits.js'
import { readActivities } from '../support/store-inspection.js'

const writersCount = 8
const writesEach = 150
const addressesCount = 40

await onEachEngine(
  t,
  'scenario 38: the feed misses nothing, tells nothing twice and goes back for no address under eight writers',
  async (t, database) => {
    const open = opener(t, database)
    await open().migrate()
    let isWriting = true
    // The embedded store is written by one process.
    const processes = database.engine === 'sqlite' ? 1 : 2
    const commits = Array.from({ length: processes }, () => aGroupCommit(open(), { batchMax: 8 }).writes)
    const readers = [
      readAll(open(), ['status-changed'], 3, () => isWriting),
      readAll(open(), changeKinds, 7, () => isWriting),
    ]

    const writers = Array.from({ length: writersCount }, (_, writer) => write(commits[writer % processes]!, writer))
    await Promise.all(writers).finally(() => {
      isWriting = false
    })

    const [statuses, everything] = await Promise.all(readers)
    const history = await statusVersions(open())
    t.ok(history.length > addressesCount, `${history.length} changes of statuses`)
    t.same(statuses!.changes.map(labelOf).sort(), [...history].sort(), 'each status once')
    t.ok(statuses!.pagesMeanwhile > 5, `${statuses!.pagesMeanwhile} pages were read while others wrote`)
    t.same(backwards(statuses!.changes), [], 'no version goes back')

    const ids = everything!.changes.map(({ id }) => id)
    t.equal(new Set(ids).size, ids.length, 'nothing twice')
    t.equal(ids.length, history.length + (await readActivities(database.url)).length, 'nothing is missed')
    t.same(
      seqsOf(ids),
      [...seqsOf(ids)].sort((a, b) => a - b),
      'in the order of the log',
    )
  },
)

function opener(t: Test, { url }: FreshDatabase): () => Store {
  return () => {
    const store = openStore(url)
    t.teardown(() => store.close())
    return store
  }
}

async function write(writes: GroupCommit, writer: number): Promise<void> {
  for (let index = 0; index < writesEach; index++) {
    const address = `person-${(writer * 7 + index * 11) % addressesCount}@example.org`
    const to = index % 2 === 0 ? 'unsubscribed' : 'subscribed'
    const command = index % 10 === 3 ? aSave({ address, mode: 'duplicate' }) : aSubscription(to, address)
    await writes.submit(aSubmission({ command }))
  }
}

async function readAll(store: Store, kinds: readonly ChangeKind[], limit: number, isWriting: () => boolean) {
  const feed = new ChangeFeed(store, () => {})
  const filter = { kinds, key: null, to: null, source: null }
  const changes: Change[] = []
  let pagesMeanwhile = 0
  for (let after = beginning; ; ) {
    // What is committed before this is said must be found after it.
    const wasWriting = isWriting()
    const signal = new AbortController().signal
    const page = await feed.read({ after, filter, limit, waitMs: 50, signal })
    changes.push(...page.changes)
    after = page.next
    if (wasWriting) pagesMeanwhile++
    else if (page.steps.length === 0) return { changes, pagesMeanwhile }
  }
}

function labelOf(change: Change): string {
  return change.type === 'status-changed' ? `${change.key} ${change.version} ${change.to}` : change.id
}

async function statusVersions(store: Store): Promise<readonly string[]> {
  const keys = await store.snapshot(({ tables }) => tables.statuses(null, 1_000))
  const histories = await Promise.all(keys.map(({ status }) => store.statusHistory(status.key)))
  return histories.flat().map(({ key, version, status }) => `${key} ${version} ${status}`)
}

function backwards(changes: readonly Change[]): readonly string[] {
  const seen = new Map<string, number>()
  return changes
    .filter(change => {
      if (change.type !== 'status-changed') return false
      const last = seen.get(change.key) ?? 0
      seen.set(change.key, change.version)
      return change.version !== last + 1
    })
    .map(labelOf)
}

function seqsOf(ids: readonly string[]): number[] {
  return ids.map(id => Number(id.split('_')[1]))
}
