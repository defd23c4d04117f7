// What guarding an opt-out takes: whose word it is, and who was refused to end one.

import type { Knex } from 'knex'
import { bytewiseText, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  for (const name of ['email_status', 'status_history']) {
    // Null in rows from before: they weigh as much as an operator's word.
    if (!(await knex.schema.hasColumn(name, 'origin')))
      await knex.schema.alterTable(name, table => void table.string('origin', 16))
  }
  if (!(await knex.schema.hasTable('refusals'))) {
    await knex.schema.createTable('refusals', table => {
      bytewiseText(table)
      // Position in the log of the command that was refused.
      table.bigInteger('seq').notNullable().primary()
      table.bigInteger('at').notNullable()
      table.string('actor', 255).notNullable()
      table.string('role', 16).notNullable()
      table.string('source', 64).notNullable()
      table.string('address_key', 320)
      table.integer('person_id')
      table.string('missing', 255).notNullable()
      longText(table, 'reason')
      longText(table, 'evidence')
      table.index(['address_key', 'seq'], 'refusals_by_address')
    })
  }
}
