// The settings that are in force, typed. Kept in memory, so that rules and checks can ask at any time; every process
// reads them again each second. Each change is a new version that says who made it, and none is ever overwritten.

import { type SettingName, type SettingValue, settingDefaults, settingNames, settingSchemas } from './setting-values.js'

/** One version as the store keeps it. The value is JSON. */
export interface StoredSetting {
  readonly name: string
  readonly version: number
  readonly value: string
  readonly changedAt: number
  readonly changedBy: string
}

/** The part of a store that keeps settings. */
export interface SettingStore {
  /** The newest version of each setting that was ever set. */
  newestSettings(): Promise<readonly StoredSetting[]>
  /** False where the setting has this version already: somebody else was first. */
  addSettingVersion(setting: StoredSetting): Promise<boolean>
  /** Newest first, those below the version `before` (null: from the newest). */
  settingVersions(
    name: string,
    page: { readonly before: number | null; readonly limit: number },
  ): Promise<readonly StoredSetting[]>
}

/** Version 0: nobody ever set it, the default holds. */
export interface Setting<Name extends SettingName = SettingName> {
  readonly name: Name
  readonly value: SettingValue<Name>
  readonly version: number
  readonly changedAt: number | null
  readonly changedBy: string | null
}

export interface SettingChange {
  readonly version: number
  readonly from: unknown
  readonly to: unknown
  readonly at: number
  readonly by: string
}

export type SettingSet<Name extends SettingName> =
  | { readonly type: 'set'; readonly setting: Setting<Name> }
  /** The caller expected another version. */
  | { readonly type: 'version-moved'; readonly actual: number }

/** How old the settings of a process may be. */
export const settingsReadEveryMs = 1_000
// Others can be first a few times; that often in a row something is broken.
const attemptsMax = 10

export class Settings {
  readonly #store: SettingStore
  #inForce: ReadonlyMap<string, Setting> = new Map()

  private constructor(store: SettingStore) {
    this.#store = store
  }

  static async load(store: SettingStore): Promise<Settings> {
    const settings = new Settings(store)
    await settings.reload()
    return settings
  }

  /** What is in force, at most `settingsReadEveryMs` old where somebody keeps it fresh. */
  value<Name extends SettingName>(name: Name): SettingValue<Name> {
    return this.get(name).value
  }

  get<Name extends SettingName>(name: Name): Setting<Name> {
    const found = this.#inForce.get(name)
    // Entered under its own name, and parsed by the schema of that name.
    if (found !== undefined) return found as Setting<Name>
    return { name, value: settingDefaults[name], version: 0, changedAt: null, changedBy: null }
  }

  all(): readonly Setting[] {
    return settingNames.map(name => this.get(name))
  }

  async reload(): Promise<void> {
    const found = new Map<string, Setting>()
    const stored = new Map((await this.#store.newestSettings()).map(setting => [setting.name, setting]))
    // What a newer program keeps beside ours is not for us.
    for (const name of settingNames) {
      const setting = stored.get(name)
      if (setting === undefined) continue
      const { version, changedAt, changedBy } = setting
      found.set(name, { name, value: readValue(name, setting.value), version, changedAt, changedBy })
    }
    this.#inForce = found
  }

  /** Reads them again now and then until it is stopped. */
  keepFresh(onTrouble: (cause: unknown) => void): { stop(): void } {
    const timer = setInterval(() => void this.reload().catch(onTrouble), settingsReadEveryMs)
    timer.unref()
    return { stop: () => clearInterval(timer) }
  }

  /** To what it is already is no change. `expectedVersion`: the version that the caller saw last. */
  async set<Name extends SettingName>(
    name: Name,
    value: SettingValue<Name>,
    { actor, expectedVersion }: { readonly actor: string; readonly expectedVersion?: number },
  ): Promise<SettingSet<Name>> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      await this.reload()
      const before = this.get(name)
      if (JSON.stringify(before.value) === JSON.stringify(value)) return { type: 'set', setting: before }
      if (expectedVersion !== undefined && expectedVersion !== before.version) {
        return { type: 'version-moved', actual: before.version }
      }
      const version = before.version + 1
      const changed = { name, version, changedAt: Date.now(), changedBy: actor }
      const isFirst = await this.#store.addSettingVersion({ ...changed, value: JSON.stringify(value) })
      if (!isFirst) continue
      await this.reload()
      return { type: 'set', setting: { ...changed, value } }
    }
    throw new Error(`the setting ${name} was changed by others ${attemptsMax} times in a row`)
  }

  /** Newest first: who changed it, when, from what to what. */
  async changes(
    name: SettingName,
    { before, limit }: { readonly before: number | null; readonly limit: number },
  ): Promise<readonly SettingChange[]> {
    // One more than asked for: each version says what it became, the one before it what it was.
    const versions = await this.#store.settingVersions(name, { before, limit: limit + 1 })
    return versions.slice(0, limit).map(({ version, value, changedAt, changedBy }, index): SettingChange => {
      const previous = versions[index + 1]
      const from: unknown = previous === undefined ? settingDefaults[name] : JSON.parse(previous.value)
      return { version, from, to: JSON.parse(value), at: changedAt, by: changedBy }
    })
  }
}

function readValue<Name extends SettingName>(name: Name, text: string): SettingValue<Name> {
  const read = settingSchemas[name].safeParse(JSON.parse(text))
  if (read.success) return read.data as SettingValue<Name> // parsed by the schema of that very name
  throw new Error(`the store holds a value of the setting ${name} that this program does not understand`)
}
