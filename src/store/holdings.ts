// Reads for the export of what is held about an address, in the tables that no other read asks by person.

import type { Knex } from 'knex'
import type { HoldingsStore } from '../service/privacy/privacy.js'

const valuesAtOnce = 500

export function createHoldings(reader: Knex): HoldingsStore {
  return {
    async cookiesOf(ids) {
      const rows = await inParts(ids, some =>
        reader('cookies').whereIn('person_id', some).select('person_id', 'cookie'),
      )
      return rows.map(row => ({ personId: row.person_id, cookie: row.cookie }))
    },
    async listsOf(ids) {
      const rows = await inParts(ids, some =>
        reader('list_members')
          .join('static_lists', 'static_lists.id', 'list_members.list_id')
          .whereIn('person_id', some)
          .select('person_id', 'name'),
      )
      return rows.map(row => ({ personId: row.person_id, list: row.name }))
    },
    async deliveriesOf(seqs) {
      const rows = await inParts(seqs, some =>
        reader('webhook_deliveries').whereIn('seq', some).select('webhook_id', 'change_id', 'state', 'attempts'),
      )
      return rows.map(({ webhook_id: webhook, change_id: changeId, state, attempts }) => ({
        ...{ webhook, changeId, state, attempts },
      }))
    },
  }
}

async function inParts<Row>(
  values: readonly number[],
  ask: (some: readonly number[]) => PromiseLike<readonly Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (let start = 0; start < values.length; start += valuesAtOnce)
    rows.push(...(await ask(values.slice(start, start + valuesAtOnce))))
  return rows
}
