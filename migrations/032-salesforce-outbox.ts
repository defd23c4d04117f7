// What Salesforce is still to be told, a row a record, and who works at the moment on which end of the exchange.

import type { Knex } from 'knex'
import { bytewiseText, hex } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('salesforce_outbox'))) {
    await knex.schema.createTable('salesforce_outbox', table => {
      bytewiseText(table)
      hex(table, 'org_id', 18).notNullable()
      hex(table, 'record_id', 18).notNullable()
      table.boolean('opted_out').notNullable()
      table.string('cause', 32).notNullable()
      table.bigInteger('status_version').notNullable()
      table.bigInteger('queued_at').notNullable()
      // Counts the times that it was asked for anew, so that whoever has sent one takes away no newer one.
      table.bigInteger('revision').notNullable()
      table.integer('attempts').notNullable()
      table.bigInteger('next_try').notNullable()
      table.string('state', 16).notNullable()
      table.text('last_error')
      table.primary(['org_id', 'record_id'])
      table.index(['state', 'next_try'], 'salesforce_outbox_by_time')
    })
  }
  if (!(await knex.schema.hasTable('salesforce_work'))) {
    await knex.schema.createTable('salesforce_work', table => {
      bytewiseText(table)
      table.string('name', 32).notNullable().primary()
      hex(table, 'holder', 32)
      table.bigInteger('held_until').notNullable()
      // How far the work is, where it follows something that has an order.
      table.bigInteger('position').notNullable()
    })
  }
}
