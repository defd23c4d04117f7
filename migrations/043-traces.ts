// Callers whose calls are kept for support, and what is left of these calls once they are redacted.

import type { Knex } from 'knex'
import { bytewiseText, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('traces'))) {
    await knex.schema.createTable('traces', table => {
      bytewiseText(table)
      table.string('caller', 255).notNullable().primary()
      table.bigInteger('started_at').notNullable()
      table.string('started_by', 255).notNullable()
      table.bigInteger('until_at').notNullable()
      table.integer('calls_max').notNullable()
    })
  }
  if (await knex.schema.hasTable('traced_calls')) return
  await knex.schema.createTable('traced_calls', table => {
    bytewiseText(table)
    table.bigInteger('id').notNullable().primary()
    table.string('caller', 255).notNullable()
    table.bigInteger('at').notNullable()
    table.boolean('is_proven').notNullable()
    table.integer('characters').notNullable()
    longText(table, 'call').notNullable()
    table.index(['caller', 'is_proven', 'id'], 'traced_calls_by_caller')
    table.index(['at'], 'traced_calls_by_time')
  })
}
