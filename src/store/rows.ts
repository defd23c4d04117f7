// Rows as the tables hold them, and their way into the types of the domain and back. A row is an edge: what comes out
// of it is made here, once, column by column.

import { trustedAddressKey } from '../domain/address.js'
import type { Origin } from '../domain/origin.js'
import type { EmailStatus, FanOut, Person } from '../domain/person.js'
import type { ActivityRecord, LogEntry, StatusRecord } from '../service/ports.js'

export interface PersonRow {
  id: number
  address_key: string | null
  address: string | null
  address_seq: number
  own_unsubscribed: number | boolean
  partition_name: string
  fields: string
  created_at: number
  saved_at: number
  updated_at: number
}

export const personColumns = [
  'id',
  'address_key',
  'address',
  'address_seq',
  'own_unsubscribed',
  'partition_name',
  'fields',
  'created_at',
  'saved_at',
  'updated_at',
] as const satisfies readonly (keyof PersonRow)[]

export function personFrom(row: PersonRow): Person {
  const { address_key: key, address: text } = row
  return {
    id: row.id,
    address: key === null || text === null ? null : { key: trustedAddressKey(key), text },
    addressSeq: row.address_seq,
    ownUnsubscribed: Boolean(row.own_unsubscribed),
    partition: row.partition_name,
    fields: JSON.parse(row.fields) as Record<string, string>,
    createdAt: row.created_at,
    savedAt: row.saved_at,
    updatedAt: row.updated_at,
  }
}

export function personRow(person: Person): PersonRow {
  return {
    id: person.id,
    address_key: person.address?.key ?? null,
    address: person.address?.text ?? null,
    address_seq: person.addressSeq,
    own_unsubscribed: person.ownUnsubscribed,
    partition_name: person.partition,
    fields: JSON.stringify(person.fields),
    created_at: person.createdAt,
    saved_at: person.savedAt,
    updated_at: person.updatedAt,
  }
}

export interface StatusRow {
  address_key: string
  unsubscribed: number | boolean
  version: number
  since: number | null
  reason: string | null
  source: string | null
  actor: string | null
  evidence: string | null
  origin: string | null
  seq: number
  people: number
}

export const statusColumns = [
  'address_key',
  'unsubscribed',
  'version',
  'since',
  'reason',
  'source',
  'actor',
  'evidence',
  'origin',
  'seq',
  'people',
] as const satisfies readonly (keyof StatusRow)[]

export function statusFrom(row: StatusRow): EmailStatus {
  const { version, since, reason, source, actor, evidence, seq } = row
  const status = row.unsubscribed ? 'unsubscribed' : 'subscribed'
  const origin = row.origin as Origin | null
  return {
    key: trustedAddressKey(row.address_key),
    status,
    version,
    since,
    reason,
    source,
    actor,
    evidence,
    origin,
    seq,
  }
}

export function statusRow(status: EmailStatus, people: number): StatusRow {
  const { key, version, since, reason, source, actor, evidence, origin, seq } = status
  const unsubscribed = status.status === 'unsubscribed'
  return { address_key: key, unsubscribed, version, since, reason, source, actor, evidence, origin, seq, people }
}

export interface FanOutRow {
  address_key: string
  version: number
  seq: number
  to_unsubscribed: number | boolean
  except_id: number | null
  up_to: number
}

export const fanOutColumns = ['address_key', 'version', 'seq', 'to_unsubscribed', 'except_id', 'up_to'] as const

export function fanOutFrom(row: FanOutRow): FanOut {
  return {
    key: trustedAddressKey(row.address_key),
    version: row.version,
    seq: row.seq,
    to: row.to_unsubscribed ? 'unsubscribed' : 'subscribed',
    except: row.except_id,
    upTo: row.up_to,
  }
}

export function fanOutRow({ key, version, seq, to, except, upTo }: FanOut): FanOutRow {
  return { address_key: key, version, seq, to_unsubscribed: to === 'unsubscribed', except_id: except, up_to: upTo }
}

export interface LogRow {
  seq: number
  command_id: string
  at: number
  kind: string
  actor: string
  source: string
  address_hash: string | null
  person_id: number | null
  detail: string | null
  detail_hash: string
  redacted_by: number | null
  previous_hash: string
  hash: string
}

export function logRow(entry: LogEntry): LogRow {
  const { seq, commandId, at, kind, actor, source, addressHash, personId, detail, detailHash } = entry
  const { redactedBy, previousHash, hash } = entry
  return {
    seq,
    command_id: commandId,
    at,
    kind,
    actor,
    source,
    address_hash: addressHash,
    person_id: personId,
    detail,
    detail_hash: detailHash,
    redacted_by: redactedBy,
    previous_hash: previousHash,
    hash,
  }
}

export function logEntryFrom(row: LogRow): LogEntry {
  return {
    seq: row.seq,
    commandId: row.command_id,
    at: row.at,
    kind: row.kind as LogEntry['kind'],
    actor: row.actor,
    source: row.source,
    addressHash: row.address_hash,
    personId: row.person_id,
    detail: row.detail,
    detailHash: row.detail_hash,
    redactedBy: row.redacted_by,
    previousHash: row.previous_hash,
    hash: row.hash,
  }
}

export interface ActivityRow {
  id: number
  seq: number
  at: number
  person_id: number
  kind: string
  attribute: string | null
  from_value: string | null
  to_value: string | null
  reason: string
  source: string
  status_version: number | null
}

export function activityFrom(row: ActivityRow): ActivityRecord {
  return {
    id: row.id,
    seq: row.seq,
    at: row.at,
    personId: row.person_id,
    kind: row.kind as ActivityRecord['kind'],
    attribute: row.attribute,
    from: row.from_value,
    to: row.to_value,
    reason: row.reason,
    source: row.source,
    statusVersion: row.status_version,
  }
}

export interface StatusHistoryRow {
  address_key: string
  version: number
  unsubscribed: number | boolean
  at: number
  reason: string
  source: string
  actor: string
  evidence: string | null
  origin: string | null
  seq: number
}

export function statusRecordFrom(row: StatusHistoryRow): StatusRecord {
  const { version, at, reason, source, actor, evidence, seq } = row
  const status = row.unsubscribed ? 'unsubscribed' : 'subscribed'
  const origin = row.origin as Origin | null
  return { key: trustedAddressKey(row.address_key), version, status, at, reason, source, actor, evidence, origin, seq }
}
