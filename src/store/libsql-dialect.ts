// knex's dialect for better-sqlite3, on a driver with the same interface whose binaries come as npm packages and need
// no compiler on a bare machine.

import BetterSqlite3Client from 'knex/lib/dialects/better-sqlite3/index.js'
import Database from 'libsql'

export class LibsqlClient extends BetterSqlite3Client {
  override _driver(): unknown {
    return Database
  }

  // A batch will write: taking the write lock first means waiting for it here, and never failing half-way because
  // another process wrote after our first read.
  override transaction(...given: unknown[]): ReturnType<BetterSqlite3Client['transaction']> {
    const transaction = super.transaction(...given)
    transaction.begin = connection =>
      transaction.query(connection, transaction.readOnly ? 'BEGIN;' : 'BEGIN IMMEDIATE;')
    return transaction
  }
}
