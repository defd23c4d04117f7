// A job carried out from the command line: by this process where nobody else is at it, and watched otherwise. The job
// is the store's; whoever interrupts this leaves it for the next one.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Config } from '../config.js'
import type { Opened } from '../opening.js'
import { carryOutJob, leaseMs } from '../service/jobs/job-round.js'
import type { JobOptions } from '../service/jobs/job-work.js'
import type { Job } from '../service/jobs/jobs.js'
import { isPassing } from '../service/writes/background.js'
import { GroupCommit } from '../service/writes/group-commit.js'
import { showProgress } from './progress.js'
import { print } from './store-work.js'

/** Exit codes: all rows were carried out; some were not; interrupted, to be gone on with. */
export const exitCodes = { someFailed: 2, interrupted: 130 } as const

export const lookEveryMs = 300
const chunkRows = 1_000

export const isOver = ({ state }: Job): boolean => state === 'complete' || state === 'failed' || state === 'cancelled'

/** Resolves with the job when it is over, or was interrupted by SIGINT or SIGTERM. */
export async function runJob(opened: Opened, config: Config, id: number): Promise<Job> {
  const { store, fields, settings, hashAddress } = opened
  const stop = new AbortController()
  const interrupt = (): void => stop.abort()
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  const progress = showProgress()
  const resubscribeReasons = () => settings.value('resubscribe-reasons')
  const writes = writesOf(opened, config)
  const show = (job: Job): void => progress.update(job.progress.done, job.rows || null, titleOf(job))
  const options: JobOptions = {
    ...{ store, writes, fields, hashAddress, resubscribeReasons, chunkRows: Math.min(chunkRows, config.queueMax) },
    ...{ now: Date.now, onDefect: said, onProgress: show },
  }
  try {
    for (;;) {
      const job = await store.job(id)
      if (job === undefined) throw new Error(`job ${id} is gone`)
      if (isOver(job) || stop.signal.aborted) return job
      const holder = randomBytes(16).toString('hex')
      const claimed = await store.claimJobById(id, Date.now(), { holder, until: Date.now() + leaseMs })
      if (claimed === undefined) {
        show(job)
        await delay(lookEveryMs, undefined, { signal: stop.signal }).catch(() => {})
      } else await carryOutJob(claimed, holder, options, stop.signal).catch(passing)
    }
  } finally {
    progress.end()
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt)
    await writes.drain()
  }
}

/** To be drained before the store is closed. */
export function writesOf({ store, settings, hashAddress }: Opened, config: Config): GroupCommit {
  const events = { batch() {}, command() {}, retry() {}, defect: (cause: unknown) => said(cause) }
  const limits = { batchMax: config.batchMax, queueMax: config.queueMax, patienceMs: config.patienceMs }
  const resubscribeReasons = () => settings.value('resubscribe-reasons')
  return new GroupCommit(store, { hashAddress, resubscribeReasons, limits, events })
}

// The store may be gone for a moment; the job is tried again until it is over or somebody stops it.
export async function passing(cause: unknown): Promise<void> {
  if (!isPassing(cause)) throw cause
  await delay(lookEveryMs)
}

function said(cause: unknown): void {
  process.stderr.write(`${cause instanceof Error ? cause.stack : String(cause)}\n`)
}

export const titleOf = ({ plan }: Job): string => (plan.type === 'undo' ? 'undo' : `importing ${plan.type}`)

/** What became of a job, for people; sets the exit code. */
export function reportJob(job: Job): void {
  const { id, state, rows, progress, plan } = job
  const isDryRun = plan.type !== 'list' && plan.isDryRun
  const would = isDryRun ? 'would be ' : ''
  print(`job ${id} ${state}${isDryRun ? ' (dry run: nothing was changed)' : ''}`)
  const { created, updated, unchanged, suppressed, resubscribed, failed, ignored, flagsIgnored } = progress
  const counts = [
    [progress.done, plan.type === 'undo' ? 'changes looked at' : `of ${rows} rows looked at`],
    [created, `people ${would}created`],
    [updated, `people ${would}updated`],
    [suppressed, `addresses ${would}unsubscribed`],
    [resubscribed, `addresses ${would}re-subscribed`],
    [unchanged, 'rows that say what is so already'],
    [ignored, 'rows ignored'],
    [flagsIgnored, 'rows whose flag changed nothing (--flag suppress or correct makes it count)'],
    [failed, 'rows not carried out'],
  ] as const
  for (const [count, what] of counts) if (count > 0) print(`${String(count).padStart(9)} ${what}`)
  for (const problem of progress.problems) process.stderr.write(`${problem}\n`)
  if (progress.unsaid > 0) process.stderr.write(`and ${progress.unsaid} more: jobs errors ${id}\n`)
  if (!isOver(job)) {
    process.stderr.write(
      `interrupted: the same command goes on with it, and so does a running server; jobs cancel ${id} ends it\n`,
    )
    process.exitCode = exitCodes.interrupted
  } else if (state !== 'complete') process.exitCode = 1
  else if (failed > 0) process.exitCode = exitCodes.someFailed
}
