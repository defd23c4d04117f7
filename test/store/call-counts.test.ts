// Counts of calls, on every engine.
import t from 'tap'
import { openStore } from '../../src/store/store.js'
import { onEachEngine } from '../support/database.js'

await onEachEngine(t, 'calls of a caller and day are added up, and old days forgotten', async (t, database) => {
  const [one, other] = [openStore(database.url), openStore(database.url)]
  t.teardown(() => Promise.all([one.close(), other.close()]))
  await one.migrate()
  const ofAda = { day: '2026-11-20', caller: 'ada' }

  t.equal(await one.addCalls({ ...ofAda, calls: 3 }), 3)
  t.equal(await other.addCalls({ ...ofAda, calls: 4 }), 7)
  t.equal(await other.addCalls({ ...ofAda, caller: 'Ada', calls: 1 }), 1)
  t.equal(await other.addCalls({ ...ofAda, day: '2026-11-21', calls: 1 }), 1)
  await one.forgetCallsBefore('2026-11-21')

  t.equal(await one.addCalls({ ...ofAda, calls: 1 }), 1)
  t.equal(await one.addCalls({ ...ofAda, day: '2026-11-21', calls: 1 }), 2)
})
