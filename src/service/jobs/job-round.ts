// Works through jobs, a part at a time, on the one write path. A part may be begun by one process and again by another:
// each row goes under a name of its own, so it is carried out once and answered twice, and the figures come out the
// same. What a part is, each kind of job says itself.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Lease } from '../flows/flows.js'
import { isPassing, type Round } from '../writes/background.js'
import { BulkWork } from './bulk-work.js'
import { Tally } from './job-tally.js'
import type { JobOptions, JobWork, Part } from './job-work.js'
import { type Job, type JobProgress, type JobQueue, noProgress, type RowReport } from './jobs.js'
import { ListImportWork } from './list-import-work.js'
import { UndoWork } from './undo-work.js'

/** Longer than a part takes; after a crash another process goes on when it has passed. */
export const leaseMs = 5_000
// Each record is a transaction of its own, so not after every part; nobody looks at figures more often than that.
const recordEveryMs = 500
const reportsWaitingMax = 5_000

/** A round takes up one job and stays with it to its end. */
export function jobRound(options: JobOptions, queue: JobQueue): Round {
  return async signal => {
    const { store, now } = options
    const lease = { holder: randomBytes(16).toString('hex'), until: now() + leaseMs }
    const claimed = await store.claimJob(now(), lease, queue)
    if (claimed === undefined) return false
    await carryOutJob(claimed, lease.holder, options, signal)
    return true
  }
}

/** Carries out a job that is in the hands of `holder`, to its end unless the signal says otherwise. */
export async function carryOutJob(job: Job, holder: string, options: JobOptions, signal: AbortSignal): Promise<void> {
  const run = new JobRun(job, holder, options)
  try {
    await run.carryOut(signal)
  } catch (cause) {
    if (isPassing(cause)) throw cause
    options.onDefect(cause)
    await run.giveUp()
  }
}

function workOf(job: Job, options: JobOptions): JobWork {
  const { plan } = job
  switch (plan.type) {
    case 'list':
      return new ListImportWork(job.id, plan, options)
    case 'people':
    case 'suppressions':
      return new BulkWork(job.id, plan, options)
    case 'undo':
      return new UndoWork(job.id, plan, options)
  }
}

class JobRun {
  readonly #job: Job
  readonly #holder: string
  readonly #options: JobOptions
  readonly #work: JobWork
  #tally: Tally
  #progress: JobProgress
  #recordedAt = 0
  #isHeld = true
  #isCancelled = false

  constructor(job: Job, holder: string, options: JobOptions) {
    this.#job = job
    this.#holder = holder
    this.#options = options
    this.#work = workOf(job, options)
    this.#progress = this.#work.isDryRun ? { ...noProgress, fromSeq: job.progress.fromSeq } : job.progress
    this.#tally = new Tally(this.#progress)
    this.#isCancelled = job.state === 'cancelling'
  }

  async carryOut(signal: AbortSignal): Promise<void> {
    try {
      if (this.#isCancelled) return await this.#end('cancelled')
      await this.#goOn(signal)
    } finally {
      // Whoever comes next need not wait for the lease. Where this fails too, the lease ends by itself.
      if (this.#isHeld) await this.#record(0).catch(() => {})
    }
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    if (!this.#progress.isCleared) {
      const { seq: fromSeq } = await this.#options.store.head()
      if (!(await this.#work.prepare(signal, () => this.#keepOn()))) return
      this.#progress = { ...this.#progress, isCleared: true, fromSeq: this.#progress.fromSeq ?? fromSeq }
      if (!(await this.#keepOn())) return
    }
    const parts: Part[] = []
    try {
      await this.#workThrough(parts, signal)
    } finally {
      // What is on its way still arrives: whoever takes the rest up must not meet it half-way.
      await Promise.allSettled(parts.map(({ done }) => done))
    }
  }

  async #workThrough(parts: Part[], signal: AbortSignal): Promise<void> {
    const { now } = this.#options
    let { mark } = this.#progress
    let isAtEnd = false
    let { partsMax } = this.#work
    while (!isAtEnd || parts.length > 0) {
      const startedAt = performance.now()
      const othersBefore = this.#submittedByOthers
      while (!isAtEnd && !signal.aborted && parts.length < partsMax) {
        const part = await this.#work.next(mark)
        if (part === null) isAtEnd = true
        else {
          // Whoever awaits it later hears of it; until then nobody needs to.
          part.done.catch(() => {})
          parts.push(part)
          mark = part.mark
        }
      }
      const part = parts[0]
      if (part === undefined) break
      const add = await part.done
      parts.shift()
      this.#tally.look(part.rows)
      add(this.#tally)
      this.#progress = this.#tally.progress(this.#progress, part.mark)
      const isDue = now() - this.#recordedAt >= recordEveryMs || this.#tally.waiting > reportsWaitingMax
      if ((isDue || this.#work.partsMax === 1) && !(await this.#keepOn())) return
      // Where callers are about, as long a rest as the part took: they keep at least half of the write path.
      const isAlone = this.#submittedByOthers === othersBefore
      if (!isAlone) await delay(performance.now() - startedAt)
      // What waits in front of a caller's command, the caller waits for too.
      partsMax = isAlone ? this.#work.partsMax : Math.min(2, this.#work.partsMax)
    }
    if (isAtEnd && !signal.aborted) await this.#end('complete')
  }

  get #submittedByOthers(): number {
    return this.#options.writes.submitted - this.#work.submitted
  }

  /** Ends it where it stands, so that a defect is not met again and again. */
  async giveUp(): Promise<void> {
    const sentence = `stopped behind row ${this.#progress.done} by an error in this server; its log has the cause`
    this.#progress = { ...this.#progress, problems: [...this.#progress.problems, sentence] }
    await this.#end('failed', [{ line: this.#progress.done, type: 'failed', sentence }])
  }

  /** Writes down how far it is. False where there is nothing more to do for this process. */
  async #keepOn(): Promise<boolean> {
    await this.#record(this.#options.now() + leaseMs)
    if (this.#isCancelled) await this.#end('cancelled')
    return this.#isHeld
  }

  async #record(until: number): Promise<void> {
    const lease: Lease = { holder: this.#holder, until }
    const { store, now, onProgress } = this.#options
    const reports = this.#tally.takeReports()
    const kept = await store.recordJob(this.#job.id, lease, this.#progress, reports)
    this.#recordedAt = now()
    this.#isHeld = kept !== 'lost'
    this.#isCancelled = kept === 'cancelling'
    onProgress?.({ ...this.#job, progress: this.#progress })
  }

  async #end(state: 'complete' | 'failed' | 'cancelled', more: readonly RowReport[] = []): Promise<void> {
    const { store, now, onProgress } = this.#options
    this.#isHeld = false
    const { seq: toSeq } = await store.head()
    const progress = { ...this.#progress, toSeq }
    const reports = [...this.#tally.takeReports(), ...more]
    await store.endJob(this.#job.id, this.#holder, { state, progress, reports, at: now() })
    onProgress?.({ ...this.#job, state, progress })
  }
}
