// Change Data Value flows, and the runs of them that were scheduled.

import type { Knex } from 'knex'
import { bytewiseText, hex, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('flows'))) {
    await knex.schema.createTable('flows', table => {
      bytewiseText(table)
      table.integer('id').notNullable().primary()
      // Empty for a flow that is in no program: a null would not be compared, and let the same name in twice.
      table.string('program', 255).notNullable()
      table.string('name', 255).notNullable()
      longText(table, 'description').notNullable()
      longText(table, 'steps').notNullable()
      table.integer('list_id')
      table.bigInteger('created_at').notNullable()
      table.unique(['program', 'name'], { indexName: 'flows_by_name' })
    })
  }
  if (!(await knex.schema.hasTable('flow_runs'))) {
    await knex.schema.createTable('flow_runs', table => {
      bytewiseText(table)
      table.integer('id').notNullable().primary()
      table.integer('flow_id').notNullable()
      table.integer('list_id').notNullable()
      longText(table, 'changes').notNullable()
      table.text('reason').notNullable()
      table.string('actor', 255).notNullable()
      table.string('role', 16).notNullable()
      table.bigInteger('run_at').notNullable()
      table.integer('up_to').notNullable()
      table.bigInteger('people').notNullable()
      table.bigInteger('refused').notNullable()
      hex(table, 'holder', 32)
      table.bigInteger('held_until').notNullable()
      table.bigInteger('ended_at')
      // Null for a request that may come as often as it likes.
      hex(table, 'request_key', 64).unique('flow_runs_by_request')
      hex(table, 'request_hash', 64)
      table.index(['ended_at', 'run_at', 'id'], 'flow_runs_by_time')
    })
  }
}
