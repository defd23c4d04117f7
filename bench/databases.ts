// The stores that are measured: a durable MariaDB server and SQLite files, and an empty database for each measurement.
// It knows where databases come from; it must not know what is done in them.
import { type FreshDatabase, freshDatabase } from '../test/support/database.js'
import { startServer } from '../test/support/mariadb-server.js'
import { cpuMicrosOf } from './processes.js'

export type BenchEngine = 'mariadb' | 'sqlite'

export const benchEngines: readonly BenchEngine[] = ['mariadb', 'sqlite']

export interface Databases {
  fresh(engine: BenchEngine): Promise<FreshDatabase>
  /** CPU time of the database server so far; 0 for SQLite, which has none. NaN where the server is not ours. */
  cpuMicros(engine: BenchEngine): number
  stop(): Promise<void>
}

/** The server that TEST_DATABASE_URL names, or a private one that lives until `stop`. */
export async function provideDatabases(engines: readonly BenchEngine[]): Promise<Databases> {
  const isGiven = Boolean(process.env.TEST_DATABASE_URL)
  const server = engines.includes('mariadb') && !isGiven ? await startServer() : null
  if (server !== null) process.env.TEST_DATABASE_URL = server.url
  return {
    cpuMicros: engine => (engine === 'sqlite' ? 0 : cpuMicrosOf(server?.pid ?? Number.NaN)),
    fresh: engine => freshDatabase(engine === 'mariadb' ? 'mysql' : 'sqlite'),
    stop: async () => server?.stop(),
  }
}

/** In an empty database, which is dropped when the work is done. */
export async function inFresh<T>(
  databases: Databases,
  engine: BenchEngine,
  work: (databaseUrl: string) => Promise<T>,
): Promise<T> {
  const database = await databases.fresh(engine)
  try {
    return await work(database.url)
  } finally {
    await database.drop()
  }
}
