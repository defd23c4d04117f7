// The one row about where the log begins. Apart from its table, since MySQL cannot roll a table back.

import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  const cut = { id: 1, seq: 0, activity_id: 0, hash: '0'.repeat(64), at: 0, held_until: 0 }
  if ((await knex('log_cut').first('id')) === undefined) await knex('log_cut').insert(cut)
}
