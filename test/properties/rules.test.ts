// The rules over long random lives: what `decide` and `evolve` make of them is compared, after every command, with a
// naive model of the same rules, and with what must hold whatever happens.
import fc from 'fast-check'
import t from 'tap'
import type { NaiveCommand } from '../support/naive-model.js'
import { SideBySide } from '../support/side-by-side.js'

const anyAddress = fc.constantFrom('ada@x.org', 'bob@x.org', 'eve@x.org', 'ADA@x.org', 'Bob@X.org')
const anyId = fc.integer({ min: 1, max: 6 })
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const city = maybe(fc.constantFrom('London', 'Paris', null))
const flag = maybe(fc.boolean())

const who = fc.record({
  weight: fc.constantFrom(1 as const, 2 as const, 2 as const, 3 as const),
  proof: fc.constantFrom('none' as const, 'none' as const, 'mistake' as const, 'wish' as const),
})
const flagMode = fc.constantFrom('correct' as const, 'correct' as const, 'suppress' as const, 'ignore' as const)

const byAddress = fc.record({
  who,
  flagMode,
  type: fc.constant('save' as const),
  id: fc.constant(null),
  address: anyAddress,
  flag,
  city,
  mode: fc.constantFrom('upsert' as const, 'upsert' as const, 'update' as const, 'duplicate' as const),
})
const byId = fc.record({
  who,
  flagMode,
  type: fc.constant('save' as const),
  id: anyId,
  address: fc.oneof(maybe(anyAddress), fc.constant(null)),
  flag,
  city,
  mode: fc.constantFrom('upsert' as const, 'update' as const),
})
const deletion = fc.record({ who, type: fc.constant('delete' as const), id: anyId })
const setting = fc.record({ who, type: fc.constant('set' as const), address: anyAddress, out: fc.boolean() })
const merge = fc.record({
  who,
  type: fc.constant('merge' as const),
  winner: anyId,
  losers: fc.array(anyId, { maxLength: 3 }),
})
/** A number says: the command that came that many before, byte for byte. */
const step = fc.oneof(
  { weight: 4, arbitrary: byAddress },
  { weight: 5, arbitrary: byId },
  { weight: 1, arbitrary: deletion },
  { weight: 2, arbitrary: setting },
  { weight: 1, arbitrary: merge },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 8 }) },
)
const life = fc.array(step, { minLength: 1, maxLength: 40, size: 'max' })
const policy = fc.record({ guarded: fc.boolean(), carryOver: fc.boolean() })

t.test('R1-R13: any life goes as the naive model says, and every history is a chain', async t => {
  let seen = 0
  let merges = 0
  fc.assert(
    fc.property(life, policy, (steps, policy) => {
      const world = new SideBySide(['ada@x.org', 'bob@x.org', 'eve@x.org'], policy)
      for (const { command, isRepeat } of unfold(steps)) seen += world.carryOut(command, isRepeat)
      merges += [...world.answers.values()].filter(({ type }) => type === 'merged').length
    }),
    { numRuns: 600 },
  )
  t.ok(seen > 500, `${seen} status changes were seen`)
  t.ok(merges > 5, `${merges} merges were seen`)
})

interface Step {
  readonly command: NaiveCommand
  readonly isRepeat: boolean
}

function unfold(steps: readonly (NaiveCommand | number)[]): Step[] {
  const unfolded: Step[] = []
  for (const step of steps) {
    if (typeof step !== 'number') unfolded.push({ command: step, isRepeat: false })
    else if (unfolded.length >= step) unfolded.push({ command: unfolded.at(-step)!.command, isRepeat: true })
  }
  return unfolded
}
