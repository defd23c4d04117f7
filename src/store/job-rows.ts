// The end of the rows that jobs keep: dropped when a job is over, and swept where nobody came to do so.

import type { Knex } from 'knex'

const rowsDroppedAtOnce = 500

export async function sweepJobs(writer: Knex, cutBefore: number): Promise<void> {
  const cut = writer('imports').where({ state: 'receiving' }).andWhere('held_until', '<', cutBefore)
  await cut.delete()
  const left = writer('import_rows').leftJoin('imports', 'imports.id', 'import_rows.import_id')
  const over = left.whereNull('imports.id').orWhereIn('imports.state', ['complete', 'failed', 'cancelled'])
  const row = await over.first('import_rows.import_id as id')
  if (row !== undefined) await dropRows(writer, row.id)
}

// A few at a time, each time by the key: millions of rows at once would take longer than a statement may. Whatever a
// crash leaves of them, the sweep finds.
export async function dropRows(writer: Knex, id: number): Promise<void> {
  for (;;) {
    const [last] = await writer('import_rows')
      .where({ import_id: id })
      .orderBy('number')
      .offset(rowsDroppedAtOnce - 1)
      .limit(1)
      .select('number')
    const rows = writer('import_rows').where({ import_id: id })
    if (last === undefined) return void (await rows.delete())
    await rows.andWhere('number', '<=', last.number).delete()
  }
}
