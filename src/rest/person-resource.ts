// A person as this face shows it. The flag is the status of the person's address, read through it; only a person
// without an address shows one of its own (R5). It knows no routes.

import { z } from 'zod'
import { type Field, type FieldDictionary, readBoolean } from '../domain/field.js'
import { addressField, flagField, reasonField } from '../domain/flag.js'
import type { Person } from '../domain/person.js'
import type { Fields } from '../service/fields.js'
import type { PersonView } from '../service/ports.js'
import { timestamp, timeText } from './time.js'

export const personResource = z
  .object({
    id: z.int(),
    email: z.string().nullable().describe('As it was written by who gave it.'),
    unsubscribed: z.boolean(),
    unsubscribedReason: z.string().nullable().describe('Why the person is unsubscribed; null where it is not.'),
    partition: z.string(),
    fields: z.record(z.string(), z.union([z.string(), z.boolean()])),
    foreignIds: z.array(z.object({ system: z.string(), id: z.string() })),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Person' })

export async function presentPeople(
  views: readonly PersonView[],
  fields: Pick<Fields, 'dictionary' | 'reload'>,
): Promise<z.input<typeof personResource>[]> {
  const isUnknown = (name: string): boolean => fields.dictionary.find(name) === undefined
  // Another process may have added a field a moment ago.
  if (views.some(({ person }) => Object.keys(person.fields).some(isUnknown))) await fields.reload()
  return views.map(view => presentPerson(view, fields.dictionary))
}

function presentPerson(
  { person, foreignIds, status }: PersonView,
  dictionary: FieldDictionary,
): z.input<typeof personResource> {
  const unsubscribed = status === null ? person.ownUnsubscribed : status.status === 'unsubscribed'
  const reason = status === null ? (person.fields[reasonField] ?? null) : status.reason
  return {
    id: person.id,
    email: person.address?.text ?? null,
    unsubscribed,
    unsubscribedReason: unsubscribed ? reason : null,
    partition: person.partition,
    fields: presentFields(person, dictionary),
    foreignIds: foreignIds.map(({ system, value }) => ({ system, id: value })),
    createdAt: timeText(person.createdAt),
    updatedAt: timeText(person.updatedAt),
  }
}

function presentFields({ fields }: Person, dictionary: FieldDictionary): Record<string, string | boolean> {
  const shown = Object.entries(fields).filter(([name]) => name !== addressField && name !== flagField)
  return Object.fromEntries(
    shown.map(([name, value]) => {
      const field = dictionary.find(name)
      return [field?.jsonName ?? name, presentValue(value, field?.type)]
    }),
  )
}

const presentValue = (value: string, type: Field['type'] | undefined): string | boolean =>
  type === 'boolean' ? (readBoolean(value) ?? value) : value
