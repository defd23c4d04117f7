// The small tables beside the log: credentials, custom fields, and what the store remembers about itself. They change
// rarely and by hand, one row at a time.

import type { Knex } from 'knex'
import type { Field, FieldType } from '../domain/field.js'
import type { Credential, CredentialKind, CredentialStore } from '../service/access/credentials.js'
import type { FieldStore } from '../service/fields.js'
import { StoreConflict } from '../service/ports.js'
import { passingError } from './passing-errors.js'

/** Facts that are set once and then stand, whoever comes first. */
export interface FactStore {
  /** The fact of that name; where there is none, the proposal becomes it. */
  fact(name: string, proposal: string): Promise<string>
}

export function createRegistry(writer: Knex, reader: Knex): CredentialStore & FieldStore & FactStore {
  return {
    async credentialById(id) {
      const row = await reader('credentials').where({ id }).first('*')
      return row && credentialFrom(row)
    },
    async credentialBySecret(secret) {
      const row = await reader('credentials').where({ secret }).first('*')
      if (row !== undefined) return credentialFrom(row)
      const rotated = await reader('credentials').where({ previous_secret: secret }).first('*')
      return rotated && credentialFrom(rotated)
    },
    async addCredential({ id, kind, role, secret, createdAt, revokedAt }) {
      const row = { role, secret, ...noPrevious, created_at: createdAt, revoked_at: revokedAt }
      if (await isFirst(writer('credentials').insert({ id, kind, ...row }))) return true
      return (await writer('credentials').where({ id, kind }).whereNotNull('revoked_at').update(row)) > 0
    },
    async listCredentials() {
      const rows = await reader('credentials').orderBy(['kind', 'id']).select('*')
      return rows.map(credentialFrom)
    },
    async revokeCredential(id, at) {
      return (await writer('credentials').where({ id, revoked_at: null }).update({ revoked_at: at })) > 0
    },
    async rotateCredential(id, { from, to, previousUntil }) {
      const active = writer('credentials').where({ id, secret: from, revoked_at: null })
      return (await active.update({ secret: to, previous_secret: from, previous_until: previousUntil })) > 0
    },

    async customFields() {
      const rows = await reader('custom_fields').orderBy('name').select('*')
      return rows.map(
        (row): Field => ({
          name: row.name,
          jsonName: row.json_name,
          label: row.label,
          type: row.type as FieldType,
          isReadOnly: false,
          isCustom: true,
        }),
      )
    },
    addField({ name, jsonName, label, type }) {
      return isFirst(writer('custom_fields').insert({ name, json_name: jsonName, label, type, created_at: Date.now() }))
    },

    async fact(name, proposal) {
      await isFirst(writer('store_facts').insert({ name, value: proposal }))
      const row = await writer('store_facts').where({ name }).first('value')
      if (row === undefined) throw new Error(`the store lost its fact '${name}'`)
      return row.value
    },
  }
}

const noPrevious = { previous_secret: null, previous_until: null }

interface CredentialRow {
  id: string
  kind: string
  role: string
  secret: string
  previous_secret: string | null
  previous_until: number | null
  created_at: number
  revoked_at: number | null
}

function credentialFrom(row: CredentialRow): Credential {
  return {
    id: row.id,
    kind: row.kind as CredentialKind,
    role: row.role as Credential['role'],
    secret: row.secret,
    previous:
      row.previous_secret === null || row.previous_until === null
        ? null
        : { secret: row.previous_secret, until: row.previous_until },
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }
}

/** False where a row with that key is there already. */
export async function isFirst(insert: Knex.QueryBuilder): Promise<boolean> {
  try {
    await insert
    return true
  } catch (cause) {
    if (passingError(cause, 'working') instanceof StoreConflict) return false
    throw cause
  }
}
