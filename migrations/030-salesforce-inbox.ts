// What Salesforce has told us: each notification once, stored before it is acknowledged and processed behind that.

import type { Knex } from 'knex'
import { bytewiseText, hex, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable('salesforce_inbox')) return
  await knex.schema.createTable('salesforce_inbox', table => {
    bytewiseText(table)
    // In order of arrival, and of processing.
    table.bigInteger('id').notNullable().primary()
    hex(table, 'org_id', 18).notNullable()
    hex(table, 'notification_id', 18).notNullable()
    table.string('object_type', 255).notNullable()
    hex(table, 'record_id', 18).notNullable()
    // As JSON; null once they are processed, since the record has what is still needed of them.
    longText(table, 'fields')
    table.bigInteger('received_at').notNullable()
    table.integer('attempts').notNullable()
    table.bigInteger('next_try').notNullable()
    table.bigInteger('processed_at')
    table.string('outcome', 32)
    table.unique(['org_id', 'notification_id'], { indexName: 'salesforce_inbox_by_notification' })
    table.index(['processed_at', 'id'], 'salesforce_inbox_by_time')
  })
}
