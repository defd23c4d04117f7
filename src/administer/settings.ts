// What the command line does about settings. Prints plain lines for people, and sets the exit code.

import { userInfo } from 'node:os'
import type { Config } from '../config.js'
import { OperatorError } from '../operator-error.js'
import { isSettingName, settingNames, settingSchemas } from '../service/setting-values.js'
import { print, refuse, withStore } from './store-work.js'

export async function listSettings(config: Config): Promise<void> {
  await withStore(config, async ({ settings }) => {
    for (const { name, value, changedAt, changedBy } of settings.all()) {
      const since = changedAt === null ? 'default' : `set ${new Date(changedAt).toISOString()} by ${changedBy}`
      if (!Array.isArray(value)) print(`${name.padEnd(22)}${value}  (${since})`)
      else {
        print(`${name.padEnd(22)}${value.length} (${since})`)
        for (const item of value) print(`  ${JSON.stringify(item)}`)
      }
    }
  })
}

/** `text`: a word, or JSON where the setting is more than a word. */
export async function setSetting(config: Config, name: string, text: string): Promise<void> {
  if (!isSettingName(name)) {
    throw new OperatorError(`settings: expected one of ${settingNames.join(', ')}, got '${name}'`)
  }
  const read = settingSchemas[name].safeParse(jsonOrWord(text))
  if (!read.success) {
    const findings = read.error.issues.map(({ path, message }) => [...path, message].join(': '))
    throw new OperatorError(`settings: ${name}: ${findings.join('; ')}`)
  }
  const { data } = read
  await withStore(config, async ({ settings }) => {
    const set = await settings.set(name, data, { actor: `command line (${userInfo().username})`.slice(0, 255) })
    if (set.type === 'set') print(`${name} is at version ${set.setting.version}; every server sees it within seconds`)
    else refuse(`${name} was changed by somebody else at the same time, it is at version ${set.actual}`)
  })
}

function jsonOrWord(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON: the schema says whether the word itself will do.
    return text
  }
}
