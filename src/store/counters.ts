// Numbers that are handed out once each. The counter is locked until the commit, so that they become visible in order.

import type { Knex } from 'knex'
import { type EngineName, insertIfAbsent } from './engine.js'

/** The first of so many numbers in a row; a counter begins at 1. */
export async function nextNumbers(
  engine: EngineName,
  transaction: Knex.Transaction,
  name: string,
  count: number,
): Promise<number> {
  await insertIfAbsent(engine, transaction('counters').insert({ name, next: 1 }), 'name')
  const { next } = await transaction('counters').where({ name }).forUpdate().first('next')
  await transaction('counters')
    .where({ name })
    .update({ next: Number(next) + count })
  return Number(next)
}
