// Runs of flows as jobs: on people that are named, on a static list or on who has a value of a field, carried out in
// the background over crashes. The policy of this face holds for each person; who must not be re-subscribed is counted
// as refused.

import { z } from 'zod'
import { fieldNameLengthMax, fieldValueLengthMax } from '../domain/field.js'
import { fillFlow, flowReason, tokenName } from '../domain/flow.js'
import type { FlowRunState, NewFlowRun } from '../service/flows/flows.js'
import type { Face, Service } from '../service/service.js'
import { readSelection } from './field-selection.js'
import { findPeople, namedPerson, peopleNamedMax } from './flow-people.js'
import { findFlow, flowMissing, flowParams, flowQuery } from './flows.js'
import { keyReused } from './idempotency.js'
import { evidenceLengthMax, reasonLengthMax, statedText } from './input.js'
import { conflict, type Finding, invalid, notFound } from './problem.js'
import { type GuardedRoute, type Reply, route } from './route.js'
import { timestamp, timeText } from './time.js'

const tokenLengthMax = 10_000

const runResource = z
  .object({
    id: z.int(),
    state: z.enum(['scheduled', 'running', 'cancelling', 'cancelled', 'done']),
    total: z
      .int()
      .nullable()
      .describe('How many people it was about when it was taken; null for a selection, and for old runs.'),
    done: z.int().describe('People that were gone through, of whom some may have been as they should be.'),
    changed: z.int(),
    refused: z.int().describe('People who stay as they were: a re-subscribe that the policy forbids, most of all.'),
    actor: z.string(),
    reason: z.string(),
    runAt: timestamp,
    endedAt: timestamp.nullable(),
  })
  .meta({ id: 'FlowRun' })

const newRun = z
  .strictObject({
    people: z.array(namedPerson).min(1).max(peopleNamedMax).optional().describe('Whom it is about.'),
    list: statedText(511).optional().describe('Full name of a static list: whoever is on it at the time of the run.'),
    selection: z
      .strictObject({ field: statedText(fieldNameLengthMax), value: z.string().max(fieldValueLengthMax) })
      .optional()
      .describe('Whoever has this value of a field at the time of the run; no end of people.'),
    tokens: z
      .record(z.string().max(255), z.string().max(tokenLengthMax))
      .default({})
      .describe('A value for each token of the flow: { "my.reason": "asked by phone" }.'),
    reason: statedText(reasonLengthMax).optional().describe('Why; needed where the flow re-subscribes.'),
    evidence: statedText(evidenceLengthMax).optional().describe('What proves it; needed where the flow re-subscribes.'),
    runAt: z.iso.datetime({ offset: true }).optional().describe('Not before this time; at once where absent.'),
  })
  .describe('On people, a list or a selection, one of them; on the list of the flow itself where none is named.')
  .meta({ id: 'NewFlowRun' })

type NewRun = z.output<typeof newRun>
type Needed = Pick<Service, 'flows' | 'fields' | 'lists' | 'reads'>

export function flowRunRoutes(service: Needed, face: Face): GuardedRoute[] {
  const { flows, fields } = service
  const params = z.strictObject({ ...flowParams, id: z.string().regex(/^[1-9]\d{0,8}$/, 'expected the id of a run') })
  const runMissing = { 404: 'There is no such flow, or it has no such run.' }
  const example = { params: { name: 'Opt out', id: '1' } }
  const found = async (flowId: number, id: string): Promise<FlowRunState> => {
    const run = await flows.flowRunById(Number(id))
    if (run?.flowId !== flowId) throw notFound('the flow has no run of that id')
    return run
  }
  return [
    route({
      method: 'POST',
      path: '/v1/flows/:name/runs',
      operationId: 'runFlow',
      tag: 'Flows',
      summary: 'Run a flow on people, on a list, or on who has a value of a field',
      description:
        'Taken once it is stored; carried out in the background, once for each person, over crashes too. What R2 ' +
        'asks of a re-subscribe is asked of each person by the policy of this face.',
      role: 'writer',
      params: z.strictObject(flowParams),
      query: flowQuery,
      body: newRun,
      replies: { 202: runResource },
      problems: flowMissing,
      examples: [
        {
          title: 'On people by address and by id',
          params: { name: 'Opt out' },
          body: { people: [{ email: 'bob@example.org' }, { id: 1_000_000_001 }], tokens: { 'my.reason': 'by phone' } },
          status: 202,
        },
        {
          title: 'On everybody with a value of a field',
          params: { name: 'Opt out' },
          body: { selection: { field: 'city', value: 'Berlin' }, tokens: { 'my.reason': 'office closed' } },
          status: 202,
        },
        {
          title: 'On a static list, later',
          params: { name: 'Opt out' },
          body: { list: 'Fair.Visitors', tokens: { 'my.reason': 'by phone' }, runAt: '2099-01-01T08:00:00Z' },
          status: 202,
        },
      ],
      async handle({ params: { name }, query: { program }, body, caller, replay }) {
        const flow = await findFlow(name, program, service)
        await fields.reload()
        const about = await whom(body, flow.listId, service)
        const tokens = new Map(Object.entries(body.tokens).map(([token, value]) => [tokenName(token), value]))
        const filled = fillFlow(flow.steps, tokens, fields.dictionary)
        if (filled.type === 'not-possible') throw invalid([{ path: 'body.tokens', message: filled.problem }])
        const { reason = null, evidence = null, runAt } = body
        const run: NewFlowRun = {
          ...{ flowId: flow.id, ...about, changes: filled.changes },
          ...{ reason: flowReason(flow.name, flow.program), actor: caller.id, role: caller.role },
          runAt: Math.max(runAt === undefined ? 0 : Date.parse(runAt), Date.now()),
          terms: { policy: face.policy, reason, evidence },
        }
        const id = await flows.scheduleFlowRun(run, replay)
        if (id === undefined) throw keyReused()
        return shown(202, await found(flow.id, String(id)))
      },
    }),
    route({
      method: 'GET',
      path: '/v1/flows/:name/runs/:id',
      operationId: 'getFlowRun',
      tag: 'Flows',
      summary: 'How far a run is',
      role: 'reader',
      params,
      query: flowQuery,
      replies: { 200: runResource },
      problems: runMissing,
      examples: [{ title: 'A run', ...example, status: 200 }],
      async handle({ params: { name, id }, query: { program } }) {
        const flow = await findFlow(name, program, service)
        return shown(200, await found(flow.id, id))
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/flows/:name/runs/:id',
      operationId: 'cancelFlowRun',
      tag: 'Flows',
      summary: 'Stop a run',
      description: 'Within the hundred people that it is at. Who was changed stays changed.',
      role: 'writer',
      takesKey: false,
      params,
      query: flowQuery,
      replies: { 202: runResource },
      problems: { ...runMissing, 409: 'It has ended, or was cancelled before.' },
      examples: [{ title: 'A run of next year', ...example, status: 202 }],
      async handle({ params: { name, id }, query: { program } }) {
        const flow = await findFlow(name, program, service)
        const run = await found(flow.id, id)
        if (!(await flows.cancelFlowRun(run.id, Date.now()))) {
          throw conflict('run-ended', 'the run has ended, or was cancelled before')
        }
        return shown(202, await found(flow.id, id))
      },
    }),
  ]
}

async function whom(
  { people, list, selection }: NewRun,
  ownListId: number | null,
  { lists, reads, fields }: Needed,
): Promise<Pick<NewFlowRun, 'listId' | 'ids' | 'selection' | 'total'>> {
  const refuse = (path: string, message: string): Finding[] => [{ path, message }]
  const given = [people, list, selection].filter(named => named !== undefined).length
  if (given > 1) throw invalid(refuse('body', `expected one of people, list and selection, got ${given}`))
  if (selection !== undefined) {
    const read = readSelection(selection, fields.dictionary, 'body.selection')
    if (read.type === 'not-possible') throw invalid(read.findings)
    return { listId: 0, selection: read.selection }
  }
  if (people !== undefined) {
    const ids = await findPeople(people, reads)
    return { listId: 0, ids, total: ids.length }
  }
  const named = list === undefined ? null : await lists.listByName(list)
  if (named === undefined) throw invalid(refuse('body.list', 'there is no list of that name'))
  const listId = named?.id ?? ownListId
  if (listId === null)
    throw invalid(refuse('body', 'expected people, a list or a selection: the flow has no list of its own'))
  return { listId, total: await reads.countSelected({ type: 'list', listId }) }
}

const shown = (status: number, run: FlowRunState): Reply => ({
  status,
  content: { type: 'json', value: present(run) },
})

function present(run: FlowRunState): z.input<typeof runResource> {
  const { id, total = null, people, changed, refused, actor, reason, terms, runAt, endedAt } = run
  return {
    ...{ id, state: stateOf(run), total, done: people, changed, refused, actor },
    reason: terms?.reason ?? reason,
    runAt: timeText(runAt),
    endedAt: endedAt === null ? null : timeText(endedAt),
  }
}

function stateOf({ cancelledAt, endedAt, isHeld, people }: FlowRunState): z.input<typeof runResource>['state'] {
  if (endedAt !== null) return cancelledAt === null ? 'done' : 'cancelled'
  if (cancelledAt !== null) return 'cancelling'
  return isHeld || people > 0 ? 'running' : 'scheduled'
}
