// What a caller of the JSON face is told when a request was not carried out, as RFC 9457 has it. Here and nowhere else
// in this face are statuses given to what can go wrong. It knows errors, not routes.

import { z } from 'zod'
import { acceptedEncodings, BodyError } from '../http/body.js'
import { CommitUnknown, StoreUnavailable } from '../service/ports.js'
import { QueueFull, Stopping } from '../service/writes/submission.js'

/** One thing that was wrong with a request, and where: `body.reason`, `url.address`, `header.If-Match`. */
export interface Finding {
  readonly path: string
  readonly message: string
}

export interface ProblemFacts {
  readonly status: number
  /** Last part of the problem's type, a word that programs may rely on. */
  readonly name: string
  readonly title: string
  /** A sentence for this one case. */
  readonly detail: string
  readonly findings?: readonly Finding[]
  readonly headers?: Readonly<Record<string, string>>
}

/** Thrown to answer a request with a problem document. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly facts: ProblemFacts

  constructor(facts: ProblemFacts, options?: ErrorOptions) {
    super(facts.detail, options)
    this.facts = facts
  }
}

export const problemContentType = 'application/problem+json'

export const problemResource = z
  .object({
    type: z.string().describe('A name that programs may rely on: urn:durable-unsubscribe:problem:NAME.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What was expected, what came, what to do.'),
    instance: z.string().describe('Holds the request id; name it when you report a defect.'),
    errors: z
      .array(
        z.object({
          path: z.string().describe('Where: body.reason, url.address, query.limit, header.If-Match.'),
          message: z.string(),
        }),
      )
      .optional()
      .describe('All that was wrong with the request.'),
  })
  .meta({ id: 'Problem', description: 'Why a request was not carried out (RFC 9457). Nothing was changed by it.' })

/** The document that goes out. `type` is a name and not a place: nothing is found under it. */
export function problemDocument(
  { status, name, title, detail, findings }: ProblemFacts,
  requestId: string,
): z.input<typeof problemResource> {
  return {
    type: `urn:durable-unsubscribe:problem:${name}`,
    title,
    status,
    detail,
    instance: `urn:durable-unsubscribe:request:${requestId}`,
    ...(findings === undefined ? {} : { errors: findings.map(({ path, message }) => ({ path, message })) }),
  }
}

/** The problem that an error means to its caller. Whatever is not known here is a defect of ours. */
export function problemOf(error: unknown): ProblemFacts {
  if (error instanceof Problem) return error.facts
  if (error instanceof BodyError) return bodyRefused(error)
  if (error instanceof QueueFull) return tryLater('busy', 'More waits than can be taken', error.message, 1)
  if (error instanceof Stopping) return tryLater('stopping', 'Stopping', error.message, 5)
  // What the store said names tables and hosts; the caller only needs to know that nothing was done.
  if (error instanceof StoreUnavailable)
    return tryLater('store-unavailable', 'Store unavailable', 'the store does not answer; try again later', 5)
  if (error instanceof CommitUnknown)
    return tryLater('outcome-unknown', 'Outcome unknown', 'it may or may not have been done; send the same again', 5)
  return {
    status: 500,
    name: 'defect',
    title: 'Defect',
    detail: 'the request could not be carried out; name the request id when you report this',
  }
}

/** Findings on what was sent, all at once. */
export function invalid(findings: readonly Finding[]): Problem {
  const [first] = findings
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
  const detail = first === undefined ? 'the request is not valid' : `${first.path}: ${first.message}${more}`
  return new Problem({ status: 422, name: 'invalid', title: 'Invalid request', detail, findings })
}

export function notFound(detail: string): Problem {
  return new Problem({ status: 404, name: 'not-found', title: 'Not found', detail })
}

/** What is to be made is there already, or what is asked for cannot be in the present state. */
export function conflict(name: string, detail: string, findings?: readonly Finding[]): Problem {
  const found = findings === undefined ? {} : { findings }
  return new Problem({ status: 409, name, title: 'Conflict', detail, ...found })
}

function tryLater(name: string, title: string, detail: string, seconds: number): ProblemFacts {
  return { status: 503, name, title, detail, headers: { 'Retry-After': String(seconds) } }
}

function bodyRefused({ status, message }: BodyError): ProblemFacts {
  if (status === 503) return tryLater('busy', 'More waits than can be taken', message, 1)
  const titles = { 400: 'Unreadable body', 408: 'Body too slow', 413: 'Body too long', 415: 'Unsupported encoding' }
  const names = { 400: 'unreadable-body', 408: 'body-timeout', 413: 'body-too-long', 415: 'unsupported-encoding' }
  const headers = status === 415 ? { 'Accept-Encoding': acceptedEncodings } : {}
  return { status, name: names[status], title: titles[status], detail: message, headers }
}
