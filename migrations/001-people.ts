// People, and the identifiers by which other systems know them.

import type { Knex } from 'knex'
import { bytewiseText, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('people'))) {
    await knex.schema.createTable('people', table => {
      bytewiseText(table)
      table.integer('id').notNullable().primary()
      table.string('address_key', 320)
      table.string('address', 320)
      table.bigInteger('address_seq').notNullable()
      table.boolean('own_unsubscribed').notNullable()
      table.string('partition_name', 255).notNullable()
      longText(table, 'fields').notNullable()
      table.bigInteger('created_at').notNullable()
      table.bigInteger('saved_at').notNullable()
      table.bigInteger('updated_at').notNullable()
      // Everybody of an address in order of id: the inline fan-out and its pages.
      table.index(['address_key', 'id'], 'people_by_address')
      // Of the many people of one address, the last one saved.
      table.index(['address_key', 'saved_at', 'id'], 'people_by_address_saved')
      table.index(['updated_at', 'id'], 'people_by_update')
    })
  }
  if (!(await knex.schema.hasTable('foreign_ids'))) {
    await knex.schema.createTable('foreign_ids', table => {
      bytewiseText(table)
      table.string('system', 64).notNullable()
      table.string('value', 255).notNullable()
      table.integer('person_id').notNullable()
      table.primary(['system', 'value'])
      table.index(['person_id'], 'foreign_ids_by_person')
    })
  }
  if (!(await knex.schema.hasTable('cookies'))) {
    await knex.schema.createTable('cookies', table => {
      bytewiseText(table)
      table.string('cookie', 512).notNullable().primary()
      table.integer('person_id').notNullable()
      table.index(['person_id'], 'cookies_by_person')
    })
  }
}
