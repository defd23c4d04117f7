// The running server: both faces on one port over one store, and its orderly end. Wires things together and decides
// nothing itself.

import { type BackgroundWork, startBackgroundWork } from './background-work.js'
import type { Config } from './config.js'
import { bodyLimits, callerGuard, readContracts, salesforceHandler, soapHandler, uploadLimits } from './faces.js'
import { createLogger, type Logger } from './http/logger.js'
import { createMetrics, type Metrics } from './http/metrics.js'
import { createHttpServer, type HttpServer } from './http/server.js'
import { readTls, watchTls } from './http/tls.js'
import { listenAt } from './listening.js'
import { blockedAttempts, groupCommitEvents, readinessLog, seldom, slowStatements, waitingWork } from './observing.js'
import { bootstrap, type FirstCredentials, type Opened, open } from './opening.js'
import { packageVersion } from './package-root.js'
import { readiness } from './readiness.js'
import { createJsonApp } from './rest/app.js'
import { jsonFace } from './rest/face.js'
import { isUpload } from './rest/imports.js'
import { startSalesforceWork } from './salesforce-work.js'
import { CallLimiter } from './service/access/call-limits.js'
import { ChangeFeed } from './service/changes/change-feed.js'
import { createCheck } from './service/checks.js'
import { shareCounts, shareCountsEveryMs } from './service/daily-counts.js'
import { createPrivacy } from './service/privacy/privacy.js'
import type { Service } from './service/service.js'
import { Traces, tracesKeptMs } from './service/traces/traces.js'
import { GroupCommit } from './service/writes/group-commit.js'
import { createCallTracer } from './soap/traces/call-tracer.js'
import type { Store } from './store/store.js'
import { startTracing } from './tracing.js'
import { webhookWork } from './webhook-work.js'
import { isWorker } from './workers.js'

export interface RunningServer {
  readonly url: string
  /** Where metrics and what needs the role admin are served, if not there. */
  readonly adminUrl: string | null
  readonly firstCredentials: FirstCredentials | null
  /** Reads the certificate again, where there is one. */
  renewTls(): void
  /** Stops accepting, finishes what is under way within DRAIN_MS, closes the store. */
  close(): Promise<void>
}

// Kept answers and old attempts are dropped this often, so many at a time that nobody notices.
const forgetEveryMs = 60_000
const forgetAtOnce = 1_000
const forgetAttemptsAtOnce = 10_000
// So long may a file that was cut be sent on from the command line.
const cutFileDays = 1
const dayMs = 24 * 3_600_000

interface Reported {
  readonly logger: Logger
  readonly opened: Opened
}

export interface PreparedStore {
  readonly logger: Logger
  /** To be asked once they listen: what is shown only once must not get lost with a start that fails. */
  firstCredentials(): Promise<FirstCredentials | null>
}

/** What comes before several servers start on one store: its schema. */
export async function prepareStore(config: Config): Promise<PreparedStore> {
  const { logger, opened } = await openAndReport(config)
  return {
    logger,
    async firstCredentials() {
      const first = await bootstrap(opened.credentials, config)
      await opened.store.close()
      return first
    },
  }
}

async function openAndReport(config: Config, metrics?: Pick<Metrics, 'slowStatement'>): Promise<Reported> {
  const logger = createLogger({ level: config.logLevel, to: 'stderr' })
  const opened = await open(config, slowStatements(config, logger, metrics))
  if (opened.migrated.length > 0) logger.info({ migrations: opened.migrated }, 'schema brought up to date')
  for (const problem of await opened.store.durabilityProblems())
    logger.warn({ problem }, 'the database may lose acknowledged commands')
  return { logger, opened }
}

export async function serve(config: Config): Promise<RunningServer> {
  const tls = config.tls === null ? null : readTls(config.tls)
  const counted = createMetrics({ isWorker: isWorker() })
  const contracts = readContracts()
  const { logger, opened } = await openAndReport(config, counted)
  const { store, credentials, fields, settings } = opened
  const tracing = await startTracing(config, packageVersion(), logger)
  const metrics = tracing.metrics(counted)

  const changes = new ChangeFeed(store, cause => logger.error({ err: cause }, 'the log could not be watched'))
  let background: BackgroundWork | null = null
  const writes = new GroupCommit(tracing.store(store), {
    hashAddress: opened.hashAddress,
    resubscribeReasons: () => settings.value('resubscribe-reasons'),
    limits: { batchMax: config.batchMax, queueMax: config.queueMax, patienceMs: config.patienceMs },
    events: groupCommitEvents(metrics, logger, {
      committed: () => changes.nudge(),
      fanOutStarted: () => background?.fanOutStarted(),
    }),
  })
  metrics.watchQueue(() => writes.waiting)
  metrics.watchBacklog(() => waitingWork(store))
  background = startBackgroundWork(opened, writes, config, logger)
  const attempts = blockedAttempts(opened, metrics, logger)
  const onTrouble = seldom(logger, 'whose calls are traced could not be read, or a traced call could not be kept')
  const traces = new Traces({ store, now: Date.now, onTrouble })
  await traces.begin()
  const hooks = webhookWork(opened, changes, config, logger, metrics)
  hooks.start()
  const onFound = (): void => background?.salesforceSent()
  const exchange = startSalesforceWork({ opened, writes, changes, config, logger, onFound })
  const service: Service = {
    writes: tracing.writes(writes),
    reads: store,
    changes,
    webhooks: hooks.webhooks,
    refusals: store,
    salesforce: { ...store, isConnected: config.salesforceLogin !== null },
    fields,
    credentials,
    settings,
    lists: store,
    flows: store,
    jobs: jobsOf(store, background.jobTaken),
    exports: store,
    privacy: createPrivacy(opened, { flushAttempts: () => attempts.flush(), onErased: () => changes.nudge() }),
    oneClick: { ...opened.oneClick, publicUrl: config.publicUrl },
    check: createCheck({ store, attempts, settings, now: Date.now }),
    blockedAttempts: {
      blockedAttempts: (selection, page) => store.blockedAttempts(selection, page),
      flush: () => attempts.flush(),
    },
    traces,
    readiness: readinessLog(logger, () => readiness(opened, writes, config)),
  }

  const freshSettings = settings.keepFresh(seldom(logger, 'settings could not be read again'))
  const limiter = new CallLimiter(
    { rate: config.limitRate, concurrency: config.limitConcurrency, daily: config.limitDaily },
    Date.now,
  )
  const sharing = sharedCounts(limiter, opened, config, logger)
  const guard = callerGuard(config)
  const limits = { bodyLimits: bodyLimits(config), uploadLimits: uploadLimits(config) }
  const salesforce = await salesforceHandler(config, store, logger, {
    bodyLimits: limits.bodyLimits,
    onStored: () => background?.salesforceSent(),
    isTrustedClient: request => http.isTrustedClient(request),
  })
  const tracer = createCallTracer(traces, opened.hashAddress)
  const soap = await soapHandler({ contracts, config, service, limiter, guard, metrics, logger, tracer, ...limits })
  const face = { ...jsonFace, policy: { resubscribe: config.jsonResubscribe, addressChange: config.addressChange } }
  const onDefect = (cause: unknown): void => logger.error({ err: cause }, 'a request could not be carried out')
  const app = { service, face, metrics, logger, version: packageVersion(), ...limits, ...guard }
  const handle: typeof soap = (request, response) => soap(request, response) || salesforce(request, response)
  const servesOperators = config.adminPort === null
  const faces = tracing.faces({ handle, fallback: createJsonApp({ ...app, servesOperators }) })
  const long = { limits: { longRequestTimeoutMs: config.importMs }, isLong: isUpload }
  const http = createHttpServer({ ...faces, ...long, tls, onDefect })
  const admin = servesOperators
    ? null
    : createHttpServer({ handle: () => false, fallback: createJsonApp(app), ...long, onDefect })
  const renewal = renewTls(config, http, logger)
  const port = await listenAt(http, { ...config, variables: { host: 'HOST', port: 'PORT' } })
  const adminVariables = { host: 'ADMIN_HOST', port: 'ADMIN_PORT' }
  const adminPlace = { host: config.adminHost, port: config.adminPort ?? 0, variables: adminVariables }
  const adminPort = admin === null ? undefined : await listenAt(admin, adminPlace)
  // Not before: they are shown this once, which a start that fails at its port would not do.
  const firstCredentials = isWorker() ? null : await bootstrap(credentials, config)
  const forgetting = setInterval(() => {
    const now = Date.now()
    Promise.all([
      store.forgetAnswers(now, forgetAtOnce),
      store.sweepJobs(now - cutFileDays * dayMs),
      store.forgetBlockedAttempts(now - config.blockedAttemptsDays * dayMs, forgetAttemptsAtOnce),
      store.forgetTraces(now - tracesKeptMs, forgetAtOnce),
      store.forgetNotifications(now - config.salesforceInboxDays * dayMs, forgetAttemptsAtOnce),
      store.forgetSalesforceConflicts(now - config.salesforceConflictDays * dayMs, forgetAttemptsAtOnce),
    ]).catch((cause: unknown) => logger.warn({ err: cause }, 'what is too old could not be dropped'))
  }, forgetEveryMs)
  const url = urlOf(tls === null ? 'http' : 'https', config.host, port)
  const adminUrl = adminPort === undefined ? null : urlOf('http', config.adminHost, adminPort)
  logger.info(adminUrl === null ? { url } : { url, adminUrl }, 'listening')

  return {
    url,
    adminUrl,
    firstCredentials,
    renewTls: () => renewal.look(),
    async close() {
      clearInterval(forgetting)
      freshSettings.stop()
      // Readers that wait for changes would hold up the end for as long as they were ready to wait.
      changes.release()
      renewal.stop()
      const finished = await Promise.all([http.close(config.drainMs), admin?.close(config.drainMs) ?? true])
      if (finished.includes(false)) logger.warn('calls were cut off that took longer than DRAIN_MS')
      await Promise.all([background.stop(), hooks.stop(), exchange.stop()])
      await writes.drain()
      await sharing.stop()
      await attempts.stop()
      await traces.stop()
      await store.close()
      await tracing.stop()
      logger.info('stopped')
    },
  }
}

const urlOf = (scheme: string, host: string, port: number): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`

function renewTls({ tls }: Config, http: HttpServer, logger: Logger): { look(): void; stop(): void } {
  if (tls === null)
    return {
      look: () => logger.info('there is no certificate to be read again; variables count from a restart on'),
      stop() {},
    }
  return watchTls(
    tls,
    material => {
      http.renewTls(material)
      logger.info('the certificate was renewed')
    },
    cause => logger.error({ err: cause }, 'the certificate stays as it was'),
  )
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

// What is ready to be carried out need not wait for the next look around.
function jobsOf(store: Store, nudge: () => void): Service['jobs'] {
  return {
    ...store,
    async takeJob(given) {
      const taken = await store.takeJob(given)
      nudge()
      return taken
    },
    async startJob(id, lease, requestHash) {
      const started = await store.startJob(id, lease, requestHash)
      nudge()
      return started
    },
  }
}
