// The versions of each setting, as rows that are only ever added.

import type { Knex } from 'knex'
import type { SettingStore, StoredSetting } from '../service/settings.js'
import { isFirst } from './registry.js'

interface SettingRow {
  name: string
  version: number
  value: string
  changed_at: number
  changed_by: string
}

const columns = ['name', 'version', 'value', 'changed_at', 'changed_by'] as const

export function createSettings(writer: Knex, reader: Knex): SettingStore {
  return {
    async newestSettings() {
      const newest = reader('settings').groupBy('name').select('name').max('version as version').as('newest')
      const rows: SettingRow[] = await reader('settings')
        .join(newest, join => void join.on('newest.name', 'settings.name').on('newest.version', 'settings.version'))
        .select(columns.map(column => `settings.${column}`))
      return rows.map(settingFrom)
    },
    addSettingVersion({ name, version, value, changedAt, changedBy }) {
      const row: SettingRow = { name, version, value, changed_at: changedAt, changed_by: changedBy }
      return isFirst(writer('settings').insert(row))
    },
    async settingVersions(name, { before, limit }) {
      const query = reader('settings').where({ name }).orderBy('version', 'desc').limit(limit)
      const rows: SettingRow[] = await (before === null ? query : query.andWhere('version', '<', before)).select(
        ...columns,
      )
      return rows.map(settingFrom)
    },
  }
}

function settingFrom({
  name,
  version,
  value,
  changed_at: changedAt,
  changed_by: changedBy,
}: SettingRow): StoredSetting {
  return { name, version, value, changedAt, changedBy }
}
