// Bringing the schema of a store up to date by hand, before or instead of a server that does it at its start.

import type { Config } from '../config.js'
import { asSentence } from '../opening.js'
import { openStore } from '../store/store.js'
import { print, sayStore } from './store-work.js'

export async function migrateStore(config: Config, unlock: boolean): Promise<void> {
  sayStore(config)
  const store = openStore(config.storeUrl)
  try {
    if (unlock) await store.freeMigrationLock()
    const applied = await store.migrate()
    print(applied.length === 0 ? 'the schema is up to date' : `applied ${applied.join(', ')}`)
  } catch (cause) {
    throw asSentence(cause, config.storeUrl)
  } finally {
    await store.close()
  }
}
