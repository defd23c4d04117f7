// The versions of settings, kept in memory.
import type { SettingStore, StoredSetting } from '../../src/service/settings.js'

export function memorySettings(): SettingStore {
  const versions: StoredSetting[] = []
  const newestFirst = (name: string): StoredSetting[] =>
    versions.filter(setting => setting.name === name).sort((a, b) => b.version - a.version)
  return {
    async newestSettings() {
      return [...new Set(versions.map(({ name }) => name))].map(name => newestFirst(name)[0]!)
    },
    async addSettingVersion(setting) {
      if (newestFirst(setting.name).some(({ version }) => version === setting.version)) return false
      versions.push(setting)
      return true
    },
    async settingVersions(name, { before, limit }) {
      return newestFirst(name)
        .filter(({ version }) => before === null || version < before)
        .slice(0, limit)
    },
  }
}
