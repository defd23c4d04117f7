// Settings that admins change at run time: every version that each ever had, the highest is in force.

import type { Knex } from 'knex'
import { bytewiseText, hex, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable('settings')) return
  await knex.schema.createTable('settings', table => {
    bytewiseText(table)
    hex(table, 'name', 64).notNullable()
    // Two admins who change the same version at once: the key lets one of them through.
    table.integer('version').notNullable()
    longText(table, 'value').notNullable()
    table.bigInteger('changed_at').notNullable()
    table.string('changed_by', 255).notNullable()
    table.primary(['name', 'version'])
  })
}
