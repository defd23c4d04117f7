// Notifications of Salesforce in the database: stored once each, taken up in order of arrival.

import type { Knex } from 'knex'
import type { InboxStore, Notification, WaitingNotification } from '../service/salesforce/inbox.js'
import { nextNumbers } from './counters.js'
import type { EngineName } from './engine.js'
import { insertRows } from './insert-rows.js'

export function createSalesforceInbox(engine: EngineName, writer: Knex, reader: Knex): InboxStore {
  return {
    receiveNotifications: (notifications, at) =>
      writer.transaction(async transaction => {
        // The counter stays locked until the commit: who receives the same at the same time waits here, and sees it.
        const first = await nextNumbers(engine, transaction, 'salesforce-notification', notifications.length)
        const fresh = await notYetKept(transaction, notifications)
        const rows = fresh.map((notification, index) => rowOf(first + index, notification, at))
        await insertRows(transaction, 'salesforce_inbox', rows)
        return rows.length
      }),

    async waitingNotifications(now, limit) {
      const rows: InboxRow[] = await reader('salesforce_inbox')
        .whereNull('processed_at')
        .andWhere('next_try', '<=', now)
        .orderBy('id')
        .limit(limit)
        .select(waitingColumns)
      return rows.map(notificationFrom)
    },

    async postponeNotification(id, attempts, nextTry) {
      const waiting = writer('salesforce_inbox').where({ id }).whereNull('processed_at')
      await waiting.update({ attempts, next_try: nextTry })
    },

    async endNotification(id, outcome, at) {
      const waiting = writer('salesforce_inbox').where({ id }).whereNull('processed_at')
      // Of a failure somebody may want to know what it was.
      await waiting.update({ processed_at: at, outcome, ...(outcome === 'failed' ? {} : { fields: null }) })
    },

    async countInbox() {
      const waiting = await reader('salesforce_inbox')
        .whereNull('processed_at')
        .count({ count: '*' })
        .min({ since: 'received_at' })
        .first()
      const failed = await reader('salesforce_inbox').where({ outcome: 'failed' }).count({ count: '*' }).first()
      return {
        waiting: Number(waiting?.count ?? 0),
        waitingSince: waiting?.since ?? null,
        failed: Number(failed?.count ?? 0),
      }
    },

    async forgetNotifications(processedBefore, limit) {
      const old = await writer('salesforce_inbox')
        .where('processed_at', '<', processedBefore)
        .orderBy('processed_at')
        .limit(limit)
        .select('id')
      if (old.length === 0) return 0
      const ids = old.map(({ id }) => id as number)
      return writer('salesforce_inbox').whereIn('id', ids).delete()
    },
  }
}

const nameOf = ({ orgId, notificationId }: Notification): string => `${orgId} ${notificationId}`

async function notYetKept(
  transaction: Knex.Transaction,
  notifications: readonly Notification[],
): Promise<readonly Notification[]> {
  const fresh = new Map(notifications.map(each => [nameOf(each), each]))
  for (const orgId of new Set(notifications.map(each => each.orgId))) {
    const ids = notifications.filter(each => each.orgId === orgId).map(each => each.notificationId)
    const kept = await transaction('salesforce_inbox')
      .where({ org_id: orgId })
      .whereIn('notification_id', ids)
      .select('notification_id')
    for (const { notification_id } of kept) fresh.delete(`${orgId} ${notification_id}`)
  }
  return [...fresh.values()]
}

interface InboxRow {
  id: number
  org_id: string
  notification_id: string
  object_type: string
  record_id: string
  fields: string | null
  received_at: number
  attempts: number
}

const waitingColumns = [
  'id',
  'org_id',
  'notification_id',
  'object_type',
  'record_id',
  'fields',
  'received_at',
  'attempts',
] satisfies (keyof InboxRow)[]

function rowOf(id: number, notification: Notification, at: number): Required<InboxRow> & { next_try: number } {
  return {
    id,
    org_id: notification.orgId,
    notification_id: notification.notificationId,
    object_type: notification.objectType,
    record_id: notification.recordId,
    fields: JSON.stringify(notification.fields),
    received_at: at,
    attempts: 0,
    next_try: at,
  }
}

export function notificationFrom(row: InboxRow): WaitingNotification {
  return {
    id: row.id,
    orgId: row.org_id,
    notificationId: row.notification_id,
    objectType: row.object_type,
    recordId: row.record_id,
    // Only ours are ever written.
    fields: JSON.parse(row.fields ?? '{}') as Record<string, string>,
    receivedAt: row.received_at,
    attempts: row.attempts,
  }
}
