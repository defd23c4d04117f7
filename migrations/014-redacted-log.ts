// Which entries of the log an erasure has redacted.

import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasColumn('log', 'redacted_by')) return
  await knex.schema.alterTable('log', table => void table.bigInteger('redacted_by'))
}
