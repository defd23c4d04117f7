// The writing half of a batch: the difference that it made, and the log. Few statements of many rows each.

import type { Difference } from '../domain/batch-rows.js'
import type { Append, LogDetail, LogEntry } from '../service/ports.js'
import type { BatchSession } from './batch-session.js'
import { refusalRowsOf } from './refusals.js'
import { type ActivityRow, fanOutRow, logRow, personRow, type StatusHistoryRow, statusRow } from './rows.js'

export async function appendBatch(session: BatchSession, append: Append): Promise<void> {
  const { difference, entries, details, answers, head } = append
  const { deleted, created, changed, statuses, foreignIds, cookies, fanOuts, fanOutsEnded } = difference
  const { foreignIdsFreed, cookiesFreed } = difference

  if (deleted.length > 0) {
    await session
      .table('foreign_ids')
      .whereIn('person_id', [...deleted])
      .delete()
    await session
      .table('cookies')
      .whereIn('person_id', [...deleted])
      .delete()
    await session
      .table('list_members')
      .whereIn('person_id', [...deleted])
      .delete()
    await session
      .table('people')
      .whereIn('id', [...deleted])
      .delete()
  }
  await session.insert('people', created.map(personRow))
  await session.upsert('people', ['id'], changed.map(personRow))
  await session.upsert(
    'email_status',
    ['address_key'],
    statuses.map(({ status, people }) => statusRow(status, people)),
  )

  const foreignIdRows = foreignIds.map(({ foreignId: { system, value }, personId, isNew }) => ({
    isNew,
    row: { system, value, person_id: personId },
  }))
  await session.insert('foreign_ids', rowsThat(foreignIdRows, true))
  await session.upsert('foreign_ids', ['system', 'value'], rowsThat(foreignIdRows, false))
  const cookieRows = cookies.map(({ cookie, personId, isNew }) => ({ isNew, row: { cookie, person_id: personId } }))
  await session.insert('cookies', rowsThat(cookieRows, true))
  await session.upsert('cookies', ['cookie'], rowsThat(cookieRows, false))

  for (const { system, value } of foreignIdsFreed) await session.table('foreign_ids').where({ system, value }).delete()
  if (cookiesFreed.length > 0)
    await session
      .table('cookies')
      .whereIn('cookie', [...cookiesFreed])
      .delete()

  await changeMembers(session, difference)

  if (fanOutsEnded.length > 0)
    await session
      .table('fan_outs')
      .whereIn('address_key', [...fanOutsEnded])
      .delete()
  await session.upsert('fan_outs', ['address_key'], fanOuts.map(fanOutRow))

  await session.insert(
    'status_history',
    entries.flatMap((entry, index) => statusHistoryOf(entry, details[index]!)),
  )
  for (const { from, key } of difference.returned) {
    await session.run('update status_history set address_key = ? where address_key = ?', [key, from])
    await session.run('delete from email_status where address_key = ?', [from])
  }
  await session.insert('activities', activitiesOf(append))
  await session.insert('log', entries.map(logRow))
  await session.insert(
    'refusals',
    entries.flatMap((entry, index) => refusalRowsOf(entry, details[index]!)),
  )
  const answerRows = answers.map(({ replayKey, requestHash, seq, expiresAt }) => ({
    replay_key: replayKey,
    request_hash: requestHash,
    seq,
    expires_at: expiresAt,
  }))
  await session.insert('kept_answers', answerRows)
  const { seq, activityId, hash } = head
  await session.run('update log_head set seq = ?, activity_id = ?, hash = ? where id = 1', [seq, activityId, hash])
}

async function changeMembers(session: BatchSession, { joined, left }: Difference): Promise<void> {
  const byList = new Map<number, number[]>()
  for (const { listId, personId } of left) byList.set(listId, [...(byList.get(listId) ?? []), personId])
  for (const [listId, ids] of byList) {
    await session.table('list_members').where({ list_id: listId }).whereIn('person_id', ids).delete()
  }
  const rows = joined.map(({ listId, personId }) => ({ list_id: listId, person_id: personId }))
  await session.insert('list_members', rows)
}

const rowsThat = <Row>(links: readonly { readonly isNew: boolean; readonly row: Row }[], isNew: boolean): Row[] =>
  links.filter(link => link.isNew === isNew).map(link => link.row)

export function statusHistoryOf(entry: LogEntry, { effects, cause }: LogDetail): StatusHistoryRow[] {
  return effects.flatMap((effect): StatusHistoryRow[] => {
    if (effect.type !== 'status-changed' && effect.type !== 'cause-strengthened') return []
    const { key, version, reason, evidence, origin = null } = effect
    const { at, seq } = entry
    const { source, actor } = cause
    const unsubscribed = effect.type === 'cause-strengthened' || effect.to === 'unsubscribed'
    return [{ address_key: key, version, unsubscribed, at, reason, source, actor, evidence, origin, seq }]
  })
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
