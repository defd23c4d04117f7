// OpenTelemetry traces of calls, commands and batches, for whoever sets its environment variables; otherwise none of
// its packages is loaded. No span may hold an address, a value or a path: names of operations, routes and numbers.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type * as Api from '@opentelemetry/api'
import type { Context, Span, Tracer } from '@opentelemetry/api'
import type { Config } from './config.js'
import type { Logger } from './http/logger.js'
import type { Metrics } from './http/metrics.js'
import type { BatchTransaction, Commanded, CommandStore } from './service/ports.js'
import type { Service } from './service/service.js'
import type { Submission } from './service/writes/submission.js'

export interface Faces {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly fallback: RequestListener
}

/** Each takes a part of the server and gives one that does the same, seen. */
export interface Tracing {
  faces(faces: Faces): Faces
  /** Spans get the names of operations and routes from what is counted. */
  metrics(metrics: Metrics): Metrics
  writes(writes: Service['writes']): Service['writes']
  store<Seen extends CommandStore>(store: Seen): Seen
  stop(): Promise<void>
}

const unseen: Tracing = {
  faces: faces => faces,
  metrics: metrics => metrics,
  writes: writes => writes,
  store: store => store,
  stop: async () => {},
}

export async function startTracing(config: Config, version: string, logger: Logger): Promise<Tracing> {
  if (config.otelEndpoint === null || config.otelDisabled === 'true') return unseen
  const [api, { BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  const { defaultResource, detectResources, envDetector, resourceFromAttributes } = resources
  api.diag.setLogger(exportTroubles(logger), api.DiagLogLevel.WARN)
  const named = resourceFromAttributes({ 'service.name': config.otelServiceName, 'service.version': version })
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(detectResources({ detectors: [envDetector] }))
      .merge(named),
    // What is not taken in time is dropped, so that a collector that is away costs no memory.
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  })
  provider.register()
  return {
    ...watching(api, provider.getTracer('durable-unsubscribe', version)),
    async stop() {
      const sent = provider.shutdown().catch((cause: unknown) => logger.warn({ err: cause }, 'spans were not taken'))
      await Promise.race([sent, delay(lastSpansMs)])
      api.trace.disable()
      api.context.disable()
      api.propagation.disable()
    },
  }
}

// A collector that does not answer must not keep a server from ending.
const lastSpansMs = 2_000

function watching(api: typeof Api, tracer: Tracer): Omit<Tracing, 'stop'> {
  const spans = new WeakMap<Submission['command'], Span>()
  const requests = new WeakMap<IncomingMessage, Context>()
  const active = (): Span | undefined => api.trace.getSpan(api.context.active())

  const requestContext = (request: IncomingMessage, response: ServerResponse): Context => {
    const known = requests.get(request)
    if (known !== undefined) return known
    const { method = '' } = request
    const caller = api.propagation.extract(api.ROOT_CONTEXT, request.headers)
    const attributes = { 'http.request.method': method }
    const span = tracer.startSpan(method, { kind: api.SpanKind.SERVER, attributes }, caller)
    response.once('close', () => {
      const requestId = response.getHeader('x-request-id')
      if (typeof requestId === 'string') span.setAttribute('durable_unsubscribe.request_id', requestId)
      if (response.headersSent) span.setAttribute('http.response.status_code', response.statusCode)
      span.end()
    })
    const context = api.trace.setSpan(caller, span)
    requests.set(request, context)
    return context
  }

  const submitted = (submission: Submission): Span => {
    const { type } = submission.command
    const span = tracer.startSpan(`command ${type}`, { attributes: { 'durable_unsubscribe.command': type } })
    spans.set(submission.command, span)
    return span
  }
  const answered = (span: Span, answer: { readonly type: string } | Error): void => {
    if (answer instanceof Error) span.setStatus({ code: api.SpanStatusCode.ERROR, message: answer.name })
    else span.setAttribute('durable_unsubscribe.outcome', answer.type)
    span.end()
  }

  return {
    faces: ({ handle, fallback }) => ({
      handle(request, response) {
        if (isProbe(request)) return handle(request, response)
        return api.context.with(requestContext(request, response), () => handle(request, response))
      },
      fallback(request, response) {
        if (isProbe(request)) return fallback(request, response)
        return api.context.with(requestContext(request, response), () => fallback(request, response))
      },
    }),
    metrics: metrics => ({
      ...metrics,
      soapCall(operation, faultCode, ms) {
        const span = active()
        span?.updateName(`SOAP ${operation}`)
        span?.setAttributes({ 'rpc.system': 'soap', 'rpc.method': operation })
        if (faultCode !== null) span?.setAttribute('durable_unsubscribe.fault_code', faultCode)
        // Every fault is a 500 over SOAP, and most are the caller's.
        if (faultCode !== null && oursToMend.has(faultCode)) span?.setStatus({ code: api.SpanStatusCode.ERROR })
        metrics.soapCall(operation, faultCode, ms)
      },
      httpRequest(route, method, status) {
        const span = active()
        span?.updateName(`${method} ${route}`)
        span?.setAttribute('http.route', route)
        if (status >= 500) span?.setStatus({ code: api.SpanStatusCode.ERROR })
        metrics.httpRequest(route, method, status)
      },
    }),
    writes: writes => ({
      async submit(submission) {
        const span = submitted(submission)
        try {
          const answer = await writes.submit(submission)
          answered(span, answer)
          return answer
        } catch (cause) {
          answered(span, cause instanceof Error ? cause : new Error('not carried out'))
          throw cause
        }
      },
      async submitAll(submissions) {
        const started = submissions.map(submitted)
        const answers = await Promise.resolve()
          .then(() => writes.submitAll(submissions))
          .catch((cause: Error) => {
            for (const span of started) answered(span, cause)
            throw cause
          })
        answers.forEach((answer, index) => {
          answered(started[index]!, answer)
        })
        return answers
      },
    }),
    store: store => ({
      ...store,
      transact: (work, batch = []) => {
        const [first, ...others] = batch.flatMap(({ command }) => {
          const span = spans.get(command)
          return span?.isRecording() ? [span] : []
        })
        // A batch of work that goes on by itself, or of calls that are not sampled.
        if (first === undefined) return store.transact(work, batch)
        const links = others.map(span => ({ context: span.spanContext() }))
        const context = api.trace.setSpan(api.ROOT_CONTEXT, first)
        const options = { links, attributes: { 'durable_unsubscribe.batch_size': batch.length } }
        return seen(tracer.startSpan('batch', options, context), span => {
          const inside = api.trace.setSpan(context, span)
          const step = <T>(name: string, done: () => Promise<T>): Promise<T> =>
            seen(tracer.startSpan(name, {}, inside), done)
          return transactInSteps(store, work, batch, step)
        })
      },
    }),
  }

  async function seen<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
    try {
      return await work(span)
    } catch (cause) {
      // Its message may quote a value of the statement.
      span.setStatus({ code: api.SpanStatusCode.ERROR, message: cause instanceof Error ? cause.name : 'unknown' })
      throw cause
    } finally {
      span.end()
    }
  }
}

type Step = <T>(name: string, done: () => Promise<T>) => Promise<T>

async function transactInSteps<T>(
  store: CommandStore,
  work: (transaction: BatchTransaction) => Promise<T>,
  batch: readonly Commanded[],
  step: Step,
): Promise<T> {
  let worked: () => void = () => {}
  const isWorked = new Promise<void>(resolve => {
    worked = resolve
  })
  const transaction = store.transact(async inner => {
    const result = await work({
      open: (keys, wanted, locksHead) =>
        step('find kept answers, lock and read', () => inner.open(keys, wanted, locksHead)),
      findAnswers: keys => step('find kept answers', () => inner.findAnswers(keys)),
      read: wanted => step('lock and read', () => inner.read(wanted)),
      lockHead: () => step('lock the head of the log', () => inner.lockHead()),
      append: append => step('write', () => inner.append(append)),
    })
    worked()
    return result
  }, batch)
  // Where the work fails there is nothing to commit, and what it threw is what the batch throws.
  await Promise.race([isWorked, transaction])
  return step('commit', () => transaction)
}

// Who watches the server asks for these every few seconds.
const isProbe = ({ url = '' }: IncomingMessage): boolean => /^\/(?:health|metrics)\b/.test(url)

/** Codes of faults that no caller can do anything about. */
const oursToMend: ReadonlySet<string> = new Set(['10001', '20011'])

const troubleQuietMs = 60_000

// A collector that is away fails every few seconds; one line a minute is enough.
function exportTroubles(logger: Logger): Api.DiagLogger {
  let quietUntil = 0
  const warn = (message: string): void => {
    if (Date.now() < quietUntil) return
    quietUntil = Date.now() + troubleQuietMs
    logger.warn({ said: message.slice(0, 500) }, 'traces: the exporter complains')
  }
  return { error: warn, warn, info() {}, debug() {}, verbose() {} }
}
