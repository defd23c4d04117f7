// Webhooks: how far each is in the log, and of the changes only those that could not be delivered, by the queue of
// their address.

import type { Knex } from 'knex'
import { bytewiseText, hex, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('webhooks'))) {
    await knex.schema.createTable('webhooks', table => {
      bytewiseText(table)
      table.integer('id').notNullable().primary()
      table.string('url', 2000).notNullable()
      longText(table, 'description').notNullable()
      // JSON, read by nobody but the program.
      longText(table, 'filter').notNullable()
      table.string('state', 16).notNullable()
      table.text('state_reason')
      table.text('secret').notNullable()
      table.text('previous_secret')
      table.bigInteger('previous_until').notNullable()
      table.bigInteger('seq').notNullable()
      table.bigInteger('activity_id').notNullable()
      table.bigInteger('delivered').notNullable()
      table.bigInteger('last_delivered_at')
      table.bigInteger('failing_since')
      table.text('last_error')
      table.bigInteger('created_at').notNullable()
      table.string('created_by', 255).notNullable()
      hex(table, 'holder', 32)
      table.bigInteger('held_until').notNullable()
    })
  }
  if (!(await knex.schema.hasTable('webhook_queues'))) {
    await knex.schema.createTable('webhook_queues', table => {
      bytewiseText(table)
      table.integer('webhook_id').notNullable()
      // A hash of the address or person whose changes wait for each other.
      hex(table, 'queue', 64).notNullable()
      table.integer('attempts').notNullable()
      table.bigInteger('failing_since').notNullable()
      table.bigInteger('next_at').notNullable()
      table.primary(['webhook_id', 'queue'])
      table.index(['webhook_id', 'next_at'], 'webhook_queues_by_time')
    })
  }
  if (!(await knex.schema.hasTable('webhook_deliveries'))) {
    await knex.schema.createTable('webhook_deliveries', table => {
      bytewiseText(table)
      table.integer('webhook_id').notNullable()
      hex(table, 'change_id', 64).notNullable()
      hex(table, 'queue', 64).notNullable()
      table.bigInteger('seq').notNullable()
      table.bigInteger('activity_id').notNullable()
      table.string('state', 16).notNullable()
      table.integer('attempts').notNullable()
      table.bigInteger('stored_at').notNullable()
      table.bigInteger('last_at')
      table.text('last_error')
      table.primary(['webhook_id', 'change_id'])
      table.index(['webhook_id', 'queue', 'state', 'seq', 'activity_id'], 'webhook_deliveries_by_queue')
      table.index(['webhook_id', 'state', 'seq', 'change_id'], 'webhook_deliveries_by_state')
    })
  }
}
