// The log of commands, its one head row, the activities that commands caused, and the answers that are kept.

import type { Knex } from 'knex'
import { bytewiseText, hex, longText } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('log'))) {
    await knex.schema.createTable('log', table => {
      bytewiseText(table)
      table.bigInteger('seq').notNullable().primary()
      hex(table, 'command_id', 32).notNullable().unique('log_by_command')
      table.bigInteger('at').notNullable()
      table.string('kind', 32).notNullable()
      table.string('actor', 255).notNullable()
      table.string('source', 64).notNullable()
      hex(table, 'address_hash', 64)
      table.integer('person_id')
      longText(table, 'detail')
      hex(table, 'detail_hash', 64).notNullable()
      hex(table, 'previous_hash', 64).notNullable()
      hex(table, 'hash', 64).notNullable()
    })
  }
  if (!(await knex.schema.hasTable('log_head'))) {
    await knex.schema.createTable('log_head', table => {
      bytewiseText(table)
      table.integer('id').notNullable().primary()
      table.bigInteger('seq').notNullable()
      table.bigInteger('activity_id').notNullable()
      hex(table, 'hash', 64).notNullable()
    })
  }
  if (!(await knex.schema.hasTable('activities'))) {
    await knex.schema.createTable('activities', table => {
      bytewiseText(table)
      table.bigInteger('id').notNullable().primary()
      table.bigInteger('seq').notNullable()
      table.bigInteger('at').notNullable()
      table.integer('person_id').notNullable()
      table.string('kind', 32).notNullable()
      table.string('attribute', 255)
      longText(table, 'from_value')
      longText(table, 'to_value')
      longText(table, 'reason').notNullable()
      table.string('source', 64).notNullable()
      table.bigInteger('status_version')
      table.index(['person_id', 'id'], 'activities_by_person')
    })
  }
  if (!(await knex.schema.hasTable('kept_answers'))) {
    await knex.schema.createTable('kept_answers', table => {
      bytewiseText(table)
      hex(table, 'replay_key', 64).notNullable().primary()
      hex(table, 'request_hash', 64).notNullable()
      table.bigInteger('seq').notNullable()
      table.bigInteger('expires_at').notNullable()
      table.index(['expires_at'], 'kept_answers_by_expiry')
    })
  }
}
