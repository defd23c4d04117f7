// Static lists and workspaces: small tables that admins fill, and the pages of who is on a list.

import type { Knex } from 'knex'
import type { PersonId } from '../domain/person.js'
import type { ListStore, NamedList, Workspace } from '../service/lists.js'
import { StoreConflict } from '../service/ports.js'
import { type EngineName, insertIfAbsent } from './engine.js'
import { passingError } from './passing-errors.js'

// Far from the ids that lists had before the move, so that a caller that still sends one hits no other list.
const firstListId = 1_000_001

const fullName = (name: string, program: string | null): string => (program === null ? name : `${program}.${name}`)

export function createLists(engine: EngineName, writer: Knex, reader: Knex): ListStore {
  return {
    async listByName(name) {
      const row = await reader('static_lists').where({ name }).first('id', 'name', 'program')
      return row && listFrom(row)
    },
    async listById(id) {
      const row = await reader('static_lists').where({ id }).first('id', 'name', 'program')
      return row && listFrom(row)
    },
    async lists() {
      const rows = await reader('static_lists').orderBy('name').select('id', 'name', 'program')
      return rows.map(listFrom)
    },
    async addList(name, program) {
      const row = { name: fullName(name, program), program, created_at: Date.now() }
      try {
        return await writer.transaction(async transaction => {
          const id = await nextListId(engine, transaction)
          await transaction('static_lists').insert({ id, ...row })
          return listFrom({ id, ...row })
        })
      } catch (cause) {
        if (passingError(cause, 'working') instanceof StoreConflict) return undefined
        throw cause
      }
    },
    async membersOf(listId, { after, limit }) {
      const query = reader('list_members').where({ list_id: listId }).andWhere('person_id', '>', after)
      const rows: { person_id: PersonId }[] = await query.orderBy('person_id').limit(limit).select('person_id')
      return rows.map(row => row.person_id)
    },
    async membersAmong(listId, ids) {
      if (ids.length === 0) return new Set()
      const query = reader('list_members')
        .where({ list_id: listId })
        .whereIn('person_id', [...ids])
      const rows: { person_id: PersonId }[] = await query.select('person_id')
      return new Set(rows.map(row => row.person_id))
    },

    async workspaces() {
      const rows = await reader('workspaces').orderBy('folded_name').select('name', 'partition_name')
      return rows.map((row): Workspace => ({ name: row.name, partition: row.partition_name }))
    },
    async addWorkspace({ name, partition }) {
      const row = { folded_name: name.toLowerCase(), name, partition_name: partition, created_at: Date.now() }
      try {
        await writer('workspaces').insert(row)
        return true
      } catch (cause) {
        if (passingError(cause, 'working') instanceof StoreConflict) return false
        throw cause
      }
    },
  }
}

function listFrom(row: { id: number; name: string; program: string | null }): NamedList {
  return { id: row.id, name: row.name, program: row.program }
}

async function nextListId(engine: EngineName, transaction: Knex.Transaction): Promise<number> {
  await insertIfAbsent(engine, transaction('counters').insert({ name: 'list', next: firstListId }), 'name')
  const { next } = await transaction('counters').where({ name: 'list' }).forUpdate().first('next')
  await transaction('counters')
    .where({ name: 'list' })
    .update({ next: next + 1 })
  return next
}
