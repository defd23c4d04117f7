// How many calls get in: by a clock that the tests turn themselves.
import t from 'tap'
import { CallLimiter, type CallLimits, dayAt } from '../../src/service/access/call-limits.js'
import { type CallCountStore, shareCounts } from '../../src/service/daily-counts.js'

const start = Date.UTC(2026, 10, 20, 12)
const none: CallLimits = { rate: null, concurrency: null, daily: null }

function aLimiter(limits: Partial<CallLimits>) {
  const clock = { now: start }
  const limiter = new CallLimiter({ ...none, ...limits }, () => clock.now)
  /** 'in', or by which limit not. The call is over at once unless it is held. */
  const call = (caller = 'ada', { hold = false } = {}): string => {
    const admission = limiter.admit(caller)
    if (admission.type === 'refused') return admission.by
    if (!hold) admission.done()
    return 'in'
  }
  const calls = (count: number, caller?: string): string[] => Array.from({ length: count }, () => call(caller))
  return { clock, limiter, call, calls }
}

/** Counts that several processes share. */
function sharedStore(): CallCountStore & { fails: boolean; readonly counts: Map<string, number> } {
  const counts = new Map<string, number>()
  return {
    fails: false,
    counts,
    async addCalls({ day, caller, calls }) {
      if (this.fails) throw new Error('the store is gone')
      const key = `${day} ${caller}`
      counts.set(key, (counts.get(key) ?? 0) + calls)
      return counts.get(key)!
    },
    async forgetCallsBefore(day) {
      for (const key of counts.keys()) if (key < day) counts.delete(key)
    },
  }
}

t.test('without limits everything gets in, and nothing is counted', async t => {
  const { calls, limiter } = aLimiter({})

  t.ok(calls(10_000).every(answer => answer === 'in'))
  t.same(limiter.takeUncounted(), [])
})

t.test('in any 20 seconds as many get in as the rate says, and each comes free after 20 seconds', async t => {
  const { clock, call, calls } = aLimiter({ rate: 3 })
  t.same(calls(2), ['in', 'in'])
  clock.now += 15_000
  t.same(calls(2), ['in', 'rate'])

  clock.now += 4_999
  t.equal(call(), 'rate')
  clock.now += 1
  t.same(calls(3), ['in', 'in', 'rate'])
  clock.now += 15_000
  t.same(calls(2), ['in', 'rate'])
})

t.test('a call that is refused does not put off the next one', async t => {
  const { clock, call, calls } = aLimiter({ rate: 1, daily: 3 })
  call()
  for (let second = 1; second < 20; second++) {
    clock.now += 1_000
    t.equal(call(), 'rate')
  }
  clock.now += 1_000

  t.equal(call(), 'in')
  clock.now += 20_000
  t.same(calls(2), ['in', 'rate'])
  clock.now += 20_000
  t.equal(call(), 'daily')
})

t.test('at once as many get in as the concurrency says; whoever is done makes room, once', async t => {
  const { limiter, call } = aLimiter({ concurrency: 2 })
  const [one, other] = [limiter.admit('ada'), limiter.admit('ada')]
  t.equal(call(), 'concurrency')

  if (one.type === 'admitted') {
    one.done()
    one.done()
  }

  t.equal(call('ada', { hold: true }), 'in')
  t.equal(call(), 'concurrency')
  t.equal(other.type, 'admitted')
})

t.test('one caller does not use up what another has', async t => {
  const { calls, call } = aLimiter({ rate: 2, concurrency: 2, daily: 2 })
  call('ada', { hold: true })
  calls(5)

  t.same(calls(3, 'bob'), ['in', 'in', 'rate'])
})

t.test('the day begins at midnight in Chicago, in winter and in summer', async t => {
  t.equal(dayAt(Date.UTC(2026, 10, 20, 5, 59, 59)), '2026-11-19')
  t.equal(dayAt(Date.UTC(2026, 10, 20, 6)), '2026-11-20')
  t.equal(dayAt(Date.UTC(2026, 6, 1, 4, 59, 59)), '2026-06-30')
  t.equal(dayAt(Date.UTC(2026, 6, 1, 5)), '2026-07-01')
})

t.test('the daily quota is over when it is used up, and begins anew with the day', async t => {
  const { clock, calls } = aLimiter({ daily: 3 })
  t.same(calls(4), ['in', 'in', 'in', 'daily'])

  clock.now = Date.UTC(2026, 10, 21, 5, 59, 59)
  t.same(calls(1), ['daily'])
  clock.now += 1_000
  t.same(calls(4), ['in', 'in', 'in', 'daily'])
})

t.test('the quota of a day holds for all processes together, and over a restart', async t => {
  const store = sharedStore()
  const [one, other] = [aLimiter({ daily: 10 }), aLimiter({ daily: 10 })]
  one.calls(4)
  other.calls(5)
  for (const { limiter } of [one, other]) await shareCounts(limiter, store, start)

  t.same(other.calls(2), ['in', 'daily'])
  await shareCounts(other.limiter, store, start)
  const restarted = aLimiter({ daily: 10 })
  t.same(restarted.calls(1), ['in'], 'it does not know yet')
  await shareCounts(restarted.limiter, store, start)

  t.same(restarted.calls(1), ['daily'])
  t.same([...store.counts], [['2026-11-20 ada', 11]])
})

t.test('counts that the store did not take are added the next time', async t => {
  const store = sharedStore()
  const { calls, limiter } = aLimiter({ daily: 5 })
  calls(2)
  calls(1, 'bob')
  store.fails = true
  await t.rejects(shareCounts(limiter, store, start), /the store is gone/)
  calls(1)
  store.fails = false

  await shareCounts(limiter, store, start)

  t.same(Object.fromEntries(store.counts), { '2026-11-20 ada': 3, '2026-11-20 bob': 1 })
  t.same(calls(3), ['in', 'in', 'daily'])
})

t.test('what is told late does not count for the new day', async t => {
  const store = sharedStore()
  const { clock, calls, limiter } = aLimiter({ daily: 2 })
  calls(2)
  const [yesterday] = limiter.takeUncounted()
  clock.now += 24 * 3_600_000
  calls(1)

  limiter.returnUncounted(yesterday!)
  limiter.learn('ada', '2026-11-20', 2)

  t.same(calls(2), ['in', 'daily'])
  await shareCounts(limiter, store, clock.now)
  t.same([...store.counts], [['2026-11-21 ada', 2]])
})

t.test('counts of days long past are forgotten', async t => {
  const store = sharedStore()
  store.counts.set('2026-10-01 ada', 7).set('2026-11-19 ada', 7)

  await shareCounts(aLimiter({ daily: 1 }).limiter, store, start)

  t.same([...store.counts.keys()], ['2026-11-19 ada'])
})
