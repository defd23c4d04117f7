// Credentials that were rotated: their secret before, which goes on working for a while.

import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasColumn('credentials', 'previous_secret'))) {
    await knex.schema.alterTable('credentials', table => void table.string('previous_secret', 512))
  }
  if (!(await knex.schema.hasColumn('credentials', 'previous_until'))) {
    await knex.schema.alterTable('credentials', table => void table.bigInteger('previous_until'))
  }
  try {
    const index = 'credentials_by_previous_secret'
    await knex.schema.alterTable('credentials', table => void table.index(['previous_secret'], index))
  } catch (cause) {
    const isThere = cause instanceof Error && /duplicate key name|already exists/i.test(cause.message)
    if (!isThere) throw cause
  }
}
