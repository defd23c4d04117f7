// Workspaces, each with the partition that its new people go to.

import type { Knex } from 'knex'
import { bytewiseText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable('workspaces')) return
  await knex.schema.createTable('workspaces', table => {
    bytewiseText(table)
    // Lower-cased: callers write the names in any letter case.
    table.string('folded_name', 255).notNullable().primary()
    table.string('name', 255).notNullable()
    table.string('partition_name', 255).notNullable()
    table.bigInteger('created_at').notNullable()
  })
}
