// The work that goes on behind the faces: histories of crowded addresses, scheduled flows, jobs, what
// Salesforce sent. Each goes on where it stopped, in whichever process finds it; here they are only started.

import { randomBytes } from 'node:crypto'
import type { Config } from './config.js'
import type { Logger } from './http/logger.js'
import type { Opened } from './opening.js'
import { FlowWorker } from './service/flows/flow-worker.js'
import { jobRound } from './service/jobs/job-round.js'
import type { JobQueue } from './service/jobs/jobs.js'
import { archiveRound } from './service/log/archive.js'
import { openArchiveFolder } from './service/log/archive-folder.js'
import { inboxRound } from './service/salesforce/inbox-round.js'
import { Background } from './service/writes/background.js'
import { FanOutWorker } from './service/writes/fan-out.js'
import type { GroupCommit } from './service/writes/group-commit.js'

export interface BackgroundWork {
  /** There is a history to write. */
  fanOutStarted(): void
  /** There is a job to carry out. */
  jobTaken(): void
  /** Salesforce has sent something. */
  salesforceSent(): void
  stop(): Promise<void>
}

export function startBackgroundWork(
  opened: Opened,
  writes: GroupCommit,
  config: Config,
  logger: Logger,
): BackgroundWork {
  const fanOuts = new FanOutWorker(opened.store, writes, cause =>
    logger.error({ err: cause }, 'a fan-out could not go on'),
  )
  const flowRuns = flowWorker(opened, writes, config, logger)
  // Two of them, so that a list of a legacy caller does not wait for a file of millions.
  const jobs = (['lists', 'bulk'] as const).map(queue => jobWorker(opened, writes, queue, config, logger))
  const inbox = salesforceInbox(opened, writes, config, logger)
  const all = [fanOuts, flowRuns, ...jobs, ...(inbox === null ? [] : [inbox]), ...archiving(opened, config, logger)]
  for (const worker of all) worker.start()
  return {
    fanOutStarted: () => fanOuts.nudge(),
    jobTaken() {
      for (const worker of jobs) worker.nudge()
    },
    salesforceSent: () => inbox?.nudge(),
    stop: async () => void (await Promise.all(all.map(worker => worker.stop()))),
  }
}

function archiving({ store }: Opened, { logDays, archivePath }: Config, logger: Logger): Background[] {
  if (logDays === null) return []
  const round = archiveRound({
    ...{ store, folder: openArchiveFolder(archivePath), keptMs: logDays * 24 * 3_600_000, now: Date.now },
    onArchived: ({ fromSeq, toSeq }) => logger.info({ fromSeq, toSeq }, 'a part of the log was archived'),
  })
  return [new Background(round, cause => logger.error({ err: cause }, 'the log could not be archived'))]
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

// Fewer rows than a batch holds, so that calls that arrive meanwhile find room in it.
const jobChunkRows = 200

function jobWorker(
  { store, fields, settings, hashAddress }: Opened,
  writes: GroupCommit,
  queue: JobQueue,
  config: Config,
  logger: Logger,
): Background {
  const onDefect = (cause: unknown): void => logger.error({ err: cause }, 'a job could not go on')
  const chunkRows = Math.min(jobChunkRows, config.queueMax)
  const resubscribeReasons = () => settings.value('resubscribe-reasons')
  const options = { store, writes, fields, hashAddress, resubscribeReasons, chunkRows, now: Date.now, onDefect }
  return new Background(jobRound(options, queue), onDefect)
}

function salesforceInbox({ store }: Opened, writes: GroupCommit, config: Config, logger: Logger): Background | null {
  // What a comparison finds is processed as if it had been sent.
  if (config.salesforceOrgs.length === 0 && config.salesforceLogin === null) return null
  const onDefect = (cause: unknown): void =>
    logger.error({ err: cause }, 'a notification of Salesforce could not be processed')
  const round = inboxRound({
    store,
    reads: store,
    writes,
    policy: { resubscribe: config.salesforceResubscribe, addressChange: config.addressChange },
    precedence: config.salesforcePrecedence,
    writer: config.salesforceUser,
    holder: randomBytes(16).toString('hex'),
    now: Date.now,
    onDefect,
  })
  return new Background(round, onDefect)
}
