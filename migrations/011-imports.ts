// Imports of files of people, and the rows that are still to be worked through.

import type { Knex } from 'knex'
import { bytewiseText, hex, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('imports'))) {
    await knex.schema.createTable('imports', table => {
      bytewiseText(table)
      table.integer('id').notNullable().primary()
      table.integer('list_id').notNullable()
      table.string('state', 16).notNullable()
      table.integer('row_count').notNullable()
      // JSON, read by nobody but the program.
      longText(table, 'plan').notNullable()
      longText(table, 'progress').notNullable()
      hex(table, 'replay_key', 64).unique('imports_by_replay_key')
      hex(table, 'request_hash', 64)
      table.bigInteger('created_at').notNullable()
      table.bigInteger('started_at')
      table.bigInteger('ended_at')
      hex(table, 'holder', 32)
      table.bigInteger('held_until').notNullable()
      table.index(['list_id', 'id'], 'imports_by_list')
      table.index(['state', 'id'], 'imports_by_state')
    })
  }
  if (!(await knex.schema.hasTable('import_rows'))) {
    await knex.schema.createTable('import_rows', table => {
      bytewiseText(table)
      table.integer('import_id').notNullable()
      table.integer('number').notNullable()
      longText(table, 'content').notNullable()
      table.primary(['import_id', 'number'])
    })
  }
}
