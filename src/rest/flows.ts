// Change Data Value flows: admins define and delete them, everybody may look. Running them is in flow-runs.ts; what a
// flow may say is a rule of the domain.

import { z } from 'zod'
import { type Flow, flowNameLengthMax, flowProblems, flowStepsMax } from '../domain/flow.js'
import type { Service } from '../service/service.js'
import { statedText } from './input.js'
import { conflict, invalid, notFound, type Problem } from './problem.js'
import { type GuardedRoute, route } from './route.js'

const descriptionLengthMax = 2_000
const valueLengthMax = 65_535

const step = z
  .strictObject({
    field: z.string().max(255).describe('Name of the field that is set.'),
    value: z
      .string()
      .max(valueLengthMax)
      .nullable()
      .describe('Null clears the field. A text may hold tokens such as {{my.reason}}, which each run fills.'),
  })
  .meta({ id: 'FlowStep' })

const flowResource = z
  .object({
    id: z.int().describe('What SOAP callers know as the id of a campaign.'),
    name: z.string(),
    program: z.string().nullable(),
    description: z.string(),
    steps: z.array(step),
    list: z.string().nullable().describe('Full name of the list that it runs on where a run names nobody.'),
  })
  .meta({ id: 'Flow' })

const newFlow = z
  .strictObject({
    name: statedText(flowNameLengthMax),
    program: statedText(flowNameLengthMax).optional(),
    description: z.string().max(descriptionLengthMax).default(''),
    steps: z.array(step).min(1).max(flowStepsMax),
    list: statedText(511).optional().describe('Full name of a static list.'),
  })
  .meta({ id: 'NewFlow' })

export const flowParams = { name: z.string().describe('The name of a flow.') }
export const flowQuery = z.strictObject({
  program: z.string().optional().describe('The program that the flow is in, where it is in one.'),
})
export const flowMissing = { 404: 'There is no such flow in that program, or in none where none is named.' }

export async function findFlow(name: string, program: string | undefined, service: Pick<Service, 'flows'>) {
  const flow = await service.flows.flowByName(name, program ?? null)
  if (flow === undefined) throw unknown(name, program)
  return flow
}

const unknown = (name: string, program?: string): Problem =>
  notFound(`there is no flow '${name}' ${program === undefined ? 'without a program' : `in ${program}`}`)

type Needed = Pick<Service, 'flows' | 'fields' | 'lists'>

export function flowRoutes(service: Needed): GuardedRoute[] {
  const { flows, fields, lists } = service
  const params = z.strictObject(flowParams)
  return [
    route({
      method: 'GET',
      path: '/v1/flows',
      operationId: 'listFlows',
      tag: 'Flows',
      summary: 'All flows',
      role: 'reader',
      replies: { 200: z.object({ flows: z.array(flowResource) }) },
      examples: [{ title: 'All', status: 200 }],
      async handle() {
        const names = new Map((await lists.lists()).map(({ id, name }) => [id, name]))
        const all = (await flows.flows()).map(flow => present(flow, names.get(flow.listId ?? 0) ?? null))
        return { status: 200, content: { type: 'json', value: { flows: all } } }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/flows',
      operationId: 'addFlow',
      tag: 'Flows',
      summary: 'Define a flow',
      role: 'admin',
      // Defining it twice is refused by its name.
      takesKey: false,
      body: newFlow,
      replies: { 201: flowResource },
      problems: { 409: 'The program has a flow of this name.' },
      examples: [
        {
          title: 'Opt people out with a reason that each run brings',
          body: {
            name: 'Opt out by phone',
            steps: [
              { field: 'Unsubscribed', value: 'true' },
              { field: 'UnsubscribedReason', value: '{{my.reason}}' },
            ],
          },
          status: 201,
        },
      ],
      async handle({ body: { name, program = null, description, steps, list } }) {
        const found = list === undefined ? null : await lists.listByName(list)
        if (found === undefined) throw invalid([{ path: 'body.list', message: 'there is no list of that name' }])
        await fields.reload()
        const flow = { name, program, description, steps, listId: found?.id ?? null }
        const problems = flowProblems(flow, fields.dictionary)
        if (problems.length > 0) throw invalid(problems.map(message => ({ path: 'body.steps', message })))
        const added = await flows.addFlow(flow)
        if (added === undefined) throw conflict('flow-exists', 'the program has a flow of that name')
        return { status: 201, content: { type: 'json', value: present(added, found?.name ?? null) } }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/flows/:name',
      operationId: 'getFlow',
      tag: 'Flows',
      summary: 'A flow',
      role: 'reader',
      params,
      query: flowQuery,
      replies: { 200: flowResource },
      problems: flowMissing,
      examples: [{ title: 'By its name', params: { name: 'Opt out' }, status: 200 }],
      async handle({ params: { name }, query: { program } }) {
        const flow = await findFlow(name, program, service)
        const list = flow.listId === null ? undefined : await lists.listById(flow.listId)
        return { status: 200, content: { type: 'json', value: present(flow, list?.name ?? null) } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/flows/:name',
      operationId: 'deleteFlow',
      tag: 'Flows',
      summary: 'Delete a flow; runs that were taken go on',
      description: 'SOAP callers no longer find it among the campaigns.',
      role: 'admin',
      takesKey: false,
      params,
      query: flowQuery,
      replies: { 204: null },
      problems: flowMissing,
      examples: [{ title: 'By its name', params: { name: 'Opt out' }, status: 204 }],
      async handle({ params: { name }, query: { program } }) {
        const { id } = await findFlow(name, program, service)
        if (!(await flows.deleteFlow(id))) throw unknown(name, program)
        return { status: 204, content: { type: 'none' } }
      },
    }),
  ]
}

function present({ id, name, program, description, steps }: Flow, list: string | null): z.input<typeof flowResource> {
  return { id, name, program, description, steps: steps.map(({ field, value }) => ({ field, value })), list }
}
