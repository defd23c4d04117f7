// What the command line shows of jobs, and their end before the time.

import type { Config } from '../config.js'
import type { Job } from '../service/jobs/jobs.js'
import { isOver, reportJob, titleOf } from './run-job.js'
import { print, refuse, withStore } from './store-work.js'

const shownAtOnce = 50

export async function listJobs(config: Config): Promise<void> {
  await withStore(config, async ({ store }) => {
    for (const job of await store.jobs({ before: null, limit: shownAtOnce })) print(lineOf(job))
  })
}

function lineOf(job: Job): string {
  const { id, state, createdAt, progress, rows, plan } = job
  const name = plan.type === 'people' || plan.type === 'suppressions' ? plan.name : ''
  const done = `${progress.done} of ${rows || '?'}`
  const time = new Date(createdAt).toISOString()
  return [String(id).padStart(6), state.padEnd(10), time, titleOf(job).padEnd(22), done.padEnd(20), name]
    .join('  ')
    .trim()
}

export async function showJob(config: Config, id: number): Promise<void> {
  await withStore(config, async ({ store }) => {
    const job = await store.job(id)
    if (job === undefined) return refuse(`there is no job ${id}; \`jobs list\` shows the newest`)
    print(lineOf(job))
    if (isOver(job)) reportJob(job)
  })
}

export async function showErrors(config: Config, id: number): Promise<void> {
  await withStore(config, async ({ store }) => {
    if ((await store.job(id)) === undefined) return refuse(`there is no job ${id}; \`jobs list\` shows the newest`)
    for (let after = 0; ; ) {
      const { reports, next } = await store.jobReports(id, after)
      for (const { line, type, sentence } of reports) print(`${line}\t${type}\t${sentence}`)
      if (next === null) return
      after = next
    }
  })
}

export async function cancelJob(config: Config, id: number): Promise<void> {
  await withStore(config, async ({ store }) => {
    const job = await store.cancelJob(id, Date.now())
    if (job === null) return refuse(`there is no job ${id}; \`jobs list\` shows the newest`)
    if (job.state === 'cancelling' || job.state === 'cancelled') print(`job ${id} is ${job.state}`)
    else refuse(`job ${id} is ${job.state} already`)
  })
}
