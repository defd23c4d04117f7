// What a store keeps of the notifications that Salesforce sends: each one once, from before it is acknowledged until it
// is too old to come again. What is in one is looked at later.

import type { NotificationOutcome } from './records.js'

/** One notification as it was sent. Ids have 18 characters. */
export interface Notification {
  readonly orgId: string
  readonly notificationId: string
  /** The name of the object, such as Contact; others than we sync are kept too, and found unusable. */
  readonly objectType: string
  readonly recordId: string
  /** As sent, by the names of Salesforce. A field without a value is not among them. */
  readonly fields: Readonly<Record<string, string>>
}

export interface WaitingNotification extends Notification {
  /** In order of arrival. */
  readonly id: number
  readonly receivedAt: number
  /** How often its processing has failed. */
  readonly attempts: number
}

export interface InboxCounts {
  readonly waiting: number
  /** When the first of those that wait arrived. */
  readonly waitingSince: number | null
  readonly failed: number
}

export interface InboxStore {
  /** In one transaction; those that came before, or twice in this call, are passed over. How many are new. */
  receiveNotifications(notifications: readonly Notification[], at: number): Promise<number>
  /** Those that may be processed by now, in order of arrival. */
  waitingNotifications(now: number, limit: number): Promise<readonly WaitingNotification[]>
  /** Another attempt from that time on. */
  postponeNotification(id: number, attempts: number, nextTry: number): Promise<void>
  /** Done without a look at any record. */
  endNotification(id: number, outcome: NotificationOutcome, at: number): Promise<void>
  countInbox(): Promise<InboxCounts>
  /** Only what is processed. */
  forgetNotifications(processedBefore: number, limit: number): Promise<number>
}
