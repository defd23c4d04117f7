// One request of the JSON face on Node's own HTTP, from who asks to what is counted and logged. What finds the route
// and sends the reply is not its business, so that a router and what answers in front of it share every step.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { type BodyLimits, defaultBodyLimits, readBody } from '../http/body.js'
import type { Logger } from '../http/logger.js'
import type { Metrics } from '../http/metrics.js'
import { requestIdOf } from '../http/request-id.js'
import { defaultUploadLimits, streamBody, type UploadLimits } from '../http/upload.js'
import { authenticateSlowly, authorize, type Guard } from './authentication.js'
import { type ProblemFacts, problemDocument } from './problem.js'
import type { Exchange, Page, Reply, Route } from './route.js'

export interface ExchangeOptions extends Guard {
  readonly metrics: Pick<Metrics, 'httpRequest'>
  readonly logger: Logger
  readonly bodyLimits?: BodyLimits
  /** Of files, which are read piece by piece. */
  readonly uploadLimits?: UploadLimits
}

export type Asked = Pick<Exchange, 'method' | 'target' | 'params' | 'query'>

/** What the route answers, once the caller may ask it. Throws what is to become a problem. */
export async function replyOf(
  route: Route | Page,
  asked: Asked,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  options: ExchangeOptions,
): Promise<Reply> {
  const { bodyLimits = defaultBodyLimits, uploadLimits = defaultUploadLimits } = options
  let left: AbortSignal | undefined
  const exchange: Exchange = {
    ...asked,
    headers: request.headers,
    readBody: (bytesMax = bodyLimits.bytesMax) => readBody(request, atMost(bytesMax, bodyLimits)),
    upload: onSent => streamBody(request, uploadLimits, onSent),
    // Few ask for it, and it costs more than many an answer.
    get left() {
      left ??= leaving(response)
      return left
    },
  }
  if (route.role === null) return route.answer(exchange)
  const caller = await authenticateSlowly(request, options)
  authorize(caller, route.role)
  return route.answer(exchange, caller)
}

function atMost(bytesMax: number, limits: BodyLimits): BodyLimits {
  const inflatedBytesMax = Math.min(bytesMax, limits.inflatedBytesMax)
  return bytesMax >= limits.bytesMax ? limits : { ...limits, bytesMax, inflatedBytesMax }
}

// Only whoever is still waited for can go away: to abort for each answered call takes longer than to answer some.
function leaving(response: ServerResponse): AbortSignal {
  const left = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) left.abort()
  })
  return left.signal
}

/** With a line end: many of these are read in a terminal. */
export const jsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`

export const problemText = (facts: ProblemFacts, requestId: string): string =>
  jsonLine(problemDocument(facts, requestId))

/** Why a request was refused, and what was thrown, where something was. */
export interface Failure {
  readonly facts: ProblemFacts
  readonly err?: unknown
}

export interface Watch {
  readonly requestId: string
  /** Counts the request and, where it failed, logs a line. `route` is its pattern: a path may hold an address. */
  answered(
    answer: { readonly route: string; readonly method: string; readonly status: number },
    failure: Failure | null,
  ): void
}

/** To be called when the request comes. */
export function watch(request: IncomingMessage, { metrics, logger }: ExchangeOptions): Watch {
  const startedAt = performance.now()
  const requestId = requestIdOf(request)
  return {
    requestId,
    answered({ route, method, status }, failure) {
      metrics.httpRequest(route, method, status)
      if (status < 400) return
      const line = { requestId, method, route, status, ms: Math.round(performance.now() - startedAt) }
      // A reply that says "not ready" has done what it is for; who looks at readiness tells of its changes.
      if (status >= 500 && failure !== null) logger.error({ ...line, err: failure.err }, 'request failed')
      else logger.debug({ ...line, problem: failure?.facts.name }, 'request refused')
    },
  }
}
