// How many calls each caller has made on a day, over all processes; only where a daily quota is set.

import type { Knex } from 'knex'
import { bytewiseText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable('call_counts')) return
  await knex.schema.createTable('call_counts', table => {
    bytewiseText(table)
    table.string('day', 10).notNullable()
    table.string('caller', 255).notNullable()
    table.bigInteger('calls').notNullable()
    table.primary(['day', 'caller'])
  })
}
