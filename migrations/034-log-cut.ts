// Where the log that is kept in the store begins: what came before was archived. One row, and who is at work on it.

import type { Knex } from 'knex'
import { bytewiseText, hex } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable('log_cut')) return
  await knex.schema.createTable('log_cut', table => {
    bytewiseText(table)
    table.integer('id').notNullable().primary()
    // The last entry and the last activity that were archived; 0 where nothing was.
    table.bigInteger('seq').notNullable()
    table.bigInteger('activity_id').notNullable()
    hex(table, 'hash', 64).notNullable()
    table.bigInteger('at').notNullable()
    // Where the next file ends, once that is decided: whoever goes on after a crash writes the same file.
    table.bigInteger('plan_seq')
    table.bigInteger('plan_activity_id')
    hex(table, 'holder', 32)
    table.bigInteger('held_until').notNullable()
  })
}
