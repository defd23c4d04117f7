// Values of Salesforce for tests: ids of 18 characters, notifications, records. Telling defaults, nothing shared.
import { salesforceIdForms } from '../../src/domain/salesforce-id.js'
import { type SalesforceRecord, unseenRecord } from '../../src/domain/salesforce-record.js'
import type { Notification } from '../../src/service/salesforce/inbox.js'
import { anAddress } from './builders.js'

/** The 18 characters of an id, from its prefix and a number. */
export function salesforceId(prefix: string, number: number): string {
  const short = prefix + String(number).padStart(15 - prefix.length, '0')
  return salesforceIdForms(short)[1]!
}

export const orgId = salesforceId('00D', 1)
export const contactId = (number: number): string => salesforceId('003', number)

export function aNotification(
  number: number,
  { fields = {}, ...given }: Partial<Omit<Notification, 'notificationId'>> = {},
): Notification {
  return {
    orgId,
    notificationId: salesforceId('04l', number),
    objectType: 'Contact',
    recordId: contactId(1),
    ...given,
    fields: {
      Email: 'ada@example.org',
      HasOptedOutOfEmail: 'false',
      LastModifiedDate: '2026-01-31T09:30:00.000Z',
      ...fields,
    },
  }
}

export function aRecord(given: Partial<SalesforceRecord> = {}): SalesforceRecord {
  const seen = { address: anAddress('ada@example.org'), optedOut: false, lastModified: 1_000 }
  return { ...unseenRecord({ orgId, recordId: contactId(1) }, 'Contact'), ...seen, ...given }
}
