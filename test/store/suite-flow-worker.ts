// Scheduled runs of flows over any store: everybody on the list is changed once, whoever works on it and however often
// the work is cut short.
import { FlowWorker, type FlowWorkerOptions } from '../../src/service/flows/flow-worker.js'
import type { NewFlowRun } from '../../src/service/flows/flows.js'
import { StoreUnavailable } from '../../src/service/ports.js'
import type { GroupCommit } from '../../src/service/writes/group-commit.js'
import { aPolicy } from '../support/builders.js'
import { eventually } from '../support/eventually.js'
import { outcomeOf } from '../support/group-commits.js'
import type { Scene } from '../support/scene.js'
import type { StoreTest } from './store-suite.js'

const reason = 'Changed by Smart Campaign Opt out action Change Data Value'
const optOut = { unsubscribed: true, fields: { City: 'Rome' } }
const patience = { withinMs: 30_000 }

type Ended = Parameters<FlowWorkerOptions['onEnd']>[0]

interface Stage {
  readonly listId: number
  readonly people: readonly number[]
  schedule(traits?: Partial<NewFlowRun>): Promise<number>
  /** A worker as one process has it, with what it reported. */
  worker(traits?: Partial<FlowWorkerOptions>): { worker: FlowWorker; ended: Ended[]; defects: unknown[] }
}

async function aStage(scene: Scene, size: number): Promise<Stage> {
  const { store } = scene
  const people: number[] = []
  for (let index = 0; index < size; index++) people.push(await scene.person(`p${index}`))
  const list = (await store.addList(`runs ${scene.domain}`, null))!
  outcomeOf(await scene.carryOut({ type: 'change-list', list, people, isMember: true, strict: true }))
  return {
    listId: list.id,
    people,
    async schedule(traits = {}) {
      const run = {
        flowId: 1,
        listId: list.id,
        changes: optOut,
        reason,
        actor: 'crm',
        role: 'writer',
        runAt: 0,
      } as const
      return (await store.scheduleFlowRun({ ...run, ...traits }, { type: 'none' }))!
    },
    worker(traits = {}) {
      const ended: Ended[] = []
      const defects: unknown[] = []
      const worker = new FlowWorker({
        store,
        writes: scene.writes,
        policy: aPolicy(),
        now: Date.now,
        onEnd: run => void ended.push(run),
        onDefect: cause => void defects.push(cause),
        ...traits,
      })
      return { worker, ended, defects }
    },
  }
}

/** What each person was told by runs, as [attribute, to, source]. */
async function toldByRuns(scene: Scene, id: number): Promise<(readonly (string | null)[])[]> {
  const lines = (await scene.activities(id)).filter(activity => activity.reason === reason)
  return lines.map(({ attribute, to, source }) => [attribute, to, source])
}

const changedOnce = [
  ['City', 'Rome', 'campaign'],
  ['Unsubscribed', '1', 'campaign'],
]

export const flowWorkerTests: Readonly<Record<string, StoreTest>> = {
  'a run on who has a value changes those who have it then, also far apart, and goes on where it was': async (
    t,
    scene,
  ) => {
    const stage = await aStage(scene, 4)
    const [first, second, third, last] = stage.people as [number, number, number, number]
    const selection = { field: 'Company', value: scene.domain }
    const id = await stage.schedule({ listId: 0, selection })
    for (const person of [first, third, last]) await scene.save(person, { fields: { Company: scene.domain } })
    await scene.save(first, { fields: { Company: 'another' } })
    const looked: number[] = []
    const store: FlowWorkerOptions['store'] = {
      claimFlowRun: (now, lease) => scene.store.claimFlowRun(now, lease),
      advanceFlowRun: (run, lease, progress) => scene.store.advanceFlowRun(run, lease, progress),
      endFlowRun: (run, holder, at) => scene.store.endFlowRun(run, holder, at),
      isFlowRunCancelled: run => scene.store.isFlowRunCancelled(run),
      membersOf: (list, page) => scene.store.membersOf(list, page),
      peopleWithValue(asked, { after, limit }) {
        looked.push(after)
        return scene.store.peopleWithValue(asked, { after: Math.max(after, first - 1), limit, lookedAtMax: 1 })
      },
    }
    const { worker, ended, defects } = stage.worker({ store })

    worker.start()
    await eventually(() => ended.length > 0, patience)
    await worker.stop()

    t.match(ended, [{ id, people: 2, changed: 2, refused: 0 }])
    t.strictSame(await toldByRuns(scene, third), changedOnce)
    t.strictSame(await toldByRuns(scene, last), changedOnce)
    for (const other of [first, second]) t.strictSame(await toldByRuns(scene, other), [])
    t.ok(looked.includes(first) && looked.includes(second), 'nobody found is not the end')
    t.strictSame(defects, [])
  },

  'a scheduled run changes everybody on its list, with the reason of a campaign': async (t, scene) => {
    const stage = await aStage(scene, 3)
    const outsider = await scene.person('outsider')
    const id = await stage.schedule()
    const { worker, ended, defects } = stage.worker()

    worker.start()
    await eventually(() => ended.some(run => run.id === id), patience)
    await worker.stop()

    t.match(
      ended.filter(run => run.id === id),
      [{ listId: stage.listId, people: 3, changed: 3, refused: 0, upTo: stage.people.at(-1) }],
    )
    for (const person of stage.people) t.strictSame(await toldByRuns(scene, person), changedOnce)
    t.strictSame(await scene.flags(outsider), [false])
    t.strictSame(defects, [])
  },

  'two workers on one store do a run once': async (t, scene) => {
    const stage = await aStage(scene, 5)
    const id = await stage.schedule()
    const workers = [stage.worker(), stage.worker({ writes: scene.otherWrites })]

    for (const { worker } of workers) worker.start()
    const ended = () => workers.flatMap(({ ended }) => ended.filter(run => run.id === id))
    await eventually(() => ended().length > 0, patience)
    await Promise.all(workers.map(({ worker }) => worker.stop()))

    t.equal(ended().length, 1)
    for (const person of stage.people) t.strictSame(await toldByRuns(scene, person), changedOnce)
  },

  'a run that was cut short is finished by another, and undoes nothing that was said since': async (t, scene) => {
    const stage = await aStage(scene, 4)
    for (const person of stage.people) await scene.save(person, { unsubscribed: true })
    const id = await stage.schedule({ changes: { unsubscribed: false, fields: {} } })
    // The first worker dies between its commit and saying how far it got: its lease ends, and nothing else is known.
    const deaf = { ...scene.store, advanceFlowRun: () => Promise.reject(new Error('the process is gone')) }
    const first = stage.worker({ store: deaf, leaseMs: 1 })
    first.worker.start()
    await eventually(() => first.defects.length > 0, patience)
    await first.worker.stop()
    t.strictSame(await scene.flags(...stage.people), [false, false, false, false])
    await scene.save(stage.people[1]!, { unsubscribed: true })

    const second = stage.worker()
    second.worker.start()
    await eventually(() => second.ended.some(run => run.id === id), patience)
    await second.worker.stop()

    t.strictSame(await scene.flags(...stage.people), [false, true, false, false])
    for (const person of stage.people)
      t.strictSame(await toldByRuns(scene, person), [['Unsubscribed', '0', 'campaign']])
  },

  'a run about named people changes them under its own terms, and nobody on a list': async (t, scene) => {
    const stage = await aStage(scene, 3)
    const ids = [stage.people[0]!, stage.people[2]!]
    const terms = { policy: aPolicy({ resubscribe: 'guarded' }), reason: null, evidence: null } as const
    await scene.set('unsubscribed', 'p0')
    const changes = { unsubscribed: false, fields: { City: 'Rome' } }
    const id = await stage.schedule({ listId: 0, ids, terms, total: 2, changes })
    const { worker, ended } = stage.worker()

    worker.start()
    await eventually(() => ended.some(run => run.id === id), patience)
    await worker.stop()

    t.match(await scene.store.flowRunById(id), { total: 2, people: 2, changed: 1, refused: 1, ids, terms })
    t.same(await toldByRuns(scene, stage.people[0]!), [], 'the guard keeps the opt-out, and all else of the change')
    t.same(await toldByRuns(scene, stage.people[1]!), [])
    t.strictSame(await toldByRuns(scene, stage.people[2]!), [['City', 'Rome', 'campaign']])
  },

  'a run that is cancelled ends where it is, also one of next year': async (t, scene) => {
    const stage = await aStage(scene, 2)
    const { store } = scene
    const id = await stage.schedule({ runAt: Date.now() + 1e10 })
    const { worker, ended } = stage.worker()

    t.equal(await store.cancelFlowRun(id, Date.now()), true)
    t.equal(await store.cancelFlowRun(id, Date.now()), false)
    worker.start()
    await eventually(() => ended.some(run => run.id === id), patience)
    await worker.stop()

    t.match(await store.flowRunById(id), { people: 0, isHeld: false, cancelledAt: Number, endedAt: Number })
    t.same(await toldByRuns(scene, stage.people[0]!), [])
    t.equal(await store.cancelFlowRun(id, Date.now()), false, 'it has ended')
    t.equal(await store.flowRunById(999_999), undefined)
  },

  'a run goes on behind those that are done': async (t, scene) => {
    const stage = await aStage(scene, 3)
    const id = await stage.schedule()
    const upTo = stage.people[1]!
    const lease = { holder: 'a'.repeat(32), until: Date.now() + 60_000 }
    await eventually(async () => (await scene.store.claimFlowRun(Date.now(), lease))?.id === id, patience)
    await scene.store.advanceFlowRun(id, { ...lease, until: 0 }, { upTo, people: 2, changed: 0, refused: 0 })
    const { worker, ended } = stage.worker()

    worker.start()
    await eventually(() => ended.some(run => run.id === id), patience)
    await worker.stop()

    t.match(ended.at(-1), { people: 3 })
    t.strictSame(await scene.flags(...stage.people), [false, false, true])
  },

  'a guarded policy refuses the re-subscribes of a run, counts them, and lets the rest go on': async (t, scene) => {
    const stage = await aStage(scene, 3)
    await scene.save(stage.people[1]!, { unsubscribed: true })
    const id = await stage.schedule({ changes: { unsubscribed: false, fields: { City: 'Rome' } } })
    const { worker, ended } = stage.worker({ policy: aPolicy({ resubscribe: 'guarded' }) })

    worker.start()
    await eventually(() => ended.some(run => run.id === id), patience)
    await worker.stop()

    t.match(ended.at(-1), { people: 3, refused: 1 })
    t.strictSame(await scene.flags(...stage.people), [false, true, false])
    t.match(await scene.store.peopleByIds([stage.people[2]!]), [{ person: { fields: { City: 'Rome' } } }])
  },

  'a store that cannot take a page keeps it, and nobody is passed over': async (t, scene) => {
    const stage = await aStage(scene, 2)
    const id = await stage.schedule()
    let failures = 2
    const submitAll: GroupCommit['submitAll'] = submissions => {
      if (failures-- > 0) return Promise.resolve(submissions.map(() => new StoreUnavailable('planted')))
      return scene.writes.submitAll(submissions)
    }
    const { worker, ended, defects } = stage.worker({ writes: { submitAll } })

    worker.start()
    await eventually(() => ended.some(run => run.id === id), patience)
    await worker.stop()

    t.match(ended.at(-1), { people: 2, refused: 0 })
    t.strictSame(await scene.flags(...stage.people), [true, true])
    t.strictSame(defects, [], 'what passes by itself is no defect')
  },
}
