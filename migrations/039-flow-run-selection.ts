// Runs of flows that are about whoever has a value of a field.

import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasColumn('flow_runs', 'selection')) return
  // Field and value as JSON; null where the run is about a list or about people who were named.
  await knex.schema.alterTable('flow_runs', table => void table.text('selection', 'mediumtext'))
}
