// Mail that a check before sending has stopped: to whom, by whom and when, until it is too old to matter.

import type { Knex } from 'knex'
import { bytewiseText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasTable('blocked_attempts')) return
  await knex.schema.createTable('blocked_attempts', table => {
    bytewiseText(table)
    table.bigInteger('id').notNullable().primary()
    table.bigInteger('at').notNullable()
    table.string('caller', 255).notNullable()
    table.string('purpose', 16).notNullable()
    table.string('mode', 16).notNullable()
    table.string('address_key', 320).notNullable()
    table.bigInteger('status_version').notNullable()
    // Pages go by id; each index that serves a filter brings it along.
    table.index(['address_key', 'id'], 'blocked_attempts_by_address')
    table.index(['caller', 'id'], 'blocked_attempts_by_caller')
    table.index(['at', 'id'], 'blocked_attempts_by_time')
  })
}
