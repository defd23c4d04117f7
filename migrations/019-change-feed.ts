// The order in which the change feed reads the versions of statuses: that of the log.

import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  try {
    await knex.schema.alterTable('status_history', table => void table.index(['seq'], 'status_history_by_seq'))
  } catch (cause) {
    const isThere = cause instanceof Error && /duplicate key name|already exists/i.test(cause.message)
    if (!isThere) throw cause
  }
}
