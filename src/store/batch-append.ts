// The writing half of a batch: the difference that it made, and the log. Few statements of many rows each.

import type { Knex } from 'knex'
import type { Difference } from '../domain/batch-rows.js'
import type { Effect } from '../domain/command.js'
import type { Append, LogDetail, LogEntry } from '../service/ports.js'
import { type ActivityRow, fanOutRow, logRow, personRow, type StatusHistoryRow, statusRow } from './rows.js'

// A statement must stay under what the server takes as one packet (16 MiB by default on MariaDB) and under what
// SQLite takes as parameters (32,766).
const rowsMax = 500
const statementCharactersMax = 4_000_000

export async function appendBatch(transaction: Knex.Transaction, append: Append): Promise<void> {
  const { difference, entries, details, answers, head } = append
  const { deleted, created, changed, statuses, foreignIds, cookies, fanOuts, fanOutsEnded } = difference
  const { foreignIdsFreed, cookiesFreed } = difference

  if (deleted.length > 0) {
    await transaction('foreign_ids')
      .whereIn('person_id', [...deleted])
      .delete()
    await transaction('cookies')
      .whereIn('person_id', [...deleted])
      .delete()
    await transaction('list_members')
      .whereIn('person_id', [...deleted])
      .delete()
    await transaction('people')
      .whereIn('id', [...deleted])
      .delete()
  }
  await insert(transaction, 'people', created.map(personRow))
  await upsert(transaction, 'people', ['id'], changed.map(personRow))
  await upsert(
    transaction,
    'email_status',
    ['address_key'],
    statuses.map(({ status, people }) => statusRow(status, people)),
  )

  const foreignIdRows = foreignIds.map(({ foreignId: { system, value }, personId, isNew }) => ({
    isNew,
    row: { system, value, person_id: personId },
  }))
  await insert(transaction, 'foreign_ids', rowsThat(foreignIdRows, true))
  await upsert(transaction, 'foreign_ids', ['system', 'value'], rowsThat(foreignIdRows, false))
  const cookieRows = cookies.map(({ cookie, personId, isNew }) => ({ isNew, row: { cookie, person_id: personId } }))
  await insert(transaction, 'cookies', rowsThat(cookieRows, true))
  await upsert(transaction, 'cookies', ['cookie'], rowsThat(cookieRows, false))

  for (const { system, value } of foreignIdsFreed) await transaction('foreign_ids').where({ system, value }).delete()
  if (cookiesFreed.length > 0)
    await transaction('cookies')
      .whereIn('cookie', [...cookiesFreed])
      .delete()

  await changeMembers(transaction, difference)

  if (fanOutsEnded.length > 0)
    await transaction('fan_outs')
      .whereIn('address_key', [...fanOutsEnded])
      .delete()
  await upsert(transaction, 'fan_outs', ['address_key'], fanOuts.map(fanOutRow))

  await insert(
    transaction,
    'status_history',
    entries.flatMap((entry, index) => statusHistoryOf(entry, details[index]!)),
  )
  await insert(transaction, 'activities', activitiesOf(append))
  await insert(transaction, 'log', entries.map(logRow))
  const answerRows = answers.map(({ replayKey, requestHash, seq, expiresAt }) => ({
    replay_key: replayKey,
    request_hash: requestHash,
    seq,
    expires_at: expiresAt,
  }))
  await insert(transaction, 'kept_answers', answerRows)
  await transaction('log_head')
    .where({ id: 1 })
    .update({ seq: head.seq, activity_id: head.activityId, hash: head.hash })
}

async function changeMembers(transaction: Knex.Transaction, { joined, left }: Difference): Promise<void> {
  const byList = new Map<number, number[]>()
  for (const { listId, personId } of left) byList.set(listId, [...(byList.get(listId) ?? []), personId])
  for (const [listId, ids] of byList) {
    await transaction('list_members').where({ list_id: listId }).whereIn('person_id', ids).delete()
  }
  const rows = joined.map(({ listId, personId }) => ({ list_id: listId, person_id: personId }))
  await insert(transaction, 'list_members', rows)
}

const rowsThat = <Row>(links: readonly { readonly isNew: boolean; readonly row: Row }[], isNew: boolean): Row[] =>
  links.filter(link => link.isNew === isNew).map(link => link.row)

function statusHistoryOf(entry: LogEntry, { effects, cause }: LogDetail): StatusHistoryRow[] {
  const changes = effects.filter(
    (effect): effect is Effect & { type: 'status-changed' } => effect.type === 'status-changed',
  )
  return changes.map(({ key, to, version, reason, evidence }) => ({
    address_key: key,
    version,
    unsubscribed: to === 'unsubscribed',
    at: entry.at,
    reason,
    source: cause.source,
    actor: cause.actor,
    evidence,
    seq: entry.seq,
  }))
}

// The head says the last id that is used up; the ids of this batch are the ones before it, in the order of the log.
function activitiesOf({ entries, details, head }: Append): ActivityRow[] {
  const rows: Omit<ActivityRow, 'id'>[] = []
  details.forEach(({ effects }, index) => {
    const { seq, at } = entries[index]!
    for (const effect of effects) {
      if (effect.type !== 'activity') continue
      const { personId, kind, attribute, from, to, reason, source, statusVersion } = effect
      rows.push({
        seq,
        at,
        person_id: personId,
        kind,
        attribute,
        from_value: from,
        to_value: to,
        reason,
        source,
        status_version: statusVersion,
      })
    }
  })
  const firstId = head.activityId - rows.length + 1
  return rows.map((row, index) => ({ id: firstId + index, ...row }))
}

/** In as many statements as what a server and its driver take at once asks for. */
export async function insert<Row extends object>(
  transaction: Knex.Transaction,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  for (const chunk of chunksOf(rows)) await transaction(table).insert(chunk)
}

async function upsert<Row extends object>(
  transaction: Knex.Transaction,
  table: string,
  key: string[],
  rows: readonly Row[],
): Promise<void> {
  for (const chunk of chunksOf(rows)) await transaction(table).insert(chunk).onConflict(key).merge()
}

function* chunksOf<Row extends object>(rows: readonly Row[]): Generator<Row[]> {
  let chunk: Row[] = []
  let characters = 0
  for (const row of rows) {
    const size = Object.values(row).reduce<number>(
      (sum, value) => sum + (typeof value === 'string' ? value.length : 8),
      0,
    )
    if (chunk.length === rowsMax || (chunk.length > 0 && characters + size > statementCharactersMax)) {
      yield chunk
      chunk = []
      characters = 0
    }
    chunk.push(row)
    characters += size
  }
  if (chunk.length > 0) yield chunk
}
