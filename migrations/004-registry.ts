// Who may call, which fields there are, and what the store remembers about itself.

import type { Knex } from 'knex'
import { bytewiseText, hex } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('credentials'))) {
    await knex.schema.createTable('credentials', table => {
      bytewiseText(table)
      table.string('id', 255).notNullable().primary()
      table.string('kind', 8).notNullable()
      table.string('role', 16).notNullable()
      table.string('secret', 512).notNullable().index('credentials_by_secret')
      table.bigInteger('created_at').notNullable()
      table.bigInteger('revoked_at')
    })
  }
  if (!(await knex.schema.hasTable('custom_fields'))) {
    await knex.schema.createTable('custom_fields', table => {
      bytewiseText(table)
      table.string('name', 255).notNullable().primary()
      table.string('json_name', 255).notNullable()
      table.string('label', 255).notNullable()
      table.string('type', 16).notNullable()
      table.bigInteger('created_at').notNullable()
    })
  }
  if (!(await knex.schema.hasTable('counters'))) {
    await knex.schema.createTable('counters', table => {
      bytewiseText(table)
      table.string('name', 64).notNullable().primary()
      table.bigInteger('next').notNullable()
    })
  }
  if (!(await knex.schema.hasTable('store_facts'))) {
    await knex.schema.createTable('store_facts', table => {
      bytewiseText(table)
      hex(table, 'name', 64).notNullable().primary()
      table.text('value').notNullable()
    })
  }
}
