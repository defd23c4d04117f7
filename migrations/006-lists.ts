// Static lists, and who is on them.

import type { Knex } from 'knex'
import { bytewiseText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('static_lists'))) {
    await knex.schema.createTable('static_lists', table => {
      bytewiseText(table)
      table.integer('id').notNullable().primary()
      // As callers name it: `List`, or `Program.List` for a list in a program.
      table.string('name', 511).notNullable().unique('static_lists_by_name')
      table.string('program', 255)
      table.bigInteger('created_at').notNullable()
    })
  }
  if (!(await knex.schema.hasTable('list_members'))) {
    await knex.schema.createTable('list_members', table => {
      bytewiseText(table)
      table.integer('list_id').notNullable()
      table.integer('person_id').notNullable()
      table.primary(['list_id', 'person_id'])
      table.index(['person_id'], 'list_members_by_person')
    })
  }
}
