// Who was refused to end an opt-out, as rows beside the log that they follow from.

import type { Knex } from 'knex'
import { trustedAddressKey } from '../domain/address.js'
import type { Role } from '../domain/command.js'
import type { GuardItem } from '../domain/resubscribe.js'
import type { LogDetail, LogEntry } from '../service/ports.js'
import type { RefusalRecord, RefusalStore } from '../service/refusals.js'
import type { ErasedKeys } from './erased-keys.js'

export interface RefusalRow {
  seq: number
  at: number
  actor: string
  role: string
  source: string
  address_key: string | null
  person_id: number | null
  missing: string
  reason: string | null
  evidence: string | null
}

export function createRefusals(reader: Knex, erased: ErasedKeys): RefusalStore {
  return {
    async refusals({ after, limit, key }) {
      const query = reader('refusals').where('seq', '>', after).orderBy('seq').limit(limit)
      const rows: RefusalRow[] = await (key === undefined
        ? query
        : query.whereIn('address_key', erased.keysOf(key))
      ).select('*')
      return rows.map(refusalFrom)
    },
  }
}

export function refusalRowsOf(entry: LogEntry, { cause, effects }: LogDetail): RefusalRow[] {
  return effects.flatMap((effect): RefusalRow[] => {
    if (effect.type !== 'resubscribe-refused') return []
    const { seq, at, actor, source } = entry
    const { key, personId, missing } = effect
    const reason = cause.reasonGiven ? cause.reason : null
    return [
      {
        ...{ seq, at, actor, source, role: cause.role },
        ...{ address_key: key, person_id: personId, missing: missing.join(' '), reason, evidence: cause.evidence },
      },
    ]
  })
}

export function refusalFrom(row: RefusalRow): RefusalRecord {
  const { seq, at, actor, source, reason, evidence } = row
  return {
    ...{ seq, at, actor, source, reason, evidence },
    role: row.role as Role,
    key: row.address_key === null ? null : trustedAddressKey(row.address_key),
    personId: row.person_id,
    missing: row.missing.split(' ') as GuardItem[],
  }
}
