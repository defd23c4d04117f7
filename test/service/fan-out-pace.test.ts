// The pace of long histories: small steps and long rests while callers are about, large steps where nobody is.
import fc from 'fast-check'
import t from 'tap'
import { fanOutChunkSize } from '../../src/service/ports.js'
import { firstPace, type Pace, paceAfter } from '../../src/service/writes/fan-out-pace.js'

/** The pace that it comes to where a step takes so long for each person, and so long besides. */
function settled({ msPerPerson, msBesides, isShared }: { msPerPerson: number; msBesides: number; isShared: boolean }) {
  let pace: Pace = firstPace
  for (let step = 0; step < 20; step++) {
    pace = paceAfter({ people: pace.people, ms: msBesides + pace.people * msPerPerson, isShared })
  }
  return pace
}

t.test('with nobody about, steps grow until they are as large as they may be', async t => {
  t.equal(settled({ msPerPerson: 0.1, msBesides: 5, isShared: false }).people, fanOutChunkSize)
})

t.test('with callers about, steps are short and rests are long', async t => {
  const alone = settled({ msPerPerson: 0.2, msBesides: 2, isShared: false })
  const shared = settled({ msPerPerson: 0.2, msBesides: 2, isShared: true })

  t.ok(shared.people < alone.people / 4, 'steps are smaller', { shared, alone })
  const takesMs = 2 + shared.people * 0.2
  t.ok(shared.restMs >= 2 * takesMs, 'most of the time is left to the callers', { shared, takesMs })
})

t.test('a step that takes long makes the next ones smaller, but never ends the work', async t => {
  const once = paceAfter({ people: 400, ms: 10_000, isShared: true })
  t.equal(once.people, 200, 'one slow commit says little')
  t.ok(settled({ msPerPerson: 100, msBesides: 1_000, isShared: true }).people >= 10)
})

t.test('any pace is a whole number of people within what a step may tell, and leaves half of the time', async () => {
  const step = fc.record({
    people: fc.integer({ min: 1, max: fanOutChunkSize }),
    ms: fc.double({ min: 0, max: 60_000, noNaN: true }),
    isShared: fc.boolean(),
  })
  fc.assert(
    fc.property(step, given => {
      const { people, restMs } = paceAfter(given)
      return Number.isInteger(people) && people > 0 && people <= fanOutChunkSize && restMs >= Math.min(given.ms, 1_000)
    }),
  )
})
