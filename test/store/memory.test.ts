// The model in memory does what any store must do; else it would be no measure for the others.
import t from 'tap'
import { createMemoryStore } from '../support/memory-store.js'
import { storeSuite } from './store-suite.js'

await storeSuite(t, 'the model in memory', async () => ({ store: createMemoryStore() }))
