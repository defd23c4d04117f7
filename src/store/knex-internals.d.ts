// The classes of knex that we extend have no public names; this is all of them that we use.
declare module 'knex/lib/dialects/better-sqlite3/index.js' {
  import { Knex } from 'knex'

  interface SqliteTransaction {
    readonly readOnly?: boolean
    begin(connection: unknown): Promise<unknown>
    query(connection: unknown, sql: string): Promise<unknown>
  }

  export default class BetterSqlite3Client extends Knex.Client {
    _driver(): unknown
    transaction(...given: unknown[]): SqliteTransaction & Knex.Transaction
  }
}

declare module 'knex/lib/dialects/mysql2/index.js' {
  import { Knex } from 'knex'

  export default class Mysql2Client extends Knex.Client {
    acquireConnection(): Promise<unknown>
    destroyRawConnection(connection: unknown): Promise<void>
    validateConnection(connection: unknown): Promise<boolean>
  }
}
