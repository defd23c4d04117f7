// Which settings there are, what each may hold, and what holds until an admin says otherwise. The schemas here are
// the only ones: of request bodies, of the command line, and of what the store gives back.

import { z } from 'zod'

/** The default reasons are ours: the list of the old sales tool survives only as a picture (durable-unsubscribe 2). */
const firstReasons = [
  { name: 'asked-in-writing', text: 'The recipient asked in writing to get mail again.', byRecipient: true },
  { name: 'asked-by-phone', text: 'The recipient asked by phone or in person to get mail again.', byRecipient: true },
  { name: 'opted-in-again', text: 'The recipient opted in again, on a form or a preference page.', byRecipient: true },
  { name: 'own-mistake', text: 'The recipient says that the opt-out was a mistake of theirs.', byRecipient: true },
  { name: 'correction', text: 'The opt-out was recorded by a mistake of ours.', byRecipient: false },
]

const reason = z
  .strictObject({
    name: z
      .string()
      .max(64)
      .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'expected small letters, digits and single hyphens: asked-by-phone')
      .describe('What callers send and histories keep.'),
    text: z.string().trim().min(1).max(500).describe('What admins read when they pick one.'),
    byRecipient: z
      .boolean()
      .default(false)
      .describe('True where it says that the recipient asked: only such a reason ends an opt-out of the recipient.'),
  })
  .describe('A reason for which an address may be re-subscribed.')

export const settingSchemas = {
  'unsubscribe-check': z.enum(['on', 'off']).describe('Whether checks before sending look at opt-outs.'),
  'resubscribe-reasons': z
    .array(reason)
    .max(50)
    .refine(list => new Set(list.map(({ name }) => name)).size === list.length, 'expected each name once')
    .describe('The reasons that a guarded re-subscribe may have. An empty list lets nobody re-subscribe.'),
} as const

export type SettingName = keyof typeof settingSchemas
export type SettingValue<Name extends SettingName> = z.output<(typeof settingSchemas)[Name]>

export const settingNames = Object.keys(settingSchemas) as readonly SettingName[]

export const isSettingName = (name: string): name is SettingName => Object.hasOwn(settingSchemas, name)

/** What holds until an admin sets it. */
export const settingDefaults: { readonly [Name in SettingName]: SettingValue<Name> } = {
  'unsubscribe-check': 'on',
  'resubscribe-reasons': firstReasons,
}

/** What the settings are for, in a sentence. */
export const settingSummaries: Readonly<Record<SettingName, string>> = {
  'unsubscribe-check': 'the check before sending',
  'resubscribe-reasons': 'the reasons for which an address may be re-subscribed',
}
