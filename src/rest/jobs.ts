// Jobs as this face shows them: imports of any kind, and undos. How far they are, what they say of single rows, their
// end before the time; and asking for an undo.

import { z } from 'zod'
import { correctionReason } from '../service/jobs/bulk.js'
import type { Job } from '../service/jobs/jobs.js'
import { planUndo } from '../service/jobs/undo.js'
import type { Service } from '../service/service.js'
import { keyReused } from './idempotency.js'
import { evidenceLengthMax, statedText } from './input.js'
import { cursors, pageOf } from './page.js'
import { notFound, Problem } from './problem.js'
import { type GuardedRoute, type Reply, route } from './route.js'
import { timestamp, timeText } from './time.js'

const jobIdInUrl = z
  .string()
  .regex(/^[1-9]\d{0,8}$/, 'expected the number of a job')
  .transform(Number)
  .describe('The number of a job.')

const count = z.int()

export const jobResource = z
  .object({
    id: z.int(),
    kind: z.enum(['list', 'people', 'suppressions', 'undo']).describe('list: an importToList of a legacy caller.'),
    name: z.string().nullable().describe('Of the file, or of the list.'),
    state: z.enum(['receiving', 'processing', 'cancelling', 'complete', 'failed', 'cancelled']),
    isDryRun: z.boolean(),
    actor: z.string(),
    rows: count.nullable().describe('All of them; null where that is not known before the end.'),
    done: count.describe('Rows that were looked at.'),
    created: count.describe('People.'),
    updated: count.describe('People.'),
    unchanged: count.describe('Rows that say what is so already.'),
    suppressed: count.describe('Addresses.'),
    resubscribed: count.describe('Addresses.'),
    failed: count.describe('Rows that were not carried out; `errors` says why.'),
    ignored: count,
    flagsIgnored: count.describe('Rows that said something about the flag and changed nothing about it.'),
    rowsPerSecond: z.number().nullable().describe('From the start to the end, or until now.'),
    notes: z.array(z.string()),
    createdAt: timestamp,
    startedAt: timestamp.nullable(),
    endedAt: timestamp.nullable(),
  })
  .meta({ id: 'Job' })

const rowError = z.object({
  line: z.int().describe('In the file; for an undo the position in the log.'),
  type: z.enum(['failed', 'warning']),
  reason: z.string(),
})

const undoWanted = z
  .strictObject({
    job: z.int().min(1).max(999_999_999).optional().describe('All that a job did.'),
    command: statedText(32).optional().describe('One command: its 32 hex digits, or its position in the log.'),
    dryRun: z.boolean().default(false).describe('Says what would happen, and changes nothing.'),
    evidence: statedText(evidenceLengthMax).optional().describe('What proves that it has to be taken back.'),
  })
  .refine(({ job, command }) => (job === undefined) !== (command === undefined), {
    message: 'expected either job or command',
  })

const listed = cursors('jobs', z.int())
const reported = cursors('job-errors', z.int())

export function jobRoutes({ jobs, reads }: Pick<Service, 'jobs' | 'reads'>): GuardedRoute[] {
  const params = z.strictObject({ id: jobIdInUrl })
  const nothing = (id: number): Error => notFound(`there is no job ${id}`)
  return [
    route({
      method: 'GET',
      path: '/v1/jobs',
      operationId: 'listJobs',
      tag: 'Bulk',
      summary: 'Jobs, the newest first',
      role: 'reader',
      query: z.strictObject(listed.query),
      replies: { 200: pageOf('jobs', jobResource) },
      examples: [{ title: 'The newest', query: { limit: '10' }, status: 200 }],
      async handle({ query: { limit, after }, filters }) {
        const page = await jobs.jobs({ before: after?.place ?? null, limit: limit + 1 })
        const { shown, next } = listed.cut(page, { limit, filters }, ({ id }) => id)
        return { status: 200, content: { type: 'json', value: { jobs: shown.map(presentJob), next } } }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/jobs/:id',
      operationId: 'getJob',
      tag: 'Bulk',
      summary: 'How far a job is, or what it did',
      role: 'reader',
      params,
      replies: { 200: jobResource },
      problems: { 404: 'There is no such job.' },
      examples: [{ title: 'A job', params: { id: '1' }, status: 200 }],
      async handle({ params: { id } }) {
        const job = await jobs.job(id)
        if (job === undefined) throw nothing(id)
        return jobReply(job)
      },
    }),
    route({
      method: 'GET',
      path: '/v1/jobs/:id/errors',
      operationId: 'listJobErrors',
      tag: 'Bulk',
      summary: 'Rows that were not carried out, or not all of them',
      role: 'reader',
      params,
      query: z.strictObject({ after: reported.query.after }),
      replies: { 200: pageOf('errors', rowError) },
      problems: { 404: 'There is no such job.' },
      examples: [{ title: 'The first page', params: { id: '1' }, status: 200 }],
      async handle({ params: { id }, query: { after }, filters }) {
        if ((await jobs.job(id)) === undefined) throw nothing(id)
        const { reports, next } = await jobs.jobReports(id, after?.place ?? 0)
        const errors = reports.map(({ line, type, sentence: reason }) => ({ line, type, reason }))
        const value = { errors, next: reported.next(filters, next !== null, next ?? undefined) }
        return { status: 200, content: { type: 'json', value } }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/jobs/:id/cancel',
      operationId: 'cancelJob',
      tag: 'Bulk',
      summary: 'End a job where it is; what it did stays',
      description: 'A job that is over already is answered as it is. An undo of the job takes back what it did.',
      role: 'writer',
      takesKey: false,
      params,
      replies: { 200: jobResource },
      problems: { 404: 'There is no such job.' },
      examples: [{ title: 'End it', params: { id: '1' }, status: 200 }],
      async handle({ params: { id } }) {
        const job = await jobs.cancelJob(id, Date.now())
        if (job === null) throw nothing(id)
        return jobReply(job)
      },
    }),
    route({
      method: 'POST',
      path: '/v1/undo',
      operationId: 'undo',
      tag: 'Bulk',
      summary: 'Take back what a command or a job did to the status of addresses',
      description:
        `Each change is taken back with the reason \`${correctionReason}\`, unless something newer has happened: ` +
        'then it is left alone and listed among the errors of the job. An undo is a job and can be undone.',
      role: 'admin',
      body: undoWanted,
      replies: { 202: jobResource },
      problems: { 404: 'There is no such job or command.', 409: 'The job is not over yet.' },
      examples: [{ title: 'See what would happen', body: { command: '1', dryRun: true }, status: 202 }],
      async handle({ body: { job, command, dryRun: isDryRun, evidence }, caller, replay }) {
        const by = { actor: caller.id, role: caller.role }
        const planned = await planUndo({ ...reads, ...jobs }, { job, command, evidence, isDryRun, by })
        if (planned.type === 'not-found') throw notFound(planned.problem)
        if (planned.type === 'too-early') throw tooEarly(planned.problem)
        const taken = await jobs.takeJob({ plan: planned.plan, rows: [], replay })
        if (taken.type === 'key-reused') throw keyReused()
        return jobReply(taken.taken, 202)
      },
    }),
  ]
}

const tooEarly = (detail: string): Problem =>
  new Problem({ status: 409, name: 'job-not-over', title: 'Job not over', detail })

/** The job as it is; `more`: headers besides. */
export function jobReply(job: Job, status = 200, more: Readonly<Record<string, string>> = {}): Reply {
  const headers = { ...(status === 202 ? { Location: `/v1/jobs/${job.id}` } : {}), ...more }
  return { status, headers, content: { type: 'json', value: presentJob(job) } }
}

function presentJob({ id, plan, rows, state, progress, ...times }: Job): z.input<typeof jobResource> {
  const { createdAt, startedAt, endedAt } = times
  const { done, created, updated, unchanged, suppressed, resubscribed, failed, ignored, flagsIgnored } = progress
  const seconds = startedAt === null ? 0 : ((endedAt ?? Date.now()) - startedAt) / 1000
  return {
    ...{ id, kind: plan.type, name: nameOf(plan), state },
    isDryRun: plan.type !== 'list' && plan.isDryRun,
    actor: plan.cause.actor,
    rows: plan.type === 'undo' ? null : rows,
    ...{ done, created, updated, unchanged, suppressed, resubscribed, failed, ignored, flagsIgnored },
    rowsPerSecond: seconds > 0 ? Math.round((done / seconds) * 10) / 10 : null,
    notes: [...plan.notes],
    createdAt: timeText(createdAt),
    startedAt: startedAt === null ? null : timeText(startedAt),
    endedAt: endedAt === null ? null : timeText(endedAt),
  }
}

function nameOf(plan: Job['plan']): string | null {
  if (plan.type === 'list') return plan.list.name
  return plan.type === 'undo' ? null : plan.name
}
