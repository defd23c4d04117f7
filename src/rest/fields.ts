// The fields that a person can have: listed for everybody who may look, added by admins, as the command line does.

import { z } from 'zod'
import { type Field, fieldNameLengthMax, fieldTypes } from '../domain/field.js'
import type { Service } from '../service/service.js'
import { statedText } from './input.js'
import { conflict, invalid, notFound } from './problem.js'
import { type GuardedRoute, route } from './route.js'

const labelLengthMax = 255

const fieldResource = z
  .object({
    name: z.string().describe('The attribute name that SOAP callers use.'),
    jsonName: z.string().describe('The name among the fields of a person here.'),
    label: z.string().describe('What people read.'),
    type: z.enum(fieldTypes),
    isCustom: z.boolean(),
    isReadOnly: z.boolean(),
  })
  .meta({ id: 'Field' })

const newField = z
  .strictObject({
    name: z.string().min(1).max(fieldNameLengthMax).describe('The attribute name that SOAP callers use.'),
    label: statedText(labelLengthMax).optional().describe('What people read; the name where absent.'),
    type: z.enum(fieldTypes).default('string'),
  })
  .meta({ id: 'NewField' })

export function fieldRoutes({ fields }: Pick<Service, 'fields'>): GuardedRoute[] {
  return [
    route({
      method: 'GET',
      path: '/v1/fields',
      operationId: 'listFields',
      tag: 'Fields',
      summary: 'All fields, standard and custom',
      role: 'reader',
      replies: { 200: z.object({ fields: z.array(fieldResource) }) },
      examples: [{ title: 'All', status: 200 }],
      async handle() {
        await fields.reload()
        return { status: 200, content: { type: 'json', value: { fields: fields.dictionary.fields.map(present) } } }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/fields/:name',
      operationId: 'getField',
      tag: 'Fields',
      summary: 'A field, by either of its names',
      role: 'reader',
      params: z.strictObject({ name: z.string().describe('In any letter case.') }),
      replies: { 200: fieldResource },
      problems: { 404: 'There is no field of this name.' },
      examples: [{ title: 'First Name', params: { name: 'FirstName' }, status: 200 }],
      async handle({ params: { name } }) {
        await fields.reload()
        const field = fields.dictionary.find(name)
        if (field === undefined) throw notFound('there is no field of that name')
        return { status: 200, content: { type: 'json', value: present(field) } }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/fields',
      operationId: 'addField',
      tag: 'Fields',
      summary: 'Add a custom field',
      description: 'Every server knows it at once. A field that was added stays: values may be kept under its name.',
      role: 'admin',
      // Adding it twice is refused by its name.
      takesKey: false,
      body: newField,
      replies: { 201: fieldResource },
      problems: { 409: 'There is a field of this name, in whatever letter case.' },
      examples: [
        {
          title: 'A custom field',
          body: { name: 'PreferredLanguage', label: 'Preferred Language', type: 'string' },
          status: 201,
        },
      ],
      async handle({ body: { name, label = name, type } }) {
        await fields.reload()
        const added = await fields.add({ name, label, type })
        if (added.type === 'added') return { status: 201, content: { type: 'json', value: present(added.field) } }
        const findings = [{ path: 'body.name', message: added.problem }]
        throw added.isTaken ? conflict('field-exists', added.problem, findings) : invalid(findings)
      },
    }),
  ]
}

function present({ name, jsonName, label, type, isCustom, isReadOnly }: Field): z.input<typeof fieldResource> {
  return { name, jsonName, label, type, isCustom, isReadOnly }
}
