// People as this face shows them, and their deletion. The flag is the status of the person's address, read through it;
// only a person without an address shows one of its own (R5).

import { z } from 'zod'
import { type Field, type FieldDictionary, readBoolean } from '../domain/field.js'
import { addressField, flagField, reasonField } from '../domain/flag.js'
import { type Person, type PersonId, personIdMax } from '../domain/person.js'
import type { PersonView } from '../service/ports.js'
import { causeOf, type Face, type Service } from '../service/service.js'
import { replayHeaders, withoutKeyTrouble } from './idempotency.js'
import { notFound } from './problem.js'
import { type GuardedRoute, route } from './route.js'
import { timestamp, timeText } from './time.js'

const personIdInUrl = z
  .string()
  .transform((text, context): PersonId => {
    const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN
    if (id <= personIdMax) return id
    context.addIssue(`expected a whole number from 1 to ${personIdMax}`)
    return z.NEVER
  })
  .describe('The id of a person.')

export const personResource = z.object({
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

export function personRoutes(
  { reads, writes, fields }: Pick<Service, 'reads' | 'writes' | 'fields'>,
  face: Face,
): GuardedRoute[] {
  const params = z.strictObject({ id: personIdInUrl })
  return [
    route({
      method: 'GET',
      path: '/v1/people/:id',
      summary: 'A person',
      role: 'reader',
      params,
      replies: { 200: personResource },
      async handle({ params: { id } }) {
        const [view] = await reads.peopleByIds([id])
        if (view === undefined) throw nobody(id)
        // Another process may have added a field a moment ago.
        if (Object.keys(view.person.fields).some(name => fields.dictionary.find(name) === undefined)) {
          await fields.reload()
        }
        return { status: 200, content: { type: 'json', value: presentPerson(view, fields.dictionary) } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/people/:id',
      summary: 'Delete a person; the status of its address stays',
      role: 'writer',
      params,
      replies: { 204: null },
      async handle({ params: { id }, caller, replay }) {
        const cause = causeOf(caller, face)
        const command = { type: 'delete-person', id } as const
        const answer = withoutKeyTrouble(await writes.submit({ command, cause, policy: face.policy, replay }))
        if (answer.type !== 'rejected')
          return { status: 204, headers: replayHeaders(answer), content: { type: 'none' } }
        if (answer.rejection.type === 'person-not-found') throw nobody(id)
        throw new Error(`delete-person was rejected as ${answer.rejection.type}`)
      },
    }),
  ]
}

const nobody = (id: PersonId): Error => notFound(`there is no person with the id ${id}`)

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
