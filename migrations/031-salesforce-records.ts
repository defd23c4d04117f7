// The records of Salesforce as they were seen last, and where the two sides had said opposite things.

import type { Knex } from 'knex'
import { bytewiseText, hex } from '../src/store/columns.js'

export async function up(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasTable('salesforce_records'))) {
    await knex.schema.createTable('salesforce_records', table => {
      bytewiseText(table)
      hex(table, 'org_id', 18).notNullable()
      hex(table, 'record_id', 18).notNullable()
      table.string('object_type', 16).notNullable()
      table.integer('person_id')
      table.string('address', 320)
      table.string('address_key', 320)
      table.boolean('opted_out')
      table.bigInteger('last_modified')
      table.bigInteger('agreed_version')
      table.bigInteger('waiting_since')
      table.boolean('written_opted_out')
      table.bigInteger('written_at')
      table.boolean('write_pending').notNullable()
      table.boolean('is_deleted').notNullable()
      table.bigInteger('version').notNullable()
      table.primary(['org_id', 'record_id'])
      table.index(['address_key', 'org_id', 'record_id'], 'salesforce_records_by_address')
      table.index(['person_id'], 'salesforce_records_by_person')
    })
  }
  if (!(await knex.schema.hasTable('salesforce_conflicts'))) {
    await knex.schema.createTable('salesforce_conflicts', table => {
      bytewiseText(table)
      table.bigInteger('id').notNullable().primary()
      table.bigInteger('at').notNullable()
      hex(table, 'org_id', 18).notNullable()
      hex(table, 'record_id', 18).notNullable()
      table.string('object_type', 16).notNullable()
      table.string('address_key', 320).notNullable()
      table.boolean('theirs_opted_out').notNullable()
      table.bigInteger('theirs_at')
      table.boolean('ours_opted_out').notNullable()
      table.bigInteger('ours_version').notNullable()
      table.bigInteger('ours_since')
      table.string('precedence', 16).notNullable()
      table.string('resolution', 32).notNullable()
      table.index(['org_id', 'record_id', 'id'], 'salesforce_conflicts_by_record')
      table.index(['at'], 'salesforce_conflicts_by_time')
    })
  }
}
