// What jobs say of their rows: why one was not carried out, or not all of it. Many reports are one text.

import type { Knex } from 'knex'
import { bytewiseText, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable('import_reports')) return
  await knex.schema.createTable('import_reports', table => {
    bytewiseText(table)
    table.integer('import_id').notNullable()
    table.integer('number').notNullable()
    longText(table, 'content').notNullable()
    table.primary(['import_id', 'number'])
  })
}
