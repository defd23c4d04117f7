// The SQL store does on every engine what any store must do.
import t from 'tap'
import { openStore } from '../../src/store/store.js'
import { onEachEngine } from '../support/database.js'
import { storeSuite } from './store-suite.js'

await onEachEngine(t, 'the SQL store is a store', async (t, database) => {
  await storeSuite(t, database.engine, async t => {
    const store = openStore(database.url)
    t.teardown(() => store.close())
    await store.migrate()
    return { store }
  })
})
