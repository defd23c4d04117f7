// The orders in which the stream of activities is read besides that of its ids.

import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  // One at a time: what a crash left half-done is taken up where it stands.
  await addIndex(knex, ['at', 'id'], 'activities_by_time')
  await addIndex(knex, ['kind', 'id'], 'activities_by_kind')
}

async function addIndex(knex: Knex, columns: string[], name: string): Promise<void> {
  try {
    await knex.schema.alterTable('activities', table => void table.index(columns, name))
  } catch (cause) {
    const isThere = cause instanceof Error && /duplicate key name|already exists/i.test(cause.message)
    if (!isThere) throw cause
  }
}
