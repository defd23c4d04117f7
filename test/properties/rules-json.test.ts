// R1 to R13 through the JSON face: random lives as requests to a real server, each compared with the naive model.
import fc from 'fast-check'
import t from 'tap'
import { startJsonFace } from '../support/json-face.js'
import { JsonLife, type JsonStep } from '../support/json-life.js'

const addresses = ['ada@x.org', 'bob@x.org', 'eve@x.org']
const anyAddress = fc.constantFrom(...addresses, 'ADA@x.org', 'Bob@X.org')
const anyId = fc.integer({ min: 1, max: 5 })
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const city = maybe(fc.constantFrom('London', 'Paris', null))
const flag = maybe(fc.boolean())
const proof = fc.constantFrom('none' as const, 'none' as const, 'mistake' as const, 'wish' as const)
// Over this face only the status of an address can be told with whose word it is.
const who = fc.record({ weight: fc.constant(2 as const), proof })
const anyWho = fc.record({ weight: fc.constantFrom(1 as const, 2 as const, 3 as const), proof })
const flagMode = fc.constant('correct' as const)

const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ who, flagMode, flag, city, address: anyAddress },
      type: fc.constant('save' as const),
      id: fc.constant(null),
      mode: fc.constantFrom('upsert' as const, 'upsert' as const, 'update' as const, 'duplicate' as const),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      ...{ who, flagMode, flag, city, id: anyId, address: fc.oneof(maybe(anyAddress), fc.constant(null)) },
      type: fc.constant('save' as const),
      mode: fc.constant('update' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ who, type: fc.constant('delete' as const), id: anyId }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...{ who: anyWho, type: fc.constant('set' as const) },
      ...{ address: anyAddress, out: fc.boolean() },
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      ...{ who, type: fc.constant('merge' as const), winner: anyId },
      losers: fc.array(anyId, { minLength: 1, maxLength: 3 }),
    }),
  },
)
const back = fc.integer({ min: 1, max: 6 })
const step: fc.Arbitrary<JsonStep> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.record({ type: fc.constant('command' as const), command, keyed: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('again' as const), back }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('other-under-key' as const), back }) },
)
const life = fc.array(step, { minLength: 10, maxLength: 40, size: 'max' })

for (const resubscribe of ['guarded', 'compatible'] as const) {
  for (const addressChange of ['reset', 'carry-over'] as const) {
    t.test(`R1-R13 over JSON, ${resubscribe}, ${addressChange}: any life goes as the naive model says`, async t => {
      const seen = { changed: 0, rejected: 0, replayed: 0, reused: 0 }
      const policy = { guarded: resubscribe === 'guarded', carryOver: addressChange === 'carry-over' }

      await fc.assert(
        fc.asyncProperty(life, async steps => {
          const face = await startJsonFace(t, { policy: { resubscribe, addressChange } })
          try {
            const world = new JsonLife(face, addresses, policy)
            for (const step of steps) await world.take(step)
            for (const [name, count] of Object.entries(world.counts)) seen[name as keyof typeof seen] += count
          } finally {
            await face.server.close(0)
          }
        }),
        { numRuns: 25, endOnFailure: true },
      )

      t.ok(seen.changed > 100, `${seen.changed} requests were carried out`)
      t.ok(seen.rejected > 10, `${seen.rejected} were refused`)
      t.ok(seen.replayed > 3, `${seen.replayed} were repeated under their key`)
    })
  }
}
