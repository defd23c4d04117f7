// Erasures for tests, and what is left after one: every text of every table, and what verify says.
import type { Test } from 'tap'
import { verify } from '../../src/service/log/verify.js'
import { eraseAddress } from '../../src/service/privacy/erase.js'
import type { Replay } from '../../src/service/writes/submission.js'
import { openEngine } from '../../src/store/engine.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aCause, aHashAddress, anAddress } from './builders.js'
import { withDatabase } from './database.js'

export async function aHashingStore(t: Test, url: string): Promise<Store> {
  const store = openStore(url)
  t.teardown(() => store.close())
  await store.migrate()
  store.hashAddressesBy(aHashAddress)
  return store
}

export const erase = (store: Store, text: string, replay: Replay = { type: 'none' }) =>
  eraseAddress(
    { address: anAddress(text), cause: aCause({ role: 'admin', reason: 'request 17', reasonGiven: true }), replay },
    { store, hashAddress: aHashAddress, answersKeptMs: 1_000_000, now: Date.now },
  )

/** What verify says; it replays the log into a store of its own. */
export async function verified(t: Test, store: Store) {
  const { url } = await withDatabase(t, 'sqlite')
  const scratch = openStore(url)
  t.teardown(() => scratch.close())
  await scratch.migrate()
  return verify(store, { scratch })
}

export const whole = { tablesCompared: true, broken: null, erased: 0 }

/** Every text in every table, and where it is. */
export async function everything(url: string): Promise<string[]> {
  const engine = openEngine(url)
  const tables = (await engine.reader.raw(
    engine.name === 'sqlite' ? "select name from sqlite_master where type = 'table'" : 'show tables',
  )) as unknown[]
  const listed = (engine.name === 'sqlite' ? tables : (tables[0] as unknown[])) as Record<string, string>[]
  const texts: string[] = []
  for (const name of listed.map(row => Object.values(row)[0]!)) {
    for (const row of (await engine.reader(name).select('*')) as object[]) texts.push(`${name} ${JSON.stringify(row)}`)
  }
  await engine.close()
  return texts
}
