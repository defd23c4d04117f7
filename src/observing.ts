// What the operator sees of the write path and of callers who are not let in: counts, and a log line where something
// starts to fail, not for each failure.

import type { Config } from './config.js'
import type { Logger } from './http/logger.js'
import type { Metrics, WaitingWork } from './http/metrics.js'
import type { Opened } from './opening.js'
import { BlockedAttempts } from './service/blocked-attempts.js'
import { StoreConflict } from './service/ports.js'
import type { Readiness } from './service/service.js'
import type { BacklogStore } from './service/writes/backlog.js'
import type { GroupCommitEvents } from './service/writes/batch-run.js'
import type { CallObserver } from './soap/endpoint.js'
import type { StoreOptions } from './store/store.js'

/** Who else wants to know of a batch. */
export interface CommitListeners {
  committed(): void
  fanOutStarted(): void
}

export function groupCommitEvents(metrics: Metrics, logger: Logger, listeners: CommitListeners): GroupCommitEvents {
  let isFailing = false
  return {
    batch({ size, ms, fanOutsStarted }) {
      metrics.batch(size, ms)
      listeners.committed()
      if (fanOutsStarted > 0) listeners.fanOutStarted()
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

/** The same look, which also logs when it finds another state than the last time; balancers ask every second. */
export function readinessLog(
  logger: Pick<Logger, 'warn' | 'info'>,
  look: () => Promise<Readiness>,
): () => Promise<Readiness> {
  let wasReady = true
  return async () => {
    const readiness = await look()
    const { isReady, problems } = readiness
    if (wasReady && !isReady) logger.warn({ problems }, 'not ready: balancers should send no calls here')
    if (!wasReady && isReady) logger.info('ready again')
    wasReady = isReady
    return readiness
  }
}

const troubleEveryMs = 60_000

/** For what is tried again every second: of its failures one a minute is logged, with how many there were since. */
export function seldom(
  logger: Pick<Logger, 'warn'>,
  text: string,
  now: () => number = Date.now,
): (cause: unknown) => void {
  let quietUntil = 0
  let unlogged = 0
  return cause => {
    if (now() < quietUntil) return void unlogged++
    quietUntil = now() + troubleEveryMs
    logger.warn({ err: cause, unlogged }, text)
    unlogged = 0
  }
}

// Whoever re-points a client must learn which of the two is wrong. Strangers must not fill the disk with it.
const refusalLogEveryMs = 1_000

export function refusalLog(logger: Logger): CallObserver['refused'] {
  let quietUntil = 0
  return ({ userId, isKnown }, requestId) => {
    if (Date.now() < quietUntil) return
    quietUntil = Date.now() + refusalLogEveryMs
    const why = isKnown ? 'the signature does not fit the key of this user' : 'there is no such user, or it is revoked'
    logger.warn({ requestId, userId: userId.slice(0, 100), why }, 'a SOAP call was not authenticated')
  }
}

/** The record of what checks stop; that it cannot be kept is told once, until it was quiet for a while. */
export function blockedAttempts({ store }: Opened, metrics: Metrics, logger: Logger): BlockedAttempts {
  let quietUntil = 0
  const warn = (line: object, text: string): void => {
    if (Date.now() >= quietUntil) logger.warn(line, text)
    quietUntil = Date.now() + attemptTroubleQuietMs
  }
  return new BlockedAttempts(store, {
    lost(count) {
      metrics.attemptsLost(count)
      warn(
        { count },
        'blocked mail could not be put on record and is lost to it; the checks were answered all the same',
      )
    },
    trouble: cause => warn({ err: cause }, 'blocked mail could not be put on record yet; it is tried again'),
  })
}

const attemptTroubleQuietMs = 10_000

const slowLogEveryMs = 1_000
const slowTextMax = 1_000

/** Of many slow statements one a second is logged, with how many there were since; all of them are counted. */
export function slowStatements(
  { slowStatementMs: ms }: Pick<Config, 'slowStatementMs'>,
  logger: Pick<Logger, 'warn'>,
  metrics?: Pick<Metrics, 'slowStatement'>,
  now: () => number = Date.now,
): Pick<StoreOptions, 'slow'> {
  if (ms === null) return {}
  let quietUntil = 0
  let unlogged = 0
  const tell = (sql: string, tookMs: number): void => {
    metrics?.slowStatement()
    if (now() < quietUntil) return void unlogged++
    quietUntil = now() + slowLogEveryMs
    logger.warn({ sql: sql.slice(0, slowTextMax), ms: Math.round(tookMs), unlogged }, 'a statement was slow')
    unlogged = 0
  }
  return { slow: { ms, tell } }
}

export async function waitingWork(store: BacklogStore): Promise<WaitingWork> {
  const backlog = await store.backlog(Date.now())
  const { webhookLag, webhookOldestMs, salesforceInboxMs } = backlog
  const waiting = {
    ...{ jobs: backlog.jobs, 'flow runs': backlog.flowRuns, histories: backlog.fanOuts },
    ...{ 'webhook deliveries': backlog.webhookDeliveries, 'dead webhook deliveries': backlog.webhooksDead },
    ...{ 'Salesforce messages': backlog.salesforceInbox, 'Salesforce writes': backlog.salesforceOutbox },
    'dead Salesforce writes': backlog.salesforceDead,
  }
  return { waiting, webhookLag, webhookOldestMs, salesforceInboxMs }
}
