// Traces: kept while they are young and few, and gone with their trace.
import type { TracedCall } from '../../src/service/traces/traces.js'
import type { StoreTest } from './store-suite.js'

const hour = 3_600_000
const roomy = { calls: 1_000, characters: 10_000_000 }

const aTrace = (caller: string, until = 2 * hour) => ({ caller, startedAt: 0, startedBy: 'ada', until, callsMax: 3 })

function aCall(traits: Partial<TracedCall> = {}): TracedCall {
  const part = { headers: [['Content-Type', 'text/xml']] as const, bytes: 7, text: '<a>[text 3, not ASCII]</a>' }
  return {
    ...{ at: hour, requestId: 'r-1', isProven: true, target: 'POST /x', operation: 'getLead', status: 500 },
    ...{ fault: '20103', ms: 1.25, request: part, reply: part },
    ...traits,
  }
}

export const traceTests: Readonly<Record<string, StoreTest>> = {
  'a traced call comes back as it was kept': async (t, { store }) => {
    await store.putTrace(aTrace('caller-a'))
    await store.addTracedCalls('caller-a', [aCall(), aCall({ requestId: 'r-2', isProven: false, fault: null })], roomy)

    const [second, first] = await store.tracedCalls('caller-a', { before: null, limit: 10 })
    t.same(first, { ...aCall(), id: first!.id })
    t.same(second, { ...aCall({ requestId: 'r-2', isProven: false, fault: null }), id: first!.id + 1 })
    t.same(await store.tracedCalls('caller-a', { before: second!.id, limit: 10 }), [first])
    t.same(await store.tracedCall('caller-a', first!.id), first)
    t.equal(await store.tracedCall('caller-b', first!.id), undefined, 'only under its own caller')
  },

  'the newest calls stay, of those that are proven and of those that are not': async (t, { store }) => {
    await store.putTrace(aTrace('ring'))
    const kept = async () =>
      (await store.tracedCalls('ring', { before: null, limit: 100 })).map(call => call.requestId).sort()
    for (const name of ['a', 'b', 'c', 'd'])
      await store.addTracedCalls('ring', [aCall({ requestId: name })], { ...roomy, calls: 3 })
    const strangers = ['v', 'w', 'x', 'y', 'z'].map(requestId => aCall({ requestId, isProven: false }))
    await store.addTracedCalls('ring', strangers, { ...roomy, calls: 3 })
    t.same(
      await kept(),
      ['b', 'c', 'd', 'x', 'y', 'z'],
      'who only claims to be the caller drives none of its calls out',
    )

    const long = aCall({ requestId: 'long', request: { headers: [], bytes: 1, text: 'x'.repeat(5_000) } })
    await store.addTracedCalls('ring', [long], { calls: 3, characters: 5_500 })
    t.same(await kept(), ['long', 'x', 'y', 'z'], 'and few where they are long')
  },

  'a trace is put anew, counted, and dropped with what it has kept': async (t, { store }) => {
    await store.putTrace(aTrace('again'))
    await store.putTrace({ ...aTrace('again'), until: 5 * hour, startedBy: 'grace' })
    await store.addTracedCalls('again', [aCall()], roomy)
    const found = async () => (await store.traces()).filter(({ caller }) => caller === 'again')
    t.same(await found(), [{ ...aTrace('again'), until: 5 * hour, startedBy: 'grace', callsKept: 1 }])

    t.equal(await store.dropTrace('again'), true)
    t.equal(await store.dropTrace('again'), false)
    await store.addTracedCalls('again', [aCall()], roomy)
    t.same(await found(), [])
    t.same(await store.tracedCalls('again', { before: null, limit: 10 }), [], 'what was on its way is not kept')
  },

  'old traces and old calls are forgotten': async (t, { store }) => {
    await store.putTrace(aTrace('old', 3 * hour))
    await store.putTrace(aTrace('young', 9 * hour))
    await store.addTracedCalls('old', [aCall({ at: 2 * hour })], roomy)
    await store.addTracedCalls('young', [aCall({ at: 3 * hour }), aCall({ at: 7 * hour })], roomy)

    await store.forgetTraces(5 * hour, 100)

    const left = (await store.traces()).filter(({ caller }) => ['old', 'young'].includes(caller))
    t.same(
      left.map(({ caller, callsKept }) => [caller, callsKept]),
      [['young', 1]],
    )
    t.same(await store.tracedCalls('old', { before: null, limit: 10 }), [])
  },
}
