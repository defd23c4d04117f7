// Salesforce told and compared: the workers that follow the log, send, and reconcile. Wires and decides nothing itself;
// what comes from there is worked off in background-work.ts.

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from './config.js'
import type { Logger } from './http/logger.js'
import type { Opened } from './opening.js'
import { packageRoot } from './package-root.js'
import type { ChangeFeed } from './service/changes/change-feed.js'
import { followRound } from './service/salesforce/follow-statuses.js'
import { type ReconcileOptions, reconcileRound } from './service/salesforce/reconcile.js'
import type { SalesforceRemote } from './service/salesforce/remote.js'
import { scheduledSync } from './service/salesforce/schedule.js'
import { sendRound } from './service/salesforce/send-writes.js'
import { Background } from './service/writes/background.js'
import type { GroupCommit } from './service/writes/group-commit.js'
import { createSalesforceRemote } from './soap/salesforce/salesforce-partner.js'
import { createSessions } from './soap/salesforce/salesforce-session.js'

export interface SalesforceWork {
  /** Something was left in the outbox, or a comparison was asked for. */
  nudge(): void
  stop(): Promise<void>
}

const followWaitMs = 2_000

export interface SalesforceNeeds {
  readonly opened: Opened
  readonly writes: GroupCommit
  readonly changes: ChangeFeed
  readonly config: Config
  readonly logger: Logger
  /** There is something for the inbox. */
  readonly onFound: () => void
}

/** Does nothing where nobody said how Salesforce is reached. */
export function startSalesforceWork(needs: SalesforceNeeds): SalesforceWork {
  const { opened, changes, config, logger } = needs
  const remote = salesforceRemote(config)
  if (remote === null) return { nudge() {}, async stop() {} }
  const { store } = opened
  const lease = { store, holder: newHolder(), now: Date.now }
  const onDefect = (cause: unknown): void =>
    logger.error({ err: cause }, 'the exchange with Salesforce could not go on')
  const send = new Background(
    sendRound({
      ...{ ...lease, store, remote },
      onDead: ({ recordId }, code) => logger.warn({ recordId, code }, 'a record of Salesforce could not be told'),
      onTrouble: cause =>
        cause === null
          ? logger.info('Salesforce takes what it is told again')
          : logger.warn({ reason: cause.message }, 'Salesforce cannot be told; it is tried again'),
    }),
    onDefect,
  )
  const { salesforcePrecedence: precedence } = config
  const following = { ...lease, store, changes, precedence, waitMs: followWaitMs, onWish: () => send.nudge() }
  const follow = new Background(followRound(following), onDefect)
  const carryOut = reconcileRound(
    reconcileOptions(needs, remote, {
      onWork() {
        needs.onFound()
        send.nudge()
      },
      onEnd({ id, counts, lastError }) {
        if (lastError === null) logger.info({ sync: id, ...counts }, 'everything was compared with Salesforce')
        else logger.error({ sync: id, reason: lastError }, 'not everything could be compared with Salesforce')
      },
    }),
  )
  const schedule = scheduledSync(store, config.salesforceSyncAt, Date.now)
  const reconcile = new Background(async signal => {
    await schedule()
    return carryOut(signal)
  }, onDefect)
  const all = [send, follow, reconcile]
  for (const worker of all) worker.start()
  return {
    nudge() {
      send.nudge()
      reconcile.nudge()
    },
    stop: async () => void (await Promise.all(all.map(worker => worker.stop()))),
  }
}

/** Null where nobody said how it is reached. */
export function salesforceRemote(config: Config): SalesforceRemote | null {
  const { salesforceLogin, salesforceTimeoutMs: timeoutMs, salesforceApiVersion: apiVersion } = config
  if (salesforceLogin === null) return null
  const wsdlPath = join(packageRoot(), 'wsdl', 'salesforce-partner.wsdl')
  return createSalesforceRemote({
    wsdlPath,
    sessions: createSessions(salesforceLogin, timeoutMs),
    apiVersion,
    timeoutMs,
  })
}

export function reconcileOptions(
  { opened: { store }, writes, config }: Pick<SalesforceNeeds, 'opened' | 'writes' | 'config'>,
  remote: SalesforceRemote,
  events: Pick<ReconcileOptions, 'onWork' | 'onEnd'>,
): ReconcileOptions {
  const { salesforcePrecedence: precedence } = config
  return { store, holder: newHolder(), now: Date.now, writes, remote, precedence, ...events }
}

const newHolder = (): string => randomBytes(16).toString('hex')
