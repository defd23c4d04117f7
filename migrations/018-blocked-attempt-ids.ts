// Where the ids of blocked attempts are drawn. A row, and so apart from the table: MySQL cannot roll a table back.

import type { Knex } from 'knex'

export async function up(knex: Knex): Promise<void> {
  const counter = { name: 'blocked-attempt', next: 1 }
  if ((await knex('counters').where({ name: counter.name }).first('name')) === undefined)
    await knex('counters').insert(counter)
}
