// Runs of flows that are about people who were named, with what was said for them, and how they went.

import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  const add = async (name: string, make: (table: Knex.AlterTableBuilder) => unknown): Promise<void> => {
    if (!(await knex.schema.hasColumn('flow_runs', name))) {
      await knex.schema.alterTable('flow_runs', table => void make(table))
    }
  }
  // Ids as a JSON array, ascending; null where the run is about a list.
  await add('people_ids', table => table.text('people_ids', 'mediumtext'))
  // Policy, reason and evidence as JSON; null where those of scheduled runs hold.
  await add('terms', table => table.text('terms'))
  await add('total', table => table.bigInteger('total'))
  await add('changed', table => table.bigInteger('changed').notNullable().defaultTo(0))
  await add('cancelled_at', table => table.bigInteger('cancelled_at'))
}
