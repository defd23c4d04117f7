// The JSON face as one Koa application: finds the route, asks who calls, and turns every error into a problem
// document. The only file of this face that knows Koa; what a route does is said in the route's own file.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import Router, { type RouterContext } from '@koa/router'
import Koa, { type Context, type Next } from 'koa'
import { type BodyLimits, defaultBodyLimits, readBody } from '../http/body.js'
import type { Logger } from '../http/logger.js'
import type { Metrics } from '../http/metrics.js'
import { requestIdOf } from '../http/request-id.js'
import { defaultUploadLimits, streamBody, type UploadLimits } from '../http/upload.js'
import type { Caller } from '../service/access/credentials.js'
import type { FailedAttempts } from '../service/access/failed-attempts.js'
import { sha256 } from '../service/log/log-chain.js'
import type { Face, Service } from '../service/service.js'
import { addressHistoryRoutes } from './address-history.js'
import { addressRoutes } from './addresses.js'
import { authenticate, authorize, tooManyFailures } from './authentication.js'
import { changeRoutes } from './changes.js'
import { checkRoutes } from './checks.js'
import { credentialRoutes } from './credentials.js'
import { documentationPages, documentRoute } from './documentation.js'
import { exportRoutes } from './exports.js'
import { fieldRoutes } from './fields.js'
import { flowRunRoutes } from './flow-runs.js'
import { flowRoutes } from './flows.js'
import { healthRoutes, metricsPath } from './health.js'
import { importRoutes } from './imports.js'
import { jobRoutes } from './jobs.js'
import { listPeopleRoute } from './list-people.js'
import { oneClickPages, oneClickRoutes } from './one-click.js'
import { personRoutes } from './people.js'
import { personHistoryRoutes } from './person-history.js'
import { privacyRoutes } from './privacy.js'
import { Problem, type ProblemFacts, problemContentType, problemDocument, problemOf } from './problem.js'
import { refusalRoutes } from './refusals.js'
import type { Exchange, Page, Reply, Route } from './route.js'
import { salesforceRoutes } from './salesforce.js'
import { salesforceOutboxRoutes } from './salesforce-outbox.js'
import { salesforceSyncRoutes } from './salesforce-syncs.js'
import { savePeopleRoute } from './save-people.js'
import { settingRoutes } from './settings.js'
import { webhookRoutes } from './webhooks.js'

export interface JsonAppOptions {
  readonly service: Service
  readonly face: Face
  readonly metrics: Pick<Metrics, 'httpRequest' | 'read'>
  readonly logger: Logger
  /** Of the program, for the description of the face. */
  readonly version: string
  readonly bodyLimits?: BodyLimits
  /** Of files, which are read piece by piece. */
  readonly uploadLimits?: UploadLimits
  /** Slows down who guesses keys. Absent: nobody is slowed down. */
  readonly failedAttempts?: Pick<FailedAttempts, 'admits' | 'failed' | 'succeeded'>
  /** Address of who calls. */
  readonly placeOf?: (request: IncomingMessage) => string
  /** Whether what is for operators alone is served too; true unless it has a port of its own. */
  readonly servesOperators?: boolean
}

interface State {
  requestId: string
  /** Pattern of the route, for logs and metrics: a path may hold an address. */
  route: string
}

/** Every route of the face, in the order in which they are tried. */
export function jsonRoutes({
  service,
  face,
  metrics,
  version,
}: Pick<JsonAppOptions, 'service' | 'face' | 'metrics' | 'version'>): Route[] {
  const described: Route[] = []
  described.push(
    documentRoute(described, version),
    ...healthRoutes(service, metrics),
    ...addressRoutes(service, face),
    savePeopleRoute(service, face),
    listPeopleRoute(service),
    ...personRoutes(service, face),
    ...personHistoryRoutes(service),
    ...addressHistoryRoutes(service),
    ...changeRoutes(service),
    ...checkRoutes(service),
    ...oneClickRoutes(service),
    ...webhookRoutes(service),
    ...refusalRoutes(service),
    ...salesforceRoutes(service),
    ...salesforceOutboxRoutes(service),
    ...salesforceSyncRoutes(service),
    ...settingRoutes(service),
    ...flowRoutes(service),
    ...flowRunRoutes(service, face),
    ...fieldRoutes(service),
    ...credentialRoutes(service),
    ...importRoutes(service, face),
    ...exportRoutes(service),
    ...jobRoutes(service),
    ...privacyRoutes(service, face),
  )
  return described
}

/** The listener that answers everything that the legacy face leaves. It never throws. */
export function createJsonApp(options: JsonAppOptions): RequestListener {
  const { logger } = options
  const app = new Koa<State>()
  const router = new Router<State>({ sensitive: true })
  const { servesOperators = true } = options
  for (const route of [
    ...jsonRoutes(options),
    ...documentationPages(),
    ...oneClickPages(options.service, options.face),
  ])
    if (servesOperators || !isForOperators(route)) mount(route, router, options)
  // What a route throws never gets here: it is either a caller that went away, or a defect of this file.
  app.on('error', (err: NodeJS.ErrnoException) => {
    const hasLeft = err.code === 'ECONNRESET' || err.code === 'EPIPE'
    logger[hasLeft ? 'debug' : 'error']({ err }, 'an answer could not be sent')
  })
  app.use(observed(options))
  app.use(router.routes())
  app.use(router.allowedMethods())
  return app.callback()
}

const isForOperators = ({ role, path }: Route | Page): boolean => role === 'admin' || path === metricsPath

// Around everything: the request id, problems as documents, the count, and a log line where a request failed.
function observed({ logger, metrics }: JsonAppOptions) {
  return async (ctx: Context & { state: State }, next: Next): Promise<void> => {
    const startedAt = performance.now()
    ctx.state.requestId = requestIdOf(ctx.req)
    ctx.state.route = '(none)'
    ctx.set('X-Request-Id', ctx.state.requestId)
    let failure: { readonly facts: ProblemFacts; readonly err?: unknown } | null = null
    try {
      refuseBrokenPath(ctx.path)
      await next()
      if (ctx.status >= 400 && ctx.body == null) failure = { facts: unrouted(ctx) }
    } catch (err) {
      failure = { facts: problemOf(err), err }
    }
    if (failure !== null) answerProblem(ctx, failure.facts)
    const { status, method } = ctx
    const { requestId, route } = ctx.state
    metrics.httpRequest(route, method, status)
    if (status < 400) return
    const line = { requestId, method, route, status, ms: Math.round(performance.now() - startedAt) }
    // A reply that says "not ready" has done what it is for; who looks at readiness tells of its changes.
    if (status >= 500 && failure !== null) logger.error({ ...line, err: failure.err }, 'request failed')
    else logger.debug({ ...line, problem: failure?.facts.name }, 'request refused')
  }
}

function atMost(bytesMax: number, limits: BodyLimits): BodyLimits {
  const inflatedBytesMax = Math.min(bytesMax, limits.inflatedBytesMax)
  return bytesMax >= limits.bytesMax ? limits : { ...limits, bytesMax, inflatedBytesMax }
}

function mount(route: Route | Page, router: Router<State>, options: JsonAppOptions): void {
  const { bodyLimits = defaultBodyLimits, uploadLimits = defaultUploadLimits } = options
  const answer = async (ctx: RouterContext<State>): Promise<Reply> => {
    const { method, url: target, params, query, headers } = ctx
    const read = (bytesMax = bodyLimits.bytesMax): Promise<Uint8Array> =>
      readBody(ctx.req, atMost(bytesMax, bodyLimits))
    const upload: Exchange['upload'] = onSent => streamBody(ctx.req, uploadLimits, onSent)
    let left: AbortSignal | undefined
    const exchange = {
      ...{ method, target, params, query, headers, readBody: read, upload },
      // Few ask for it, and it costs more than many an answer.
      get left() {
        left ??= leaving(ctx.res)
        return left
      },
    }
    if (route.role === null) return route.answer(exchange)
    const caller = await authenticateSlowly(ctx.req, options)
    authorize(caller, route.role)
    return route.answer(exchange, caller)
  }
  router.register(route.path, [route.method], async (ctx: RouterContext<State>) => {
    ctx.state.route = route.path
    const { status, headers = {}, content } = await answer(ctx)
    ctx.status = status
    ctx.set(headers)
    switch (content.type) {
      case 'json':
        ctx.set('Content-Type', 'application/json')
        // As bytes: the socket would encode a long text once more, slowly, to learn its length.
        ctx.body = Buffer.from(line(content.value))
        break
      case 'text':
        ctx.set('Content-Type', content.contentType)
        ctx.body = content.text
        break
      case 'bytes':
        ctx.set('Content-Type', content.contentType)
        ctx.body = Buffer.from(content.bytes)
        break
      case 'stream':
        ctx.set('Content-Type', content.contentType)
        ctx.body = packed(content.stream, ctx)
        break
      case 'none':
        ctx.body = null
    }
  })
}

// What breaks off after the first byte can only be told by an answer that is cut.
function packed(stream: Readable, ctx: Context): Readable {
  const cut = (): void => void ctx.res.destroy()
  ctx.vary('Accept-Encoding')
  if (ctx.acceptsEncodings('gzip', 'identity') !== 'gzip') return stream.on('error', cut)
  ctx.set('Content-Encoding', 'gzip')
  return pipeline(stream, createGzip(), cause => {
    if (cause) cut()
  })
}

async function authenticateSlowly(request: IncomingMessage, options: JsonAppOptions): Promise<Caller> {
  const { authorization } = request.headers
  const { service, failedAttempts, placeOf } = options
  // Without a key nobody guesses one, and whoever forgot it should hear so at once.
  if (failedAttempts === undefined || authorization === undefined)
    return authenticate(authorization, service.credentials)
  const attempt = { place: placeOf?.(request) ?? '', claim: sha256(authorization) }
  if (!failedAttempts.admits(attempt)) throw tooManyFailures()
  try {
    const caller = await authenticate(authorization, service.credentials)
    failedAttempts.succeeded(attempt)
    return caller
  } catch (cause) {
    // A store that does not answer is nobody's guess.
    if (cause instanceof Problem) await failedAttempts.failed(attempt)
    throw cause
  }
}

// Only whoever is still waited for can go away: to abort for each answered call takes longer than to answer some.
function leaving(response: ServerResponse): AbortSignal {
  const left = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) left.abort()
  })
  return left.signal
}

// With a line end: many of these are read in a terminal.
const line = (value: unknown): string => `${JSON.stringify(value)}\n`

function answerProblem(ctx: Context & { state: State }, facts: ProblemFacts): void {
  const { allow } = ctx.response.headers
  ctx.status = facts.status
  ctx.set({ ...(typeof allow === 'string' ? { Allow: allow } : {}), ...facts.headers })
  ctx.set('Content-Type', problemContentType)
  ctx.body = line(problemDocument(facts, ctx.state.requestId))
}

// The router would take what cannot be decoded as it is, and a route would answer for an address that nobody meant.
function refuseBrokenPath(path: string): void {
  try {
    decodeURIComponent(path)
  } catch (cause) {
    const detail = 'the path is not percent-encoded UTF-8'
    throw new Problem({ status: 400, name: 'bad-path', title: 'Bad path', detail }, { cause })
  }
}

function unrouted(ctx: Context): ProblemFacts {
  const { status, method } = ctx
  switch (status) {
    case 405:
      return {
        status,
        name: 'method-not-allowed',
        title: 'Method not allowed',
        detail: `${method} is not for this path`,
      }
    case 501:
      return { status, name: 'unknown-method', title: 'Unknown method', detail: 'the method is not known here' }
    default:
      return { status: 404, name: 'not-found', title: 'Not found', detail: 'there is nothing under this path' }
  }
}
