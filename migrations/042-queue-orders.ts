// Orders in which rows are asked for that had no index: long histories in the order in which they were begun, the
// conflicts of one Salesforce record or of one address, and undelivered changes by the command that they tell of.

import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  // One at a time: what a crash left half-done is taken up where it stands.
  await addIndex(knex, 'fan_outs', ['seq'], 'fan_outs_by_seq')
  await addIndex(knex, 'salesforce_conflicts', ['record_id', 'id'], 'salesforce_conflicts_by_record_id')
  await addIndex(knex, 'salesforce_conflicts', ['address_key', 'id'], 'salesforce_conflicts_by_address')
  await addIndex(knex, 'webhook_deliveries', ['seq'], 'webhook_deliveries_by_seq')
}

async function addIndex(knex: Knex, table: string, columns: string[], name: string): Promise<void> {
  try {
    await knex.schema.alterTable(table, builder => void builder.index(columns, name))
  } catch (cause) {
    const isThere = cause instanceof Error && /duplicate key name|already exists/i.test(cause.message)
    if (!isThere) throw cause
  }
}
