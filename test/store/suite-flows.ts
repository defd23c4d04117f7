// What a store keeps of flows and of their scheduled runs: names, leases, and how far a run got.
import type { NewFlow } from '../../src/domain/flow.js'
import type { FlowRun, NewFlowRun } from '../../src/service/flows/flows.js'
import { fingerprintReplay, namedReplay } from '../../src/service/writes/submission.js'
import type { Scene } from '../support/scene.js'
import type { StoreTest } from './store-suite.js'

const none = { type: 'none' } as const
const minute = 60_000

function aFlow({ domain }: Scene, traits: Partial<NewFlow> = {}): NewFlow {
  const steps = [
    { field: 'Unsubscribed', value: '1' },
    { field: 'UnsubscribedReason', value: '\u{1F6AB} {{my.reason}} ' },
    { field: 'City', value: null },
  ]
  return { name: `Opt out ${domain}`, program: null, description: ' asked \u{1F30D} ', steps, listId: null, ...traits }
}

/** Due at a time of its own, so that the runs of other tests are in nobody's way. */
function aRun(scene: Scene, runAt: number, traits: Partial<NewFlowRun> = {}): NewFlowRun {
  const changes = { unsubscribed: true, fields: { City: null, UnsubscribedReason: 'asked' } }
  const reason = `Changed by ${scene.domain}`
  return { flowId: 7, listId: 8, changes, reason, actor: 'crm', role: 'writer', runAt, ...traits }
}

const aLease = (holder: string, until: number) => ({ holder: holder.padStart(32, '0'), until })

async function endAll({ store }: Scene, now: number): Promise<void> {
  const lease = aLease('e', Number.MAX_SAFE_INTEGER)
  for (let run = await store.claimFlowRun(now, lease); run; run = await store.claimFlowRun(now, lease)) {
    await store.endFlowRun(run.id, lease.holder, now)
  }
}

export const flowTests: Readonly<Record<string, StoreTest>> = {
  'a flow comes back as it was defined, by its id and by its name in its program': async (t, scene) => {
    const { store } = scene
    const alone = await store.addFlow(aFlow(scene))
    const inProgram = await store.addFlow(aFlow(scene, { program: 'Spring', listId: 12 }))

    t.strictSame(alone, { id: alone!.id, ...aFlow(scene) })
    t.ok(alone!.id > 1_000_000, 'far from the ids of old campaigns')
    t.strictSame(await store.flowById(alone!.id), alone)
    t.strictSame(await store.flowByName(alone!.name, null), alone)
    t.strictSame(await store.flowByName(alone!.name, 'Spring'), inProgram)
    t.equal(await store.flowByName(alone!.name.toUpperCase(), null), undefined)
    t.equal(await store.flowById(1), undefined)
    const all = (await store.flows()).filter(({ name }) => name === alone!.name)
    t.strictSame(all, [alone, inProgram])
  },

  'a name is given once in each program': async (t, scene) => {
    await scene.store.addFlow(aFlow(scene))
    await scene.store.addFlow(aFlow(scene, { program: 'Spring' }))

    t.equal(await scene.store.addFlow(aFlow(scene)), undefined)
    t.equal(await scene.store.addFlow(aFlow(scene, { program: 'Spring' })), undefined)
    t.ok(await scene.store.addFlow(aFlow(scene, { program: 'Autumn' })))
  },

  'runs are claimed when they are due, the one that waits longest first, each by one': async (t, scene) => {
    const { store } = scene
    const now = Date.UTC(2001, 0, 1)
    await endAll(scene, now)
    const later = await store.scheduleFlowRun(aRun(scene, now), none)
    const first = await store.scheduleFlowRun(aRun(scene, now - minute), none)
    await store.scheduleFlowRun(aRun(scene, now + 1), none)

    const claims: (FlowRun | undefined)[] = []
    for (const holder of ['a', 'b', 'c']) claims.push(await store.claimFlowRun(now, aLease(holder, now + minute)))

    t.strictSame(
      claims.map(run => run?.id),
      [first, later, undefined],
    )
    t.strictSame(claims[0], { ...aRun(scene, now - minute), id: first, upTo: 0, people: 0, changed: 0, refused: 0 })
  },

  'of many that claim at once each gets another run': async (t, scene) => {
    const { store } = scene
    const now = Date.UTC(2002, 0, 1)
    await endAll(scene, now)
    for (let count = 0; count < 4; count++) await store.scheduleFlowRun(aRun(scene, now), none)

    const claims = await Promise.all(
      ['a', 'b', 'c', 'd', 'e', 'f'].map(holder => store.claimFlowRun(now, aLease(holder, now + minute))),
    )

    const ids = claims.flatMap(run => (run === undefined ? [] : [run.id]))
    t.ok(ids.length > 0)
    t.equal(new Set(ids).size, ids.length)
  },

  'a flow that is deleted is no longer found, and its name is free': async (t, { store, domain }) => {
    const given = { name: `Gone ${domain}`, program: null, description: '', steps: [], listId: null }
    const flow = (await store.addFlow(given))!

    t.equal(await store.deleteFlow(flow.id), true)
    t.equal(await store.deleteFlow(flow.id), false)
    t.equal(await store.flowByName(given.name, null), undefined)
    t.ok(await store.addFlow(given))
  },

  'a run whose lease has ended goes on where it stood, and who held it before has lost it': async (t, scene) => {
    const { store } = scene
    const now = Date.UTC(2003, 0, 1)
    await endAll(scene, now)
    const id = (await store.scheduleFlowRun(aRun(scene, now), none))!
    const [lost, taken] = [aLease('a', now + minute), aLease('b', now + 3 * minute)]
    await store.claimFlowRun(now, lost)
    t.ok(await store.advanceFlowRun(id, lost, { upTo: 5, people: 3, changed: 0, refused: 1 }))
    t.equal(await store.claimFlowRun(now + minute - 1, taken), undefined)

    const again = await store.claimFlowRun(now + minute, taken)

    t.match(again, { id, upTo: 5, people: 3, changed: 0, refused: 1 })
    t.equal(await store.advanceFlowRun(id, lost, { upTo: 9, people: 9, changed: 0, refused: 9 }), false)
    t.equal(await store.endFlowRun(id, lost.holder, now), false)
    t.equal(
      await store.advanceFlowRun(id, { ...taken, until: 0 }, { upTo: 6, people: 4, changed: 0, refused: 1 }),
      true,
    )
    t.match(await store.claimFlowRun(now + minute, taken), { id, upTo: 6 }, 'given back, it is free at once')
    t.equal(await store.endFlowRun(id, taken.holder, now), true)
    t.equal(await store.claimFlowRun(now + 10 * minute, taken), undefined, 'what has ended is never claimed again')
    t.equal(await store.advanceFlowRun(id, taken, { upTo: 7, people: 4, changed: 0, refused: 1 }), false)
  },

  'a request that comes again is the run that it made, and its name is not for another one': async (t, scene) => {
    const run = aRun(scene, Date.UTC(2999, 0, 1))
    const once = fingerprintReplay(scene.domain, 'call', 0)
    const named = namedReplay(scene.domain, 'name', 'body')

    const ids = [await scene.store.scheduleFlowRun(run, once), await scene.store.scheduleFlowRun(run, named)]

    t.equal(new Set(ids).size, 2)
    t.equal(await scene.store.scheduleFlowRun(run, once), ids[0])
    t.equal(await scene.store.scheduleFlowRun(run, named), ids[1])
    t.equal(await scene.store.scheduleFlowRun(run, namedReplay(scene.domain, 'name', 'other body')), undefined)
    t.not(await scene.store.scheduleFlowRun(run, none), await scene.store.scheduleFlowRun(run, none))
  },
}
