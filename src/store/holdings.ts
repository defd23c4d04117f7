// Reads for the export of what is held about an address, in the tables that no other read asks by person.

import type { Knex } from 'knex'
import type { HoldingsStore } from '../service/privacy/privacy.js'
import { textHolds } from './engine.js'
import { notificationFrom } from './salesforce-inbox.js'
import { type OutboxRow, writeFrom } from './salesforce-outbox.js'
import { type ConflictRow, conflictFrom, type RecordRow, recordFrom } from './salesforce-records.js'

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
    async flowRunsOn(people) {
      const found = new Set<number>()
      for (const id of people) {
        const rows = await reader('flow_runs')
          .where(either => {
            // Ids stand between brackets and commas.
            for (const [before, behind] of ['[]', '[,', ',,', ',]'])
              either.orWhere(textHolds(reader, 'people_ids', `${before}${id}${behind}`))
          })
          .select('id')
        for (const row of rows) found.add(row.id)
      }
      return [...found]
    },
    async salesforceOf(key, people, notifications) {
      const records: RecordRow[] = await reader('salesforce_records')
        .where({ address_key: key })
        .orderBy(['org_id', 'record_id'])
      const linked: RecordRow[] = await inParts(people, some =>
        reader('salesforce_records').whereIn('person_id', some).select('*'),
      )
      const all = new Map([...records, ...linked].map(row => [`${row.org_id} ${row.record_id}`, row]))
      const writes: OutboxRow[] = []
      for (const { org_id, record_id } of all.values())
        writes.push(...(await reader('salesforce_outbox').where({ org_id, record_id }).select('*')))
      const conflicts: ConflictRow[] = await reader('salesforce_conflicts').where({ address_key: key }).orderBy('id')
      const messages = await inParts(notifications, some =>
        reader('salesforce_inbox').whereIn('id', some).orderBy('id').select('*'),
      )
      return {
        records: [...all.values()].map(recordFrom),
        conflicts: conflicts.map(conflictFrom),
        writes: writes.map(writeFrom),
        notifications: messages.map(row => ({ ...notificationFrom(row), outcome: row.outcome })),
      }
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
