// Column forms that a migration asks for by what they hold. Engines differ in how they are written; that is here.

import type { Knex } from 'knex'

// knex tells the dialect in no typed way; the client is on the builder all the same.
const isSqlite = (table: Knex.CreateTableBuilder): boolean =>
  String((table as unknown as { client: { driverName: string } }).client.driverName) !== 'mysql2'

/** All text of the table is compared byte by byte, whatever the server's default is. */
export function bytewiseText(table: Knex.CreateTableBuilder): void {
  if (isSqlite(table)) return
  table.engine('InnoDB')
  table.charset('utf8mb4')
  table.collate('utf8mb4_bin')
}

/** Lower-case hex digits (or other plain ASCII), of which an index takes a quarter of the room. */
export function hex(table: Knex.CreateTableBuilder, name: string, length: number): Knex.ColumnBuilder {
  const column = table.string(name, length)
  return isSqlite(table) ? column : column.collate('ascii_bin')
}

/** Text of up to 16 MiB. */
export function longText(table: Knex.CreateTableBuilder, name: string): Knex.ColumnBuilder {
  return table.text(name, 'mediumtext')
}
