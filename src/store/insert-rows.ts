// Many rows into one table through the query builder, in as few statements as servers and drivers allow.

import type { Knex } from 'knex'

// A statement must stay under what the server takes as one packet (16 MiB by default on MariaDB) and under what
// SQLite takes as parameters (32,766), in rows as in characters.
const rowsMax = 500
const statementCharactersMax = 4_000_000

export async function insertRows<Row extends object>(
  transaction: Knex.Transaction,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  for (const chunk of chunksOf(rows)) await transaction(table).insert(chunk)
}

function* chunksOf<Row extends object>(rows: readonly Row[]): Generator<Row[]> {
  let chunk: Row[] = []
  let characters = 0
  for (const row of rows) {
    const size = Object.values(row).reduce<number>(
      (sum, value) => sum + (typeof value === 'string' ? value.length : 8),
      0,
    )
    if (chunk.length === rowsMax || (chunk.length > 0 && characters + size > statementCharactersMax)) {
      yield chunk
      chunk = []
      characters = 0
    }
    chunk.push(row)
    characters += size
  }
  if (chunk.length > 0) yield chunk
}
