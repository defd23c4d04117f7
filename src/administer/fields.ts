// What the command line does about the fields that a person can have.

import type { Config } from '../config.js'
import type { FieldType } from '../domain/field.js'
import { print, refuse, withStore } from './store-work.js'

export async function addField(
  config: Config,
  name: string,
  { label, type }: { label?: string; type: FieldType },
): Promise<void> {
  await withStore(config, async ({ fields }) => {
    const added = await fields.add({ name, label: label ?? name, type })
    if (added.type === 'refused') refuse(added.problem)
    else print(`added ${name} (${type}), in JSON ${added.field.jsonName}`)
  })
}

export async function listFields(config: Config): Promise<void> {
  await withStore(config, async ({ fields }) => {
    for (const { name, jsonName, label, type, isCustom, isReadOnly } of fields.dictionary.fields) {
      const marks = [isCustom ? 'custom' : 'standard', ...(isReadOnly ? ['read-only'] : [])].join(' ')
      print([name.padEnd(30), jsonName.padEnd(30), type.padEnd(9), marks.padEnd(19), label].join('  '))
    }
  })
}
