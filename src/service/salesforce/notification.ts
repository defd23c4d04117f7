// A notification as the rules want to see it: the fields of the record, read. Knows the names that Salesforce gives its
// fields; must not know what follows from their values.

import { parseAddress } from '../../domain/address.js'
import { type SalesforceObject, salesforceObjects } from '../../domain/salesforce-record.js'
import type { Sighting } from '../../domain/salesforce-sync.js'
import type { Notification } from './inbox.js'

export interface SeenRecord extends Sighting {
  readonly objectType: SalesforceObject
  /** It is a contact from now on: what is said of it still counts, but it cannot be written any more. */
  readonly isConverted: boolean
  /** The contact that it became. */
  readonly convertedTo: string | null
  /** The ids that become fields of the person. */
  readonly linkedIds: Readonly<Record<string, string>>
}

/** Null where the notification is about an object that is not synced. */
export function readNotification({ objectType, recordId, fields }: Notification): SeenRecord | null {
  const known = salesforceObjects.find(name => name === objectType)
  if (known === undefined) return null
  const address = parseAddress(fields.Email ?? '')
  // A record that was deleted before the message was sent comes without any field.
  const isDeleted = readFlag(fields.IsDeleted) ?? Object.keys(fields).length === 0
  return {
    objectType: known,
    address: address.type === 'address' ? address.address : undefined,
    optedOut: readFlag(fields.HasOptedOutOfEmail),
    lastModified: readTime(fields.LastModifiedDate ?? fields.SystemModstamp),
    modifiedBy: fields.LastModifiedById ?? null,
    isDeleted,
    isConverted: readFlag(fields.IsConverted) ?? false,
    convertedTo: fields.ConvertedContactId ?? null,
    linkedIds: linkedIds(known, recordId, fields),
  }
}

function linkedIds(object: SalesforceObject, recordId: string, fields: Notification['fields']): Record<string, string> {
  const given =
    object === 'Lead'
      ? { SFDCLeadId: recordId, SFDCLeadOwnerId: fields.OwnerId, SFDCContactId: fields.ConvertedContactId }
      : { SFDCContactId: recordId, SFDCAccountId: fields.AccountId }
  const ids: Record<string, string> = {}
  for (const [name, id] of Object.entries(given))
    if (id !== undefined && /^[0-9A-Za-z]{15,18}$/.test(id)) ids[name] = id
  return ids
}

function readFlag(text: string | undefined): boolean | undefined {
  if (text === 'true' || text === '1') return true
  return text === 'false' || text === '0' ? false : undefined
}

// Always with its zone; what has none would be read by that of the machine.
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/

function readTime(text = ''): number | null {
  const at = time.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? null : at
}
