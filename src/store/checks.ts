// The reads of the check before sending, and the record of what it stopped.

import type { Knex } from 'knex'
import { type AddressKey, trustedAddressKey } from '../domain/address.js'
import type { BlockedAttempt, BlockedAttemptStore, KeptAttempt } from '../service/blocked-attempts.js'
import type { CheckedStatus, CheckStore } from '../service/checks.js'
import { listText, selectPrepared } from './batch-session.js'
import { type EngineName, selectByKeys } from './engine.js'
import type { ErasedKeys } from './erased-keys.js'
import { askTogether } from './together.js'

// What one statement asks for. Its rows are made into objects in one go, and other callers wait for that.
const keysAtOnceMax = 1_000

// So few are hashed in less time than it takes to ask whether they need to be.
const keysHashedAtOnce = 50
// Checks of so few addresses are asked together.
const fewMax = 8
const keysTogetherMax = 48
// Past these, one text with a list of any length takes less time.
const placeholdersMax = 32

interface CheckedRow {
  address_key: string
  unsubscribed: number | boolean
  version: number
  since: number | null
  reason: string | null
}

const checkedColumns = ['address_key', 'unsubscribed', 'version', 'since', 'reason'] as const

export function createChecks(
  engine: EngineName,
  writer: Knex,
  reader: Knex,
  erased: ErasedKeys,
): CheckStore & BlockedAttemptStore {
  const byKeys = selectByKeys(engine, { table: 'email_status', key: 'address_key', columns: checkedColumns })
  const byNames = (names: string): string =>
    `SELECT ${checkedColumns.join(', ')} FROM email_status WHERE address_key IN (${names})`
  const checkedRows = (keys: readonly AddressKey[]): Promise<readonly CheckedRow[]> => {
    if (keys.length > placeholdersMax) return selectPrepared(reader, byKeys, [JSON.stringify(keys)])
    return selectPrepared(reader, ...listText(keys, byNames))
  }
  // An address and its erasure go into one statement: the status may move from one to the other between two.
  const rowsOf = async (keys: readonly AddressKey[]): Promise<readonly CheckedRow[]> => {
    if (keys.length > keysHashedAtOnce && !erased.isKnown) {
      const rows = await checkedRows(keys)
      // Asked behind the statement: an erasure that took a status out of its sight is there by now.
      if (!(await erased.isAny(sql => selectPrepared(reader, sql, [])))) return rows
    }
    const names = new Map(keys.map(key => [erased.formOf(key), key] as const))
    names.delete(undefined)
    const rows = await checkedRows([...keys, ...(names.keys() as Iterable<AddressKey>)])
    const named = rows.map(row => ({
      ...row,
      address_key: names.get(row.address_key as AddressKey) ?? row.address_key,
    }))
    // Of the two rows of an address that was only looked at since, the one that says something comes last.
    return named.sort((a, b) => a.version - b.version)
  }
  const statusesAtOnce = async (keys: readonly AddressKey[]): Promise<ReadonlyMap<AddressKey, CheckedStatus>> => {
    const found = new Map<AddressKey, CheckedStatus>()
    for (let start = 0; start < keys.length; start += keysAtOnceMax) {
      // In turn and not at once: one large check must not take every connection from the others.
      for (const row of await rowsOf(keys.slice(start, start + keysAtOnceMax))) {
        const { version, since, reason } = row
        const status = row.unsubscribed ? 'unsubscribed' : 'subscribed'
        found.set(trustedAddressKey(row.address_key), { status, version, since, reason })
      }
    }
    return found
  }
  const statusesTogether = askTogether(statusesAtOnce, { keysMax: keysTogetherMax })
  return {
    statusesOf: keys => (keys.length <= fewMax ? statusesTogether(keys) : statusesAtOnce(keys)),

    addBlockedAttempts: attempts =>
      writer.transaction(async transaction => {
        // Locked until the commit, so that ids become visible in their order.
        const counter = await transaction('counters').where({ name: 'blocked-attempt' }).forUpdate().first('next')
        if (counter === undefined)
          throw new Error('the counter of blocked attempts is missing: a migration did not run')
        const first = Number(counter.next)
        const next = first + attempts.length
        await transaction('counters').where({ name: 'blocked-attempt' }).update({ next })
        await transaction('blocked_attempts').insert(
          attempts.map((attempt, index) => attemptRow(first + index, attempt)),
        )
      }),

    async blockedAttempts({ key, caller, purpose, from, to }, { before, limit }) {
      const query = reader('blocked_attempts').orderBy('id', 'desc').limit(limit)
      if (before !== null) query.where('id', '<', before)
      if (key !== undefined) query.whereIn('address_key', erased.keysOf(key))
      if (caller !== undefined) query.where({ caller })
      if (purpose !== undefined) query.where({ purpose })
      if (from !== undefined) query.where('at', '>=', from)
      if (to !== undefined) query.where('at', '<=', to)
      const rows: AttemptRow[] = await query.select('*')
      return rows.map(attemptFrom)
    },

    async forgetBlockedAttempts(olderThan, limit) {
      const old = await writer('blocked_attempts').where('at', '<', olderThan).orderBy('at').limit(limit).select('id')
      if (old.length === 0) return 0
      const ids = old.map(({ id }) => id as number)
      return writer('blocked_attempts').whereIn('id', ids).delete()
    },
  }
}

interface AttemptRow {
  id: number
  at: number
  caller: string
  purpose: string
  mode: string
  address_key: string
  status_version: number
}

function attemptRow(id: number, attempt: BlockedAttempt): AttemptRow {
  const { at, caller, purpose, mode, key, statusVersion } = attempt
  return { id, at, caller, purpose, mode, address_key: key, status_version: statusVersion }
}

function attemptFrom(row: AttemptRow): KeptAttempt {
  return {
    id: row.id,
    at: row.at,
    caller: row.caller,
    // Only ours are ever written.
    purpose: row.purpose as KeptAttempt['purpose'],
    mode: row.mode as KeptAttempt['mode'],
    key: trustedAddressKey(row.address_key),
    statusVersion: row.status_version,
  }
}
