// Files of people and of suppressions as bodies of requests. The rows go into the store while they arrive; the answer
// is a job, which begins when all of them are there. What a file may hold is not known here.

import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { Cause } from '../domain/command.js'
import { lackingForCorrection, reasonsSentence } from '../service/correction-guard.js'
import { bulkSource, delimiters, encodings, flagModes, forms, unknownColumnsModes } from '../service/jobs/bulk.js'
import { FileRefused } from '../service/jobs/file-text.js'
import type { Job } from '../service/jobs/jobs.js'
import { leaseOf, type ReceivingOptions, receiveFile } from '../service/jobs/receiving.js'
import type { Face, Service } from '../service/service.js'
import type { NamedReplay, Replay } from '../service/writes/submission.js'
import { authorize } from './authentication.js'
import { keyReused, requestInProgress } from './idempotency.js'
import { evidenceLengthMax, reasonLengthMax, statedText } from './input.js'
import { jobReply, jobResource } from './jobs.js'
import { conflict, type Finding, invalid, Problem } from './problem.js'
import { type GuardedRoute, route } from './route.js'

const importMediaTypes = ['text/csv', 'application/x-ndjson', 'application/gzip', 'application/octet-stream'] as const

const words = Object.keys(delimiters) as (keyof typeof delimiters)[]

const options = z.strictObject({
  subject: z.enum(['people', 'suppressions']).describe('suppressions: addresses not to be mailed; nobody is made.'),
  name: statedText(200).default('upload').describe('Of the file, for the history.'),
  flag: z
    .enum(flagModes)
    .default('ignore')
    .describe('What a column about the flag does. suppress: opt-outs count. correct: both count.'),
  dryRun: z.enum(['true', 'false']).default('false').describe('Says what would happen, and changes nothing.'),
  unknown: z
    .enum(unknownColumnsModes)
    .default('refuse')
    .describe('What becomes of columns that no field has; add needs the role admin.'),
  format: z.enum(forms).default('auto'),
  encoding: z.enum(encodings).default('auto'),
  delimiter: z.enum(words).default('auto'),
  reason: statedText(reasonLengthMax).optional().describe('Why; a row of a suppression list may have its own.'),
  evidence: statedText(evidenceLengthMax).optional().describe('What proves it.'),
})

/** Whether a request carries a file, by its target alone. */
export const isUpload = ({ method, url = '' }: Pick<IncomingMessage, 'method' | 'url'>): boolean =>
  method === 'POST' && /^\/v1\/imports(?:\?|$)/.test(url)

// Whoever is gone for so long has been cut off; a living one says so more often.
const leaseMs = 15_000

type Parts = Pick<Service, 'jobs' | 'fields' | 'settings'>

export function importRoutes({ jobs, fields, settings }: Parts, face: Face): GuardedRoute[] {
  return [
    route({
      method: 'POST',
      path: '/v1/imports',
      operationId: 'importFile',
      tag: 'Bulk',
      summary: 'Load a file of people or suppressions',
      description:
        'The body is the file itself: CSV with the names of columns in its first line, or an object a line (NDJSON), ' +
        'plain or as gzip. Nothing is changed unless all of it arrives and can be read; then a job carries the rows ' +
        'out. `correct` asks for what a single re-subscribe asks for.',
      role: 'writer',
      query: options,
      uploads: importMediaTypes,
      replies: { 202: jobResource },
      problems: { 408: 'The body did not go on.', 413: 'The file is longer than the operator allows.' },
      examples: [
        {
          title: 'Two addresses',
          query: { subject: 'suppressions', name: 'paper.csv' },
          headers: { 'content-type': 'text/csv' },
          upload: 'email,reason\nada@example.org,letter\nbob@example.org,phone\n',
          status: 202,
        },
      ],
      async handle({ query, caller, headers, replay, upload }) {
        const { subject, name, flag: flagMode, reason, evidence } = query
        refuseOtherForms(headers['content-type'])
        if (query.unknown === 'add') authorize(caller, 'admin')
        const cause: Cause = {
          ...{ actor: caller.id, role: caller.role, source: bulkSource, evidence: evidence ?? null },
          ...{ reason: reason ?? `import of ${name}`, reasonGiven: reason !== undefined },
        }
        const { policy } = face
        const reasons = settings.value('resubscribe-reasons')
        const lacking = lackingForCorrection({ subject, flagMode, cause, policy }, reasons)
        if (lacking.includes('admin-role')) authorize(caller, 'admin')
        const findings = lacking.map(
          (item): Finding =>
            item === 'evidence'
              ? { path: 'query.evidence', message: 'expected what proves it' }
              : { path: 'query.reason', message: reasonsSentence(reasons) },
        )
        if (findings.length > 0) throw invalid(findings)

        const hash = createHash('sha256')
        const bytes = upload(piece => void hash.update(piece))
        const receiving: ReceivingOptions = { store: jobs, fields, now: Date.now, leaseMs }
        const before = await takenBefore(replay, receiving)
        if (before !== null) {
          // The same only if its bytes are, and for that they have to be looked at.
          for await (const _ of bytes);
          const again = await jobs.jobByName({ ...before, requestHash: whole(before, hash.digest('hex')) })
          if (again?.isSame !== true) throw keyReused()
          return jobReply(again.job, 202, { 'Idempotent-Replayed': 'true' })
        }
        const { format: form, encoding, delimiter, unknown } = query
        const file = { subject, name, form, encoding, delimiter, unknown, flagMode, cause, policy }
        const source = { ...file, isDryRun: query.dryRun === 'true' }
        const received = await receiveFile(bytes, source, replay, receiving).catch(asProblem)
        if (received === undefined) throw requestInProgress()
        const { job, holder } = received
        const requestHash = replay.type === 'named' ? whole(replay, hash.digest('hex')) : null
        if (!(await jobs.startJob(job.id, { holder, until: 0 }, requestHash))) throw cancelled(job)
        return jobReply({ ...job, state: 'processing' }, 202)
      },
    }),
  ]
}

// What a file is, its bytes say; but these two wrap something else around it, which would be read as its first line.
function refuseOtherForms(contentType: string | undefined): void {
  if (contentType === undefined || !/^\s*(?:multipart\/|application\/json\b)/i.test(contentType)) return
  throw new Problem({
    status: 415,
    name: 'unsupported-media-type',
    title: 'Unsupported media type',
    detail:
      `Content-Type: expected the file itself as the body, as ${importMediaTypes.join(' or ')}, ` +
      `got '${contentType.slice(0, 60)}'`,
    headers: { Accept: importMediaTypes.join(', ') },
  })
}

const whole = ({ requestHash }: NamedReplay, digest: string): string =>
  createHash('sha256').update(`${requestHash}\u0000${digest}`).digest('hex')

// The name of a request that was taken; null where it is new, or what had the name was cut off and is dropped now.
async function takenBefore(replay: Replay, receiving: ReceivingOptions): Promise<NamedReplay | null> {
  if (replay.type !== 'named') return null
  const { store, now } = receiving
  const found = await store.jobByName(replay)
  if (found === undefined) return null
  if (found.job.state !== 'receiving') return replay
  const holder = 'swept'
  if (!(await store.resumeJob(found.job.id, now(), leaseOf(holder, receiving)))) throw requestInProgress()
  await store.discardJob(found.job.id, holder)
  return null
}

function asProblem(cause: unknown): never {
  if (!(cause instanceof FileRefused)) throw cause
  const detail = `${cause.message}; nothing was imported`
  throw new Problem({ status: 422, name: 'file-refused', title: 'File refused', detail }, { cause })
}

const cancelled = ({ id }: Job): Problem => conflict('job-cancelled', `job ${id} was cancelled while it was received`)
