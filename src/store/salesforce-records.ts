// Shadows of the records of Salesforce, the conflicts about them, and who works on which end of the exchange. A shadow
// is written by comparing its version with the one that was read.

import type { Knex } from 'knex'
import { trustedAddressKey } from '../domain/address.js'
import type { ConflictResolution, Precedence, SalesforceObject, SalesforceRecord } from '../domain/salesforce-record.js'
import type {
  KeptConflict,
  SalesforceRecordStore,
  SalesforceWorkStore,
  Settlement,
} from '../service/salesforce/records.js'
import { nextNumbers } from './counters.js'
import { type EngineName, insertIfAbsent } from './engine.js'
import { insertRows } from './insert-rows.js'
import { putIntoOutbox } from './salesforce-outbox.js'

export function createSalesforceRecords(engine: EngineName, writer: Knex, reader: Knex): SalesforceRecordStore {
  return {
    async salesforceRecords(names) {
      const found: SalesforceRecord[] = []
      for (const orgId of new Set(names.map(name => name.orgId))) {
        const ids = names.filter(name => name.orgId === orgId).map(name => name.recordId)
        const rows: RecordRow[] = await reader('salesforce_records').where('org_id', orgId).whereIn('record_id', ids)
        found.push(...rows.map(recordFrom))
      }
      return found
    },

    async selectedSalesforceRecords(selection, { after, limit }) {
      const query = reader('salesforce_records').orderBy(['org_id', 'record_id']).limit(limit)
      if (selection.type === 'address') query.where('address_key', selection.key)
      else if (selection.type === 'person') query.where('person_id', selection.personId)
      else query.where('org_id', selection.orgId)
      if (after !== null) {
        const { orgId, recordId } = after
        query.where(behind => {
          behind.where('org_id', '>', orgId).orWhere(same => {
            same.where('org_id', orgId).andWhere('record_id', '>', recordId)
          })
        })
      }
      const rows: RecordRow[] = await query.select('*')
      return rows.map(recordFrom)
    },

    settleSalesforceRecords: (settlements, at) =>
      writer.transaction(async transaction => {
        const lost: Settlement[] = []
        const kept: Settlement[] = []
        for (const settlement of inOrder(settlements)) {
          const isOurs = await writeRecord(engine, transaction, settlement.record)
          ;(isOurs ? kept : lost).push(settlement)
        }
        await putIntoOutbox(
          engine,
          transaction,
          kept.flatMap(({ wish }) => wish ?? []),
          at,
        )
        await addConflicts(engine, transaction, kept, at)
        for (const { processed } of kept) {
          if (processed === null) continue
          const { id, outcome } = processed
          await transaction('salesforce_inbox').where({ id }).update({ processed_at: at, outcome, fields: null })
        }
        return lost
      }),

    async salesforceConflicts({ orgId, recordId }, { before, limit }) {
      const query = reader('salesforce_conflicts').orderBy('id', 'desc').limit(limit)
      if (orgId !== undefined) query.where('org_id', orgId)
      if (recordId !== undefined) query.where('record_id', recordId)
      if (before !== null) query.where('id', '<', before)
      const rows: ConflictRow[] = await query.select('*')
      return rows.map(conflictFrom)
    },

    async forgetSalesforceConflicts(olderThan, limit) {
      const old = await writer('salesforce_conflicts')
        .where('at', '<', olderThan)
        .orderBy('at')
        .limit(limit)
        .select('id')
      if (old.length === 0) return 0
      const ids = old.map(({ id }) => id as number)
      return writer('salesforce_conflicts').whereIn('id', ids).delete()
    },
  }
}

export function createSalesforceWork(engine: EngineName, writer: Knex, reader: Knex): SalesforceWorkStore {
  return {
    async holdSalesforceWork(name, holder, until, now) {
      const row = { name, holder: null, held_until: 0, position: 0 }
      await insertIfAbsent(engine, writer('salesforce_work').insert(row), 'name')
      const free = writer('salesforce_work')
        .where({ name })
        .andWhere(either => {
          either.where('held_until', '<=', now).orWhere({ holder })
        })
      return (await free.update({ holder, held_until: until })) > 0
    },
    async releaseSalesforceWork(name, holder) {
      await writer('salesforce_work').where({ name, holder }).update({ held_until: 0 })
    },
    async salesforcePosition(name) {
      const row = await reader('salesforce_work').where({ name }).first('position')
      return Number(row?.position ?? 0)
    },
    async moveSalesforcePosition(name, holder, position) {
      return (await writer('salesforce_work').where({ name, holder }).update({ position })) > 0
    },
  }
}

const inOrder = (settlements: readonly Settlement[]): readonly Settlement[] =>
  [...settlements].sort(({ record: a }, { record: b }) => (a.orgId + a.recordId < b.orgId + b.recordId ? -1 : 1))

// False where somebody else was first. A new one is made empty before, so that to be first is one comparison for all.
async function writeRecord(
  engine: EngineName,
  transaction: Knex.Transaction,
  record: SalesforceRecord,
): Promise<boolean> {
  const key = { org_id: record.orgId, record_id: record.recordId }
  const row = rowOf(record)
  if (record.version === 0) {
    const empty = transaction('salesforce_records').insert({ ...row, version: 0 })
    await insertIfAbsent(engine, empty, ['org_id', 'record_id'])
  }
  const seen = transaction('salesforce_records').where({ ...key, version: record.version })
  return (await seen.update({ ...row, version: record.version + 1 })) > 0
}

async function addConflicts(
  engine: EngineName,
  transaction: Knex.Transaction,
  settlements: readonly Settlement[],
  at: number,
): Promise<void> {
  const conflicts = settlements.flatMap(({ conflict }) => conflict ?? [])
  if (conflicts.length === 0) return
  const first = await nextNumbers(engine, transaction, 'salesforce-conflict', conflicts.length)
  const rows = conflicts.map(({ theirs, ours, ...conflict }, index) => ({
    id: first + index,
    at,
    org_id: conflict.orgId,
    record_id: conflict.recordId,
    object_type: conflict.objectType,
    address_key: conflict.key,
    theirs_opted_out: theirs.optedOut,
    theirs_at: theirs.at,
    ours_opted_out: ours.optedOut,
    ours_version: ours.version,
    ours_since: ours.since,
    precedence: conflict.precedence,
    resolution: conflict.resolution,
  }))
  await insertRows(transaction, 'salesforce_conflicts', rows)
}

export interface RecordRow {
  org_id: string
  record_id: string
  object_type: string
  person_id: number | null
  address: string | null
  address_key: string | null
  opted_out: number | boolean | null
  last_modified: number | null
  agreed_version: number | null
  waiting_since: number | null
  written_opted_out: number | boolean | null
  written_at: number | null
  write_pending: number | boolean
  is_deleted: number | boolean
  version: number
}

function rowOf(record: SalesforceRecord): Omit<RecordRow, 'version'> {
  const { address, written } = record
  return {
    org_id: record.orgId,
    record_id: record.recordId,
    object_type: record.objectType,
    person_id: record.personId,
    address: address?.text ?? null,
    address_key: address?.key ?? null,
    opted_out: record.optedOut,
    last_modified: record.lastModified,
    agreed_version: record.agreedVersion,
    waiting_since: record.waitingSince,
    written_opted_out: written?.optedOut ?? null,
    written_at: written?.at ?? null,
    write_pending: written?.isPending ?? false,
    is_deleted: record.isDeleted,
  }
}

export function recordFrom(row: RecordRow): SalesforceRecord {
  const { address, address_key: key, opted_out: optedOut, written_opted_out: written, written_at: writtenAt } = row
  return {
    orgId: row.org_id,
    recordId: row.record_id,
    // Only ours are ever written.
    objectType: row.object_type as SalesforceObject,
    personId: row.person_id,
    address: address === null || key === null ? null : { text: address, key: trustedAddressKey(key) },
    optedOut: optedOut === null ? null : Boolean(optedOut),
    lastModified: row.last_modified,
    agreedVersion: row.agreed_version,
    waitingSince: row.waiting_since,
    written:
      written === null || writtenAt === null
        ? null
        : { optedOut: Boolean(written), at: writtenAt, isPending: Boolean(row.write_pending) },
    isDeleted: Boolean(row.is_deleted),
    version: row.version,
  }
}

export interface ConflictRow {
  id: number
  at: number
  org_id: string
  record_id: string
  object_type: string
  address_key: string
  theirs_opted_out: number | boolean
  theirs_at: number | null
  ours_opted_out: number | boolean
  ours_version: number
  ours_since: number | null
  precedence: string
  resolution: string
}

export function conflictFrom(row: ConflictRow): KeptConflict {
  return {
    id: row.id,
    at: row.at,
    orgId: row.org_id,
    recordId: row.record_id,
    objectType: row.object_type as SalesforceObject,
    key: trustedAddressKey(row.address_key),
    theirs: { optedOut: Boolean(row.theirs_opted_out), at: row.theirs_at },
    ours: { optedOut: Boolean(row.ours_opted_out), version: row.ours_version, since: row.ours_since },
    precedence: row.precedence as Precedence,
    resolution: row.resolution as ConflictResolution,
  }
}
