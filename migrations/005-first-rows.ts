// The rows that a store cannot do without. Apart from the tables, since MySQL cannot roll a table back.

import type { Knex } from 'knex'

// Ids that the store draws lie far above those that people bring along from before the move, so that the two never
// meet; both fit xs:int.
const firstDrawnPersonId = 1_000_000_001

export async function up(knex: Knex): Promise<void> {
  const head = { id: 1, seq: 0, activity_id: 0, hash: '0'.repeat(64) }
  if ((await knex('log_head').first('id')) === undefined) await knex('log_head').insert(head)
  const counter = { name: 'person', next: firstDrawnPersonId }
  if ((await knex('counters').where({ name: 'person' }).first('name')) === undefined)
    await knex('counters').insert(counter)
}
