// The JSON face as one Koa application: finds the route, asks who calls, and turns every error into a problem
// document. The only file of this face that knows Koa; what a route does is said in the route's own file.

import type { RequestListener } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import Router, { type RouterContext } from '@koa/router'
import Koa, { type Context, type Next } from 'koa'
import type { Metrics } from '../http/metrics.js'
import type { Face, Service } from '../service/service.js'
import { addressHistoryRoutes } from './address-history.js'
import { addressRoutes } from './addresses.js'
import { changeRoutes } from './changes.js'
import { checkRoutes } from './checks.js'
import { credentialRoutes } from './credentials.js'
import { answerDirectly } from './direct.js'
import { documentationPages, documentRoute } from './documentation.js'
import { type ExchangeOptions, type Failure, jsonLine, problemText, replyOf, watch } from './exchange.js'
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
import { Problem, type ProblemFacts, problemContentType, problemOf } from './problem.js'
import { refusalRoutes } from './refusals.js'
import type { Page, Route } from './route.js'
import { salesforceRoutes } from './salesforce.js'
import { salesforceOutboxRoutes } from './salesforce-outbox.js'
import { salesforceSyncRoutes } from './salesforce-syncs.js'
import { savePeopleRoute } from './save-people.js'
import { settingRoutes } from './settings.js'
import { traceRoutes } from './traces.js'
import { webhookRoutes } from './webhooks.js'

export interface JsonAppOptions extends ExchangeOptions {
  readonly service: Service
  readonly face: Face
  readonly metrics: Pick<Metrics, 'httpRequest' | 'read'>
  /** Of the program, for the description of the face. */
  readonly version: string
  /** Whether what is for operators alone is served too; true unless it has a port of its own. */
  readonly servesOperators?: boolean
}

interface State {
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
    ...traceRoutes(service),
    ...importRoutes(service, face),
    ...exportRoutes(service),
    ...jobRoutes(service),
    ...privacyRoutes(service, face),
  )
  return described
}

/** The listener that answers everything that the legacy face leaves. It never throws. */
export function createJsonApp(options: JsonAppOptions): RequestListener {
  const { logger, servesOperators = true } = options
  const app = new Koa<State>()
  const router = new Router<State>({ sensitive: true })
  const routes = jsonRoutes(options).filter(route => servesOperators || !isForOperators(route))
  for (const route of [...routes, ...documentationPages(), ...oneClickPages(options.service, options.face)])
    mount(route, router, options)
  // What a route throws never gets here: it is either a caller that went away, or a defect of this file.
  app.on('error', (err: NodeJS.ErrnoException) => {
    const hasLeft = err.code === 'ECONNRESET' || err.code === 'EPIPE'
    logger[hasLeft ? 'debug' : 'error']({ err }, 'an answer could not be sent')
  })
  app.use(observed(options))
  app.use(router.routes())
  app.use(router.allowedMethods())
  return answerDirectly(routes, options, app.callback())
}

const isForOperators = ({ role, path }: Route): boolean => role === 'admin' || path === metricsPath

// Around everything: the request id, problems as documents, the count, and a log line where a request failed.
function observed(options: JsonAppOptions) {
  return async (ctx: Context & { state: State }, next: Next): Promise<void> => {
    const { requestId, answered } = watch(ctx.req, options)
    ctx.state.route = '(none)'
    ctx.set('X-Request-Id', requestId)
    let failure: Failure | null = null
    try {
      refuseBrokenPath(ctx.path)
      await next()
      if (ctx.status >= 400 && ctx.body == null) failure = { facts: unrouted(ctx, options) }
    } catch (err) {
      failure = { facts: problemOf(err), err }
    }
    if (failure !== null) answerProblem(ctx, failure.facts, requestId)
    answered({ route: ctx.state.route, method: ctx.method, status: ctx.status }, failure)
  }
}

function mount(route: Route | Page, router: Router<State>, options: JsonAppOptions): void {
  router.register(route.path, [route.method], async (ctx: RouterContext<State>) => {
    ctx.state.route = route.path
    const { method, url: target, params, query } = ctx
    const { req: request, res: response } = ctx
    const {
      status,
      headers = {},
      content,
    } = await replyOf(route, { method, target, params, query }, { request, response }, options)
    ctx.status = status
    ctx.set(headers)
    switch (content.type) {
      case 'json':
        ctx.set('Content-Type', 'application/json')
        // As bytes: the socket would encode a long text once more, slowly, to learn its length.
        ctx.body = Buffer.from(jsonLine(content.value))
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
        // Koa took it for 204.
        ctx.status = status
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

function answerProblem(ctx: Context, facts: ProblemFacts, requestId: string): void {
  const { allow } = ctx.response.headers
  ctx.status = facts.status
  ctx.set({ ...(typeof allow === 'string' ? { Allow: allow } : {}), ...facts.headers })
  ctx.set('Content-Type', problemContentType)
  ctx.body = problemText(facts, requestId)
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

function unrouted(ctx: Context, { servesOperators = true }: JsonAppOptions): ProblemFacts {
  const { status, method } = ctx
  switch (status) {
    case 405: {
      const allowed = ctx.response.get('Allow')
      return {
        status,
        name: 'method-not-allowed',
        title: 'Method not allowed',
        detail: `expected ${allowed} for this path, got ${method}`,
      }
    }
    case 501:
      return { status, name: 'unknown-method', title: 'Unknown method', detail: 'the method is not known here' }
    default: {
      const elsewhere = servesOperators ? '' : ', and metrics and what is for admins are on ADMIN_PORT'
      const detail = `there is nothing under this path; /docs shows what there is${elsewhere}`
      return { status: 404, name: 'not-found', title: 'Not found', detail }
    }
  }
}
