// The one class of knex that we extend has no public name; this is all of it that we use.
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
