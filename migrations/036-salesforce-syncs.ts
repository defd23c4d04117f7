// Comparisons of everything with Salesforce: asked for, how far they are, and what they found.

import type { Knex } from 'knex'
import { bytewiseText, hex, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable('salesforce_syncs')) return
  await knex.schema.createTable('salesforce_syncs', table => {
    bytewiseText(table)
    table.bigInteger('id').notNullable().primary()
    // The day, of a scheduled one: so that several processes ask for one only.
    table.string('name', 64)
    table.boolean('is_dry_run').notNullable()
    table.string('asked_by', 255).notNullable()
    table.string('state', 16).notNullable()
    table.string('object_type', 16)
    hex(table, 'after_id', 18)
    longText(table, 'counts').notNullable()
    table.bigInteger('asked_at').notNullable()
    table.bigInteger('started_at')
    table.bigInteger('ended_at')
    table.text('last_error')
    table.unique(['name'], { indexName: 'salesforce_syncs_by_name' })
    table.index(['ended_at', 'id'], 'salesforce_syncs_by_end')
  })
}
