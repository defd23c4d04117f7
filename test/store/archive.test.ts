// What is old goes to files, and nothing of it is lost on the way: the chain joins them to what is kept, readers are
// told where the log begins, and a crash at any step leaves something that is gone on from.
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { beginning, PositionArchived } from '../../src/service/changes/changes.js'
import { planUndo } from '../../src/service/jobs/undo.js'
import { ArchiveRefused, sha256Of } from '../../src/service/log/archive-folder.js'
import { personAt } from '../../src/service/person-at.js'
import { openEngine } from '../../src/store/engine.js'
import type { Store } from '../../src/store/store.js'
import {
  ada,
  aFolder,
  archiveOf,
  aStoreWithAPast,
  dayMs,
  type LivedIn,
  oldDays,
  oldEntries,
  verified,
} from '../support/archives.js'
import { aDelete, aKey, aSave, aSubmission } from '../support/builders.js'
import { onEachEngine, withDatabase } from '../support/database.js'
import { aGroupCommit } from '../support/group-commits.js'

const noFilter = { source: null, reason: null, from: null, to: null }

await onEachEngine(t, 'the old part of the log goes to files, and the chain joins them', async (t, { url }) => {
  const lived = await aStoreWithAPast(t, url)
  const { store } = lived
  const folder = await aFolder(t)
  const before = await store.head()

  t.same(await archiveOf(store, folder), { type: 'done', ranges: 3, entries: oldEntries })

  const [first] = await store.log({ after: 0, limit: 1 })
  t.equal(first?.seq, oldEntries + 1, 'what was archived is gone from the log')
  const cut = await store.cut()
  const [activity] = await store.snapshot(({ tables }) => tables.activities(null, 1))
  t.equal(activity?.id, cut.activityId + 1, 'and from the activities')
  t.same(await store.head(), before)
  t.same(
    (await readdir(folder)).sort().slice(0, 3),
    ['activities.ndjson', 'log.ndjson', 'manifest.json'].map(ending => `000000000000001-000000000000004.${ending}`),
  )
  t.match(await verified(t, store), { broken: null, entries: before.seq, tablesCompared: false })
  t.match(await verified(t, store, folder), { broken: null, archiveChecked: true, tablesCompared: true })
  t.same(await archiveOf(store, folder), { type: 'done', ranges: 0, entries: 0 }, 'and nothing is archived twice')
  await t.test('readers are told where the log begins', t => toldWhereItBegins(t, lived))
  await t.test('somebody that moved, or was deleted, since is told of as it was', t => toldOfThen(t, lived))
})

async function toldWhereItBegins(t: Test, { store, people }: LivedIn): Promise<void> {
  const cut = await store.cut()
  const { seq, activityId } = cut

  await t.test('of the change feed', async t => {
    const until = await store.changeHead()
    const from = { kinds: ['status-changed', 'value-changed'], key: null } as const
    await t.rejects(store.changesAfter(beginning, from, { until, limit: 10 }), PositionArchived)
    await t.rejects(store.changesAfter({ seq: seq - 1, activityId }, from, { until, limit: 10 }), PositionArchived)
    t.same(await store.changeBeginning(), { seq, activityId })
    const { steps } = await store.changesAfter({ seq, activityId }, from, { until, limit: 10 })
    t.same(
      steps.flatMap(({ changes }) => changes.map(({ type }) => type)),
      ['value-changed', 'status-changed', 'value-changed'],
    )
    await t.rejects(store.positionBefore(Date.now() - (oldDays + 1) * dayMs), PositionArchived)
    t.same(await store.positionBefore(Date.now() - dayMs), { seq, activityId })
    t.same(await store.changesByIds(['chg_4_s0', 'chg_1_a1']), [])
  })

  await t.test('of the status of an address, which is known in full', async t => {
    const then = Date.now() - (oldDays - 1) * dayMs
    t.match(await store.statusAt(aKey(ada), then), { version: 3, status: 'unsubscribed', commandId: null })
    const { lines } = await store.addressHistory(aKey(ada), noFilter, { before: null, limit: 10 })
    t.equal(lines.length, 3)
  })

  await t.test('of what a person was', async t => {
    const [adaId, bobId, eveId] = people
    t.match(await personAt(adaId, Date.now() - 90 * dayMs, store), { type: 'archived', upTo: cut.at })
    const yesterday = Date.now() - dayMs
    t.match(await personAt(adaId, yesterday, store), {
      ...{ type: 'there', unsubscribed: true },
      ...{ address: { address: { text: ada }, got: null }, status: { version: 3 } },
    })
    t.match(await personAt(bobId, yesterday, store), { type: 'there', unsubscribed: false })
    t.match(await personAt(eveId, yesterday, store), { type: 'not-there' }, 'eve was made today')
    t.match(await personAt(4711, yesterday, store), { type: 'archived' })
  })

  await t.test('of an undo', async t => {
    const by = { actor: 'the admin', role: 'admin' } as const
    const planned = await planUndo(store, { command: '4', isDryRun: false, by })
    t.match(planned, { type: 'not-found', problem: /command 4 was archived/ })
  })
}

async function toldOfThen(t: Test, { store, people }: LivedIn): Promise<void> {
  const between = Date.now() - dayMs
  const [adaId, bobId] = people
  const { writes } = aGroupCommit(store)
  await writes.submit(aSubmission({ command: aSave({ id: adaId, address: 'ada@new.example' }) }))
  await writes.submit(aSubmission({ command: aDelete(bobId) }))

  t.match(await personAt(adaId, between, store), { address: { address: { text: ada } }, unsubscribed: true })
  t.match(await personAt(bobId, between, store), { type: 'archived' }, 'its address went with it')
  t.match(await personAt(bobId, Date.now() + dayMs, store), { type: 'not-there', life: { kind: 'person-deleted' } })
}

t.test('a webhook that is active is told of everything first', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const { store } = await aStoreWithAPast(t, url)
  const webhook = await store.addWebhook({
    ...{ url: 'https://crm.example/', description: '', createdBy: 'the admin', secret: 's', createdAt: 0 },
    ...{ filter: { kinds: ['status-changed'], to: null, source: null }, position: { seq: 6, activityId: 5 } },
  })
  const folder = await aFolder(t)

  t.match(await archiveOf(store, folder), { entries: 5 })
  await store.editWebhook(webhook.id, { state: 'paused' })
  t.match(await archiveOf(store, folder), { entries: oldEntries - 5 })
})

t.test('a folder that is not that of the archive so far is refused, and nothing is deleted', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const { store } = await aStoreWithAPast(t, url)
  await archiveOf(store, await aFolder(t))
  const { store: another } = await aStoreWithAPast(t, (await withDatabase(t, 'sqlite')).url)
  const ofAnother = await aFolder(t)
  await archiveOf(another, ofAnother)
  const all = { keptMs: -dayMs }

  await t.rejects(archiveOf(store, ofAnother, all), ArchiveRefused)
  const empty = await aFolder(t)
  await t.rejects(archiveOf(store, empty, all), { message: /does not hold the archive up to entry 10/ })

  t.equal((await store.log({ after: 0, limit: 100 })).length, 3)
  t.match(await archiveOf(store, empty, { ...all, isNew: true }), { entries: 3 })
})

t.test('a log that does not verify is not archived', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const { store } = await aStoreWithAPast(t, url)
  const engine = openEngine(url)
  await engine.writer('log').where({ seq: 6 }).update({ actor: 'somebody else' })
  await engine.close()
  const folder = await aFolder(t)

  await t.rejects(archiveOf(store, folder), { name: 'ArchiveRefused', message: /log entry 6: it was changed/ })

  t.equal((await store.cut()).seq, 4, 'the part before it was')
  t.same(
    (await readdir(folder)).filter(name => name.startsWith('.')),
    [],
    'no unfinished file is left',
  )
})

for (const step of ['planArchive', 'moveCut', 'dropArchived', 'letGoOfArchive'] as const) {
  for (const when of ['before', 'after'] as const) {
    t.test(`an end ${when} ${step} is gone on from`, async t => {
      const { url } = await withDatabase(t, 'sqlite')
      const { store } = await aStoreWithAPast(t, url)
      const folder = await aFolder(t)

      await t.rejects(archiveOf(endingAt(store, step, when), folder), /the end/)
      // Its lease is over by then.
      const later = Date.now() + 10 * 60_000
      await archiveOf(store, folder, { now: () => later })

      t.equal((await store.cut()).seq, oldEntries)
      t.equal((await store.log({ after: 0, limit: 1 }))[0]?.seq, oldEntries + 1)
      t.match(await verified(t, store, folder), { broken: null, tablesCompared: true })
    })
  }
}

function endingAt(store: Store, step: keyof Store, when: 'before' | 'after'): Store {
  const work = store[step] as (...given: unknown[]) => Promise<unknown>
  const ending = async (...given: unknown[]): Promise<never> => {
    if (when === 'after') await work(...given)
    throw new Error('the end')
  }
  return { ...store, [step]: ending }
}

t.test('two at a time: one of them does it', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const { store } = await aStoreWithAPast(t, url)
  const claimed = await store.claimArchive(Date.now(), { holder: 'a'.repeat(32), until: Date.now() + 60_000 })

  t.not(claimed, undefined)
  t.same(await archiveOf(store, await aFolder(t)), { type: 'busy' })
})

const tampering: readonly (readonly [title: string, tamper: (folder: string) => Promise<unknown>, finding: RegExp])[] =
  [
    ['a file of entries that is gone', folder => rm(file(folder, 2, 'log.ndjson')), /missing \(log entries 5 to 8\)/],
    ['activities that are gone', folder => rm(file(folder, 1, 'activities.ndjson')), /missing \(log entries 1 to 4\)/],
    ['a manifest that is gone', folder => rm(file(folder, 2, 'manifest.json')), /behind log entry 4, up to 10/],
    ['the last part', folder => rm(file(folder, 3, 'manifest.json')), /behind log entry 8, up to 10/],
    [
      'an entry that was changed',
      edit(2, 'log.ndjson', /"actor":"[^"]*"/, '"actor":"x"'),
      /log entry 5: it was changed/,
    ],
    [
      'a detail that was changed',
      edit(2, 'log.ndjson', /Ada|Turin|Paris|unsubscribed/, 'x'),
      /log entry \d: its detail/,
    ],
    ['an entry that was taken out', edit(2, 'log.ndjson', /\n.*\n/, '\n'), /log entry 6 is missing: after 5 comes 7/],
    ['an end that was cut', folder => truncate(file(folder, 3, 'log.ndjson'), 0), /log entry 9 is missing/],
    ['no JSON', edit(1, 'log.ndjson', /\{/, '['), /line 1 is not what/],
    ['white space', edit(1, 'log.ndjson', /,"at"/, ', "at"'), /log entries 1 to 4\) was changed: its SHA-256/],
    [
      'an activity that was changed',
      edit(1, 'activities.ndjson', /"at":\d+/, '"at":1'),
      /entries 1 to 4\) was changed/,
    ],
  ]

t.test('what was done to the archive is found, with its position', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const lived = await aStoreWithAPast(t, url)
  const folder = await aFolder(t)
  await archiveOf(lived.store, folder)
  const names = await readdir(folder)
  const texts = await Promise.all(names.map(async name => [name, await readFile(join(folder, name))] as const))
  for (const [title, tamper, finding] of tampering) {
    await tamper(folder)
    await foundIn(t, lived, folder, title, finding)
    for (const [name, text] of texts) await writeFile(join(folder, name), text)
  }
  await consistentForgery(t, lived, folder)
})

async function foundIn(t: Test, { store }: LivedIn, folder: string, title: string, finding: RegExp): Promise<void> {
  t.match((await verified(t, store, folder)).broken, finding, title)
}

// Whoever can write the manifest anew still meets what the log tells.
async function consistentForgery(t: Test, lived: LivedIn, folder: string): Promise<void> {
  const [activities, manifest] = [file(folder, 1, 'activities.ndjson'), file(folder, 1, 'manifest.json')]
  const { sha256: before } = JSON.parse(await readFile(manifest, 'utf8')).activities
  await edit(1, 'activities.ndjson', /"at":\d+/, '"at":1')(folder)
  const after = await sha256Of(activities)
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace(before, after))
  await foundIn(t, lived, folder, 'a forged manifest', /activity 1 is not what the log tells/)
}

const bounds = ['1-4', '5-8', '9-10']
function file(folder: string, part: number, ending: string): string {
  const [from, to] = bounds[part - 1]!.split('-').map(text => text.padStart(15, '0'))
  return join(folder, `${from}-${to}.${ending}`)
}

function edit(part: number, ending: string, from: RegExp, to: string): (folder: string) => Promise<void> {
  return async folder => {
    const path = file(folder, part, ending)
    const text = await readFile(path, 'utf8')
    if (!from.test(text)) throw new Error(`${path} has no ${from}`)
    await writeFile(path, text.replace(from, to))
  }
}

t.test('nothing that is younger than it may be is archived', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const { store } = await aStoreWithAPast(t, url)

  t.match(await archiveOf(store, await aFolder(t), { keptMs: (oldDays + 1) * dayMs }), { entries: 0 })
  t.equal((await store.cut()).seq, 0)
})
