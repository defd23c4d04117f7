// The settings of the installation: readable by whoever may read, changed by admins, each change on record. One pair
// of routes for each setting, so that each has its own schema in the description of this face.

import { z } from 'zod'
import type { Service } from '../service/service.js'
import {
  type SettingName,
  type SettingValue,
  settingNames,
  settingSchemas,
  settingSummaries,
} from '../service/setting-values.js'
import type { Setting } from '../service/settings.js'
import { entityTag, precondition, versionMoved } from './conditional.js'
import { type GuardedRoute, type Reply, route } from './route.js'
import { timestamp, timeText } from './time.js'

const changesMax = 100

// unsubscribe-check: UnsubscribeCheck, as names of operations and schemas have it.
const wordOf = (name: SettingName): string =>
  name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())

const resourceOf = (name: SettingName) =>
  z
    .object({
      name: z.literal(name),
      value: settingSchemas[name],
      version: z.int().describe('Counts the changes; 0: nobody ever set it, the default holds.'),
      changedAt: timestamp.nullable(),
      changedBy: z.string().nullable(),
    })
    .meta({ id: `${wordOf(name)}Setting` })

const changeOf = (name: SettingName) =>
  z.object({
    version: z.int(),
    from: settingSchemas[name],
    to: settingSchemas[name],
    at: timestamp,
    by: z.string(),
  })

const examples: { readonly [Name in SettingName]: SettingValue<Name> } = {
  'unsubscribe-check': 'off',
  'resubscribe-reasons': [
    { name: 'asked-by-phone', text: 'The recipient asked by phone to get mail again.', byRecipient: true },
  ],
}

export function settingRoutes({ settings }: Pick<Service, 'settings'>): GuardedRoute[] {
  const resources = settingNames.map(name => [name, resourceOf(name)] as const)
  const list = route({
    method: 'GET',
    path: '/v1/settings',
    operationId: 'listSettings',
    tag: 'Settings',
    summary: 'All settings that are in force',
    role: 'reader',
    replies: { 200: z.object({ settings: z.array(z.union(resources.map(([, resource]) => resource))) }) },
    examples: [{ title: 'All', status: 200 }],
    async handle() {
      await settings.reload()
      return { status: 200, content: { type: 'json', value: { settings: settings.all().map(present) } } }
    },
  })
  return [list, ...resources.flatMap(([name, resource]) => routesOf(name, resource, settings))]
}

function routesOf(name: SettingName, resource: z.ZodType, settings: Service['settings']): GuardedRoute[] {
  const path = `/v1/settings/${name}`
  const before = z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'expected a version, a whole number from 1 on')
    .transform(Number)
    .optional()
    .describe('Only changes before this version.')
  return [
    route({
      method: 'GET',
      path,
      operationId: `get${wordOf(name)}Setting`,
      tag: 'Settings',
      summary: `Setting: ${settingSummaries[name]}`,
      role: 'reader',
      isVersioned: true,
      replies: { 200: resource },
      examples: [{ title: 'Now', status: 200 }],
      async handle() {
        await settings.reload()
        return shown(settings.get(name))
      },
    }),
    route({
      method: 'PUT',
      path,
      operationId: `set${wordOf(name)}Setting`,
      tag: 'Settings',
      summary: `Change the setting: ${settingSummaries[name]}`,
      role: 'admin',
      isVersioned: true,
      takesKey: false,
      body: z.strictObject({ value: settingSchemas[name] }),
      replies: { 200: resource },
      examples: [{ title: 'Change it', body: { value: examples[name] }, status: 200 }],
      async handle({ body, caller, headers }) {
        const expected = precondition(headers['if-match'])
        if (expected.type === 'unmatchable') throw versionMoved('If-Match: no version of a setting has this tag')
        const by = { actor: caller.id, ...(expected.type === 'version' ? { expectedVersion: expected.version } : {}) }
        const set = await settings.set(name, body.value, by)
        if (set.type === 'set') return shown(set.setting)
        throw versionMoved(`If-Match: the setting ${name} is at version ${set.actual}`, entityTag(set.actual))
      },
    }),
    route({
      method: 'GET',
      path: `${path}/changes`,
      operationId: `list${wordOf(name)}SettingChanges`,
      tag: 'Settings',
      summary: `Who changed the setting, newest first: ${settingSummaries[name]}`,
      role: 'reader',
      query: z.strictObject({ before }),
      replies: { 200: z.object({ changes: z.array(changeOf(name)).max(changesMax) }) },
      examples: [{ title: 'The newest', status: 200 }],
      async handle({ query }) {
        const changes = await settings.changes(name, { before: query.before ?? null, limit: changesMax })
        const value = { changes: changes.map(change => ({ ...change, at: timeText(change.at) })) }
        return { status: 200, content: { type: 'json', value } }
      },
    }),
  ]
}

const shown = (setting: Setting): Reply => ({
  status: 200,
  headers: { ETag: entityTag(setting.version) },
  content: { type: 'json', value: present(setting) },
})

function present({ name, value, version, changedAt, changedBy }: Setting): object {
  return { name, value, version, changedAt: changedAt === null ? null : timeText(changedAt), changedBy }
}
