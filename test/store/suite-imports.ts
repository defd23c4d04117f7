// Imports as a store keeps them: taken as a whole, held by one at a time, and gone when they are over.
import type { Job, ListImportPlan } from '../../src/service/jobs/jobs.js'
import { noProgress } from '../../src/service/jobs/jobs.js'
import { namedReplay } from '../../src/service/writes/submission.js'
import { aCause, aPolicy } from '../support/builders.js'
import type { Scene } from '../support/scene.js'
import type { StoreTest } from './store-suite.js'

export const importTests: Readonly<Record<string, StoreTest>> = {
  'an import is kept as it was taken, with its rows in order': async (t, scene) => {
    const rows = Array.from({ length: 1_203 }, (_, index) => `row ${index + 1} \u{1F4CF}`)
    const { id, plan, createdAt } = await anImport(scene, { rows })

    t.strictSame(await scene.store.lastImportInto(plan.list.id), {
      ...{
        id,
        plan,
        rows: 1_203,
        state: 'processing',
        progress: noProgress,
        createdAt,
        startedAt: null,
        endedAt: null,
      },
    })
    t.strictSame(await rowsOf(scene, id, { after: 0, limit: 2 }), rows.slice(0, 2))
    t.strictSame(await rowsOf(scene, id, { after: 1_200, limit: 200 }), rows.slice(1_200))
    t.strictSame(await rowsOf(scene, id, { after: 1_203, limit: 200 }), [])
    await finish(scene, id)
  },

  'of two that want it one gets an import, and after the lease the other': async (t, scene) => {
    const { id, plan } = await anImport(scene)
    const [a, b] = [
      { holder: 'a'.repeat(32), until: 2_000 },
      { holder: 'b'.repeat(32), until: 2_000 },
    ]

    const claims = await Promise.all([scene.store.claimJob(1_000, a, 'lists'), scene.store.claimJob(1_000, b, 'lists')])
    t.strictSame(
      claims.flatMap(claimed => claimed?.id ?? []),
      [id],
    )
    t.match(claims.find(Boolean), { startedAt: 1_000 })
    const [winner, loser] = claims[0] === undefined ? [b, a] : [a, b]
    t.equal(await scene.store.claimJob(1_999, loser, 'lists'), undefined)
    t.equal(await scene.store.recordJob(id, loser, noProgress, []), 'lost')

    t.match(await scene.store.claimJob(2_000, { ...loser, until: 3_000 }, 'lists'), { id, startedAt: 1_000 })
    t.equal(await scene.store.recordJob(id, winner, { ...noProgress, done: 7 }, []), 'lost', 'it is theirs now')
    t.equal(
      await scene.store.endJob(id, winner.holder, { state: 'failed', progress: noProgress, reports: [], at: 1 }),
      false,
    )
    t.match(await scene.store.lastImportInto(plan.list.id), { progress: { done: 0 } })
    await finish(scene, id)
  },

  'progress and end are kept, and the rows go with the end': async (t, scene) => {
    const { id, plan } = await anImport(scene, { rows: ['1', '2', '3'] })
    const holder = 'c'.repeat(32)
    await scene.store.claimJob(5_000, { holder, until: 6_000 }, 'lists')
    const progress = { ...noProgress, isCleared: true, done: 2, imported: 1, failed: 1, problems: ['row 2: x'] }

    t.equal(await scene.store.recordJob(id, { holder, until: 7_000 }, progress, []), 'held')
    t.match(await scene.store.lastImportInto(plan.list.id), { progress, state: 'processing', startedAt: 5_000 })
    t.equal(await scene.store.endJob(id, holder, { state: 'complete', progress, reports: [], at: 8_000 }), true)

    t.match(await scene.store.lastImportInto(plan.list.id), { progress, state: 'complete', endedAt: 8_000 })
    t.strictSame(await rowsOf(scene, id, { after: 0, limit: 9 }), [])
    t.equal(await scene.store.endJob(id, holder, { state: 'failed', progress, reports: [], at: 9_000 }), false)
    t.equal(await scene.store.claimJob(99_000, { holder, until: 99_001 }, 'lists'), undefined)
  },

  'imports into one list wait for each other, those into others do not': async (t, scene) => {
    const first = await anImport(scene)
    const second = await anImport(scene, { list: first.plan.list })
    const other = await anImport(scene)
    const claim = async (holder: string) =>
      (await scene.store.claimJob(1_000, { holder: holder.repeat(32), until: 9_000 }, 'lists'))?.id

    t.strictSame([await claim('a'), await claim('b'), await claim('c')], [first.id, other.id, undefined])
    t.match(await scene.store.lastImportInto(first.plan.list.id), { id: second.id }, 'the last one is the one told of')

    await scene.store.endJob(first.id, 'a'.repeat(32), { state: 'complete', progress: noProgress, reports: [], at: 1 })
    t.equal(await claim('d'), second.id)
    for (const { id } of [second, other]) await finish(scene, id)
  },

  'a name gives one import, whoever comes first': async (t, scene) => {
    const named = (body: string) => namedReplay(scene.domain, 'key', body)
    const { id, plan } = await anImport(scene, { replay: named('a') })

    t.match(await scene.store.takeJob({ plan, rows: ['x'], replay: named('a') }), {
      type: 'replayed',
      taken: { id },
    })
    t.strictSame(await scene.store.takeJob({ plan, rows: ['x'], replay: named('b') }), { type: 'key-reused' })
    t.match(await scene.store.lastImportInto(plan.list.id), { id })
    await finish(scene, id)
  },
}

const rowsOf = async (scene: Scene, id: number, page: { after: number; limit: number }) =>
  (await scene.store.jobRows(id, page)).map(({ content }) => content)

async function anImport(
  scene: Scene,
  {
    rows = ['a@x.example'],
    list,
    replay,
  }: Partial<{ rows: string[]; list: ListImportPlan['list']; replay: ReturnType<typeof namedReplay> }> = {},
): Promise<Job & { readonly plan: ListImportPlan }> {
  const made = list ?? (await scene.store.addList(`${scene.domain} ${Math.random()}`, null))
  const said = { mode: 'upsert', clearsList: false, columns: [], notes: [], flow: null } as const
  const plan: ListImportPlan = { type: 'list', list: made!, ...said, cause: aCause(), policy: aPolicy() }
  const taken = await scene.store.takeJob({ plan, rows, replay: replay ?? { type: 'none' } })
  if (taken.type !== 'taken') throw new Error(`the import was answered '${taken.type}'`)
  return { ...taken.taken, plan }
}

/** Out of the way of the tests behind this one, whoever holds it. */
async function finish(scene: Scene, id: number): Promise<void> {
  const holder = 'f'.repeat(32)
  const far = 9_000_000_000_000
  for (;;) {
    const claimed = await scene.store.claimJob(far, { holder, until: far }, 'lists')
    if (claimed === undefined) return
    await scene.store.endJob(claimed.id, holder, {
      state: 'complete',
      progress: claimed.progress,
      reports: [],
      at: far,
    })
    if (claimed.id === id) return
  }
}
