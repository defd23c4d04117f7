// How fast the machine carries out batches of statements where nothing stands between them and the driver. It knows
// drivers; it must not know what the statements mean.
import Database from 'libsql'
import { createConnection } from 'mysql2/promise'
import { openStore } from '../src/store/store.js'
import type { Batch, Recording } from './recording.js'

/** Commands a second by the number of commands in a batch. */
export type BareRates = ReadonlyMap<number, number>

interface Bare {
  run(batch: Batch): Promise<void> | void
  close(): Promise<void> | void
}

/** Replays a recording into the empty database at `databaseUrl`; no size is begun anew after `seconds`. */
export async function replay(recording: Recording, databaseUrl: string, seconds: number): Promise<BareRates> {
  const store = openStore(databaseUrl)
  await store.migrate()
  await store.close()
  const bare = await (databaseUrl.startsWith('sqlite:') ? openSqlite(databaseUrl) : openMysql(databaseUrl))
  try {
    for (const batch of recording.seed) await bare.run(batch)
    const rates = new Map<number, number>()
    for (const [size, batches] of recording.sizes) rates.set(size, await rateOf(bare, batches, size, seconds))
    return rates
  } finally {
    await bare.close()
  }
}

async function rateOf(bare: Bare, batches: readonly Batch[], size: number, seconds: number): Promise<number> {
  const startedAt = performance.now()
  let done = 0
  for (const batch of batches) {
    await bare.run(batch)
    done += 1
    if (performance.now() - startedAt > seconds * 1000) break
  }
  return (done * size) / ((performance.now() - startedAt) / 1000)
}

// The sessions are set up as the store sets up its own: the plans and the locks are then the same.
async function openMysql(databaseUrl: string): Promise<Bare> {
  const text = { charset: 'utf8mb4', timezone: 'Z' } as const
  // What the store sends in one packet goes in one here too.
  const connection = await createConnection({ uri: databaseUrl, multipleStatements: true, ...text })
  await connection.query('set session transaction isolation level read committed')
  // MariaDB has another name for it, and another default that serves as well.
  await connection.query('set session eq_range_index_dive_limit = 0').catch(() => {})
  return {
    async run(batch) {
      for (const { sql, bindings } of batch) await connection.query(sql, [...bindings])
    },
    close: () => connection.end(),
  }
}

async function openSqlite(databaseUrl: string): Promise<Bare> {
  const database = new Database(databaseUrl.replace('sqlite://', ''))
  for (const pragma of ['journal_mode = WAL', 'synchronous = FULL']) database.exec(`PRAGMA ${pragma}`)
  const prepared = new Map<string, Database.Statement>()
  return {
    run(batch) {
      for (const { sql, bindings } of batch) {
        const statement = prepared.get(sql) ?? database.prepare(sql)
        prepared.set(sql, statement)
        const values = bindings.map(value => (typeof value === 'boolean' ? Number(value) : value))
        if (statement.reader) statement.all(values)
        else statement.run(values)
      }
    },
    close: () => void database.close(),
  }
}
