// The stream of activities on every engine against the model in memory, which looks through all of them: the same
// pages and the same counts, also where the clocks of those who committed were minutes apart.
import fc from 'fast-check'
import t from 'tap'
import type { ActivityKind, Command } from '../../src/domain/command.js'
import type { ActivityOwners, ActivitySelection, CommandStore, ReadStore } from '../../src/service/ports.js'
import { carryOut, type Named } from '../../src/service/writes/batch.js'
import { openEngine } from '../../src/store/engine.js'
import { clocksApartMaxMs } from '../../src/store/log-positions.js'
import { migrate } from '../../src/store/migrate.js'
import { openStore } from '../../src/store/store.js'
import { aDelete, aHashAddress, aSave, aSubmission, noon } from '../support/builders.js'
import { onEachEngine } from '../support/database.js'
import { createMemoryStore } from '../support/memory-store.js'

const people = 12
const list = { id: 1, name: 'Newsletter' }
const minute = 60_000

/** Batches an hour apart from first to last; odd ones come from a machine whose clock is behind. */
const batches: readonly { readonly at: number; readonly commands: readonly Command[] }[] = Array.from(
  { length: 60 },
  (_, index) => ({
    at: noon + index * minute - (index % 2 === 0 ? 0 : clocksApartMaxMs - minute),
    commands: commandsOf(index),
  }),
)

function commandsOf(index: number): Command[] {
  const id = (index % people) + 1
  const saves = [id, ((index * 5) % people) + 1].map(each =>
    aSave({ id: each, by: `person-${each}@example.org`, fields: { City: `City ${index}` } }),
  )
  if (index === 30) return [...saves, { type: 'change-list', list, people: [2, 3, 5], isMember: true, strict: false }]
  if (index === 40) return [...saves, { type: 'change-list', list, people: [3], isMember: false, strict: false }]
  if (index === 45) return [{ type: 'merge-people', winner: 6, losers: [7] }]
  return index === 59 ? [...saves, aDelete(4)] : saves
}

async function fill(store: CommandStore): Promise<void> {
  let count = 0
  for (const { at, commands } of batches) {
    const batch = commands.map((command): Named => {
      const commandId = (++count).toString(16).padStart(32, '0')
      return { ...aSubmission({ command }), commandId }
    })
    const freshPersonIds = await store.reservePersonIds(batch.length)
    const env = {
      now: () => at,
      freshPersonIds,
      hashAddress: aHashAddress,
      salt: () => 'salt',
      resubscribeReasons: [],
      answersKeptMs: 1_000,
    }
    await store.transact(transaction => carryOut(batch, transaction, env))
  }
}

const kind = fc.constantFrom<ActivityKind>(
  'person-created',
  'value-changed',
  'list-joined',
  'list-left',
  'people-merged',
  'person-deleted',
)
const time = fc.option(
  fc.integer({ min: -20, max: 70 }).map(minutes => noon + minutes * minute),
  { nil: null },
)
const owners: fc.Arbitrary<ActivityOwners> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.uniqueArray(fc.integer({ min: 1, max: people + 1 }), { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 600 }, (_, index) => index + 3)) },
  { weight: 2, arbitrary: fc.constantFrom({ listId: 1 }, { listId: 2 }) },
)
const selection: fc.Arbitrary<ActivitySelection> = fc.record({
  from: time,
  to: time,
  kinds: fc.option(fc.uniqueArray(kind, { maxLength: 3 }), { nil: null }),
})
const size = fc.record({ limit: fc.integer({ min: 1, max: 40 }), countMax: fc.constantFrom(5, 1_000) })
const id = fc.integer({ min: 0, max: 140 })

await onEachEngine(t, 'the stream is that of the model, whatever is selected', async (t, database) => {
  const model = createMemoryStore()
  const store = openStore(database.url)
  t.teardown(() => store.close())
  await store.migrate()
  await fill(model)
  await fill(store)
  const everything = { from: null, to: null, kinds: null, owners: null }
  const { activities } = await model.activitiesAfter(0, everything, { limit: 1_000, countMax: 1 })
  t.ok(activities.length > 100)
  t.equal(new Set(activities.map(activity => activity.kind)).size, 6, 'every kind of activity is there')
  t.ok(
    activities.some(({ at }, index) => at < (activities[index - 1]?.at ?? 0)),
    'times go back here and there',
  )

  const agree = async (ask: (reads: ReadStore) => Promise<unknown>): Promise<void> => {
    const [ours, expected] = [JSON.stringify(await ask(store)), JSON.stringify(await ask(model))]
    if (ours !== expected) throw new Error(`expected ${expected}\n     got ${ours}`)
  }
  await fc.assert(
    fc.asyncProperty(id, selection, owners, size, (after, selection, owners, size) =>
      agree(reads => reads.activitiesAfter(after, { ...selection, owners }, size)),
    ),
    { numRuns: 150 },
  )
  const place = fc.record({ before: fc.option(id, { nil: null }), skip: fc.integer({ min: 0, max: 8 }) })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: people }), selection, place, size, (who, selection, place, size) =>
      agree(reads => reads.latestActivitiesOf(who, selection, { ...place, ...size })),
    ),
    { numRuns: 80 },
  )
})

await onEachEngine(t, 'the indexes are made to their end, wherever a crash stopped that', async (t, database) => {
  const { writer, close } = openEngine(database.url)
  t.teardown(close)
  await migrate(writer)
  const name = '009-activity-orders'

  // A crash between the two indexes: the first is there, and nobody noted that the migration ran.
  await writer.schema.alterTable('activities', table => void table.dropIndex(['kind', 'id'], 'activities_by_kind'))
  await writer('schema_migrations').where({ name }).delete()
  t.strictSame(await migrate(writer), [name])

  await t.rejects(
    writer.schema.alterTable('activities', table => void table.index(['kind', 'id'], 'activities_by_kind')),
    /duplicate|already exists/i,
    'the second index is there',
  )
})
