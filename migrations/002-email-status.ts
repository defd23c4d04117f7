// The status of addresses, which is its only home, and every version that it ever had.

import type { Knex } from 'knex'
import { bytewiseText, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('email_status'))) {
    await knex.schema.createTable('email_status', table => {
      bytewiseText(table)
      table.string('address_key', 320).notNullable().primary()
      table.boolean('unsubscribed').notNullable()
      table.bigInteger('version').notNullable()
      table.bigInteger('since')
      longText(table, 'reason')
      table.string('source', 64)
      table.string('actor', 255)
      longText(table, 'evidence')
      table.bigInteger('seq').notNullable()
      // How many people have the address: decides whether a change can tell them all at once.
      table.integer('people').notNullable()
    })
  }
  if (!(await knex.schema.hasTable('status_history'))) {
    await knex.schema.createTable('status_history', table => {
      bytewiseText(table)
      table.string('address_key', 320).notNullable()
      table.bigInteger('version').notNullable()
      table.boolean('unsubscribed').notNullable()
      table.bigInteger('at').notNullable()
      longText(table, 'reason').notNullable()
      table.string('source', 64).notNullable()
      table.string('actor', 255).notNullable()
      longText(table, 'evidence')
      table.bigInteger('seq').notNullable()
      table.primary(['address_key', 'version'])
    })
  }
  if (!(await knex.schema.hasTable('fan_outs'))) {
    await knex.schema.createTable('fan_outs', table => {
      bytewiseText(table)
      table.string('address_key', 320).notNullable().primary()
      table.bigInteger('version').notNullable()
      table.bigInteger('seq').notNullable()
      table.boolean('to_unsubscribed').notNullable()
      table.integer('except_id')
      table.integer('up_to').notNullable()
    })
  }
}
