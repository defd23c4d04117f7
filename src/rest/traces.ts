// Whose calls are kept for support, and what was kept of them, for admins. Everything that is shown was redacted before
// it was kept; there is nothing here that could show more.

import { z } from 'zod'
import type { Service } from '../service/service.js'
import { type KeptCall, type TraceFacts, traceCallsMax, traceMinutesMax, tracesMax } from '../service/traces/traces.js'
import { transcriptOf } from '../service/traces/transcript.js'
import { cursors, pageOf } from './page.js'
import { conflict, notFound } from './problem.js'
import { type GuardedRoute, type Reply, route } from './route.js'
import { timestamp, timeText } from './time.js'

const minutesDefault = 60
const callsDefault = 100

const traceResource = z
  .object({
    caller: z.string(),
    startedAt: timestamp,
    startedBy: z.string(),
    until: timestamp.describe('From then on nothing is kept any more.'),
    calls: z.int().describe('So many are kept, the newest.'),
    kept: z.int().describe('So many are kept now, those included that only claim to be of this caller.'),
  })
  .meta({ id: 'Trace' })

const callResource = z
  .object({
    id: z.int().describe('Ids grow.'),
    at: timestamp,
    requestId: z.string(),
    proven: z.boolean().describe('False: it names the caller, and was not signed by it or could not be read.'),
    operation: z.string().nullable(),
    status: z.int(),
    fault: z.string().nullable().describe('The code of the fault.'),
    ms: z.number(),
    requestBytes: z.int(),
    replyBytes: z.int(),
  })
  .meta({ id: 'TracedCall' })

const caller = z.string().max(255).describe('The id of a SOAP credential.')
const callId = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'expected the number of a call')
  .transform(Number)
const missing = { 404: 'No call of this caller is kept.' }
const callCursors = cursors('traced-calls', z.tuple([z.int()]))

export function traceRoutes({ traces, credentials }: Pick<Service, 'traces' | 'credentials'>): GuardedRoute[] {
  const common = { tag: 'Traces', role: 'admin', takesKey: false } as const
  const found = async (id: string): Promise<TraceFacts> => {
    const trace = (await traces.list()).find(each => each.caller === id)
    if (trace === undefined) throw notFound(`there is no trace of '${id}'`)
    return trace
  }
  return [
    route({
      ...common,
      method: 'GET',
      path: '/v1/traces',
      operationId: 'listTraces',
      summary: 'Callers whose calls are kept, or were until lately',
      replies: { 200: z.object({ traces: z.array(traceResource) }) },
      examples: [{ title: 'All', status: 200 }],
      handle: async () => json({ traces: (await traces.list()).map(present) }),
    }),
    route({
      ...common,
      method: 'PUT',
      path: '/v1/traces/:caller',
      operationId: 'startTrace',
      summary: 'Keep the calls of a caller for a while, with every value taken out',
      description:
        'Takes effect on every server within a second or two. A second request sets time and number anew; with 0 ' +
        `minutes it ends, and what was kept stays. Up to ${tracesMax} callers at a time.`,
      params: z.strictObject({ caller }),
      body: z.strictObject({
        minutes: z.int().min(0).max(traceMinutesMax).default(minutesDefault),
        calls: z.int().min(1).max(traceCallsMax).default(callsDefault).describe('The newest so many are kept.'),
      }),
      replies: { 200: traceResource },
      problems: {
        404: 'There is no active SOAP credential with this id.',
        409: `${tracesMax} callers are traced already.`,
      },
      examples: [
        { title: 'For an hour', params: { caller: 'the old sync' }, body: {}, status: 200 },
        { title: 'No longer', params: { caller: 'the old sync' }, body: { minutes: 0 }, status: 200 },
      ],
      async handle({ params, body, caller: admin }) {
        const known = (await credentials.list()).find(each => each.id === params.caller)
        if (known === undefined || known.revokedAt !== null || known.kind !== 'soap')
          throw notFound(`there is no active SOAP credential '${params.caller}'`)
        const started = await traces.start(params.caller, { ...body, by: admin.id })
        if (started.type === 'too-many')
          throw conflict('too-many-traces', `${tracesMax} callers are traced already: end one of those first`)
        return json(present(await found(params.caller)))
      },
    }),
    route({
      ...common,
      method: 'DELETE',
      path: '/v1/traces/:caller',
      operationId: 'deleteTrace',
      summary: 'End a trace and delete what it has kept',
      params: z.strictObject({ caller }),
      replies: { 204: null },
      problems: missing,
      examples: [{ title: 'It is solved', params: { caller: 'the traced one' }, status: 204 }],
      async handle({ params }) {
        if (!(await traces.drop(params.caller))) throw notFound(`there is no trace of '${params.caller}'`)
        return { status: 204, content: { type: 'none' } }
      },
    }),
    route({
      ...common,
      method: 'GET',
      path: '/v1/traces/:caller/calls',
      operationId: 'listTracedCalls',
      summary: 'The calls that were kept, the newest first',
      params: z.strictObject({ caller }),
      query: z.strictObject(callCursors.query),
      replies: { 200: pageOf('calls', callResource) },
      problems: missing,
      examples: [
        { title: 'The newest ten', params: { caller: 'the traced one' }, query: { limit: '10' }, status: 200 },
      ],
      async handle({ params, query: { limit, after }, filters }) {
        await found(params.caller)
        const calls = await traces.calls(params.caller, { before: after?.place[0] ?? null, limit: limit + 1 })
        const { shown, next } = callCursors.cut(calls, { limit, filters }, ({ id }) => [id])
        return json({ calls: shown.map(presentCall), next })
      },
    }),
    route({
      ...common,
      method: 'GET',
      path: '/v1/traces/:caller/calls/:id',
      operationId: 'getTracedCall',
      summary: 'What was kept of a call: its request and its reply, as text',
      params: z.strictObject({ caller, id: callId }),
      replies: { 200: { contentTypes: ['text/plain'] } },
      problems: missing,
      examples: [{ title: 'One call', params: { caller: 'the traced one', id: '1' }, status: 200 }],
      async handle({ params: { caller: id, id: number } }) {
        const call = await traces.call(id, number)
        if (call === undefined) throw notFound(`no call ${number} of '${id}' is kept`)
        const contentType = 'text/plain; charset=utf-8'
        return { status: 200, content: { type: 'text', contentType, text: transcriptOf(id, call) } }
      },
    }),
  ]
}

const json = (value: unknown): Reply => ({ status: 200, content: { type: 'json', value } })

function present({
  caller,
  startedAt,
  startedBy,
  until,
  callsMax,
  callsKept,
}: TraceFacts): z.input<typeof traceResource> {
  const times = { startedAt: timeText(startedAt), until: timeText(until) }
  return { caller, ...times, startedBy, calls: callsMax, kept: callsKept }
}

function presentCall(call: KeptCall): z.input<typeof callResource> {
  const { id, at, requestId, isProven: proven, operation, status, fault, ms, request, reply } = call
  const bytes = { requestBytes: request.bytes, replyBytes: reply.bytes }
  return { id, at: timeText(at), requestId, proven, operation, status, fault, ms, ...bytes }
}
