// The running server: both faces on one port over one store, and its orderly end. Wires things together and decides
// nothing itself.

import { join } from 'node:path'
import type { Config } from './config.js'
import { type BodyLimits, defaultBodyLimits, readBody } from './http/body.js'
import { createLogger, type Logger } from './http/logger.js'
import { createMetrics, type Metrics } from './http/metrics.js'
import { publicUrl } from './http/public-url.js'
import { requestIdOf } from './http/request-id.js'
import { createHttpServer } from './http/server.js'
import { bootstrap, type FirstCredentials, type Opened, open } from './opening.js'
import { packageRoot } from './package-root.js'
import { createJsonApp } from './rest/app.js'
import { jsonFace } from './rest/face.js'
import { Background } from './service/background.js'
import { CallLimiter } from './service/call-limits.js'
import { shareCounts, shareCountsEveryMs } from './service/daily-counts.js'
import { FanOutWorker } from './service/fan-out.js'
import { FlowWorker } from './service/flow-worker.js'
import { GroupCommit, type GroupCommitEvents } from './service/group-commit.js'
import { importRound } from './service/import-round.js'
import { StoreConflict } from './service/ports.js'
import type { Readiness, Service } from './service/service.js'
import { loadContracts } from './soap/contracts.js'
import { type CallObserver, createEndpoint } from './soap/endpoint.js'
import { createSoapRequestHandler, type SoapRequestHandler } from './soap/request-handler.js'
import { SchemaTooNew } from './store/migrate.js'

export interface RunningServer {
  readonly url: string
  readonly firstCredentials: FirstCredentials | null
  /** Stops accepting, finishes what is under way within DRAIN_MS, closes the store. */
  close(): Promise<void>
}

// Kept answers are dropped this often, so many at a time that nobody notices.
const forgetEveryMs = 60_000
const forgetAtOnce = 1_000

export async function serve(config: Config): Promise<RunningServer> {
  const logger = createLogger({ level: config.logLevel, to: 'stderr' })
  const metrics = createMetrics()
  const opened = await open(config)
  const { store, credentials, fields } = opened
  if (opened.migrated.length > 0) logger.info({ migrations: opened.migrated }, 'schema brought up to date')
  for (const problem of await store.durabilityProblems())
    logger.warn({ problem }, 'the database may lose acknowledged commands')
  const firstCredentials = await bootstrap(credentials, config)

  let fanOuts: FanOutWorker | null = null
  const writes = new GroupCommit(store, {
    hashAddress: opened.hashAddress,
    limits: { batchMax: config.batchMax, queueMax: config.queueMax, patienceMs: config.patienceMs },
    events: groupCommitEvents(metrics, logger, () => fanOuts?.nudge()),
  })
  metrics.watchQueue(() => writes.waiting)
  fanOuts = new FanOutWorker(store, writes, cause => logger.error({ err: cause }, 'a fan-out could not go on'))
  fanOuts.start()
  const flowRuns = flowWorker(opened, writes, config, logger)
  flowRuns.start()
  const imports = importWorker(opened, writes, config, logger)
  imports.start()
  const service: Service = {
    writes,
    reads: store,
    fields,
    credentials,
    lists: store,
    flows: store,
    imports: {
      lastImportInto: listId => store.lastImportInto(listId),
      async takeImport(given) {
        const taken = await store.takeImport(given)
        imports.nudge()
        return taken
      },
    },
    readiness: () => readiness(opened, writes, config),
  }

  const limiter = new CallLimiter(
    { rate: config.limitRate, concurrency: config.limitConcurrency, daily: config.limitDaily },
    Date.now,
  )
  const sharing = sharedCounts(limiter, opened, config, logger)
  const soap = await soapHandler(config, service, limiter, metrics, logger)
  const face = { ...jsonFace, policy: { resubscribe: config.jsonResubscribe, addressChange: config.addressChange } }
  const http = createHttpServer({
    handle: soap,
    fallback: createJsonApp({ service, face, metrics, logger, bodyLimits: bodyLimits(config) }),
    onDefect: cause => logger.error({ err: cause }, 'a request could not be carried out'),
  })
  const port = await http.listen(config.port, config.host)
  const forgetting = setInterval(() => {
    store
      .forgetAnswers(Date.now(), forgetAtOnce)
      .catch((cause: unknown) => logger.warn({ err: cause }, 'old answers could not be dropped'))
  }, forgetEveryMs)
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  logger.info({ url }, 'listening')

  return {
    url,
    firstCredentials,
    async close() {
      clearInterval(forgetting)
      const finished = await http.close(config.drainMs)
      if (!finished) logger.warn('calls were cut off that took longer than DRAIN_MS')
      await Promise.all([fanOuts.stop(), flowRuns.stop(), imports.stop()])
      await writes.drain()
      await sharing.stop()
      await store.close()
      logger.info('stopped')
    },
  }
}

// Scheduled through the SOAP face, so its policy holds for them.
function flowWorker({ store }: Opened, writes: GroupCommit, config: Config, logger: Logger): FlowWorker {
  return new FlowWorker({
    store,
    writes,
    policy: { resubscribe: config.soapResubscribe, addressChange: config.addressChange },
    now: Date.now,
    onEnd: run => logger[run.refused === 0 ? 'info' : 'warn'](run, 'a scheduled flow has run'),
    onDefect: cause => logger.error({ err: cause }, 'a scheduled flow could not go on'),
  })
}

// Without a daily quota nothing is counted, and nothing written.
function sharedCounts(
  limiter: CallLimiter,
  { store }: Opened,
  { limitDaily }: Config,
  logger: Logger,
): { stop(): Promise<void> } {
  if (limitDaily === null) return { stop: async () => {} }
  const share = (): Promise<void> =>
    shareCounts(limiter, store, Date.now()).catch((cause: unknown) =>
      logger.warn({ err: cause }, 'the calls of the day could not be counted; it is tried again'),
    )
  const timer = setInterval(share, shareCountsEveryMs)
  return {
    stop() {
      clearInterval(timer)
      return share()
    },
  }
}

// Fewer rows than a batch holds, so that calls that arrive meanwhile find room in it.
const importChunkRows = 200

function importWorker({ store, fields }: Opened, writes: GroupCommit, config: Config, logger: Logger): Background {
  const onDefect = (cause: unknown): void => logger.error({ err: cause }, 'an import could not go on')
  const chunkRows = Math.min(importChunkRows, config.queueMax)
  return new Background(importRound({ store, writes, fields, chunkRows, now: Date.now, onDefect }), onDefect)
}

async function soapHandler(
  config: Config,
  service: Service,
  limiter: CallLimiter,
  metrics: Metrics,
  logger: Logger,
): Promise<SoapRequestHandler> {
  const { soapResubscribe: resubscribe, addressChange, signatureWindowHours, trustedProxies } = config
  const endpoint = createEndpoint({
    service,
    face: { source: 'SOAP API', defaultReason: 'SOAP API', policy: { resubscribe, addressChange } },
    signatureWindowMs: signatureWindowHours * 3_600_000,
    now: Date.now,
    limiter,
    observer: {
      called({ operation, faultCode, ms, unknownElements }) {
        metrics.soapCall(operation ?? '(none)', faultCode, ms)
        for (const name of unknownElements) metrics.unknownElement(name)
      },
      refused: refusalLog(logger),
      defect: (cause, requestId) => logger.error({ err: cause, requestId }, 'a SOAP call failed'),
    },
  })
  return createSoapRequestHandler({
    contracts: await loadContracts(join(packageRoot(), 'wsdl')),
    endpoint,
    readBody: request => readBody(request, bodyLimits(config)),
    publicUrl: request => publicUrl(request, { publicUrl: config.publicUrl, trustedProxies }),
    requestIdOf,
    onDefect: (cause, requestId) => logger.error({ err: cause, requestId }, 'a SOAP request failed'),
  })
}

// A store that is merely slow is ready; one whose queue is nearly full should get no new callers from a balancer.
const queueFullRatio = 0.9

async function readiness({ store }: Opened, writes: GroupCommit, { queueMax }: Config): Promise<Readiness> {
  const problems: string[] = []
  try {
    const { pending } = await store.schemaState()
    if (pending.length > 0) problems.push(`the schema lacks ${pending.join(', ')}`)
  } catch (cause) {
    // The database's own words may hold names and addresses; the log has them, a probe gets this.
    problems.push(cause instanceof SchemaTooNew ? cause.message : 'the database cannot be reached')
  }
  if (writes.waiting > queueMax * queueFullRatio) problems.push(`${writes.waiting} commands are waiting`)
  return { isReady: problems.length === 0, problems }
}

function groupCommitEvents(metrics: Metrics, logger: Logger, onFanOut: () => void): GroupCommitEvents {
  let isFailing = false
  return {
    batch({ size, ms, fanOutsStarted }) {
      metrics.batch(size, ms)
      if (fanOutsStarted > 0) onFanOut()
      if (isFailing) logger.info('the store takes commands again')
      isFailing = false
    },
    command: (kind, answer, ms) => metrics.command(kind, answer, ms),
    retry(cause) {
      metrics.storeRetry()
      // Conflicts between servers are everyday; that nothing can be written is told once, and once when it is over.
      if (cause instanceof StoreConflict || isFailing) return
      isFailing = true
      logger.warn({ err: cause }, 'a batch could not be committed and is tried again')
    },
    defect(cause, kind) {
      metrics.command(kind, 'defect', 0)
      logger.error({ err: cause, kind }, 'a command could not be carried out')
    },
  }
}

// Whoever re-points a client must learn which of the two is wrong. Strangers must not fill the disk with it.
const refusalLogEveryMs = 1_000

function refusalLog(logger: Logger): CallObserver['refused'] {
  let quietUntil = 0
  return ({ userId, isKnown }, requestId) => {
    if (Date.now() < quietUntil) return
    quietUntil = Date.now() + refusalLogEveryMs
    const why = isKnown ? 'the signature does not fit the key of this user' : 'there is no such user, or it is revoked'
    logger.warn({ requestId, userId: userId.slice(0, 100), why }, 'a SOAP call was not authenticated')
  }
}

function bodyLimits({ bodyBytesMax }: Config): BodyLimits {
  return { ...defaultBodyLimits, bytesMax: bodyBytesMax, inflatedBytesMax: bodyBytesMax }
}
