// SIGKILL in the middle of an import and of an undo from the command line: the same command goes on, or a server does,
// each row is carried out once, and the figures are true.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startScript } from '../support/child.js'
import { type Engine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { requires } from '../support/requirements.js'
import { startServerChild } from '../support/server-child.js'
import { inStore, isVerified, readLog } from '../support/store-inspection.js'

t.setTimeout(300_000)

const rowCount = 6_000
const limit = { withinMs: 120_000, everyMs: 20 }

for (const engine of ['sqlite', 'mysql'] satisfies Engine[]) {
  t.test(`an import and an undo that SIGKILL cut short go on, each row once (${engine})`, async t => {
    if (engine === 'mysql' && !requires(t, 'mysql')) return
    const { url: databaseUrl } = await withDatabase(t, engine)
    const file = join(t.testdir({}), 'list.csv')
    const rows = Array.from({ length: rowCount }, (_, index) => `p${index}@x.example`)
    await writeFile(file, `email\n${rows.join('\n')}\n`)
    const run = (...args: string[]) => startScript(t, 'src/main.ts', { args, env: { DATABASE_URL: databaseUrl } })

    await cutShort(t, databaseUrl, run('import', 'suppressions', file), 1)
    const again = run('import', 'suppressions', file)
    t.match(await again.exited, { code: 0 })
    t.match(again.stdout.join('\n'), /job 1 complete\n +6000 of 6000 rows looked at\n +6000 addresses unsubscribed/)
    t.equal(await opposites(databaseUrl, 'unsubscribed'), rowCount, 'each row is one command of the log')

    await cutShort(t, databaseUrl, run('undo', '--job', '1'), 2)
    const server = await startServerChild(t, { databaseUrl })
    const isOver = () => inStore(databaseUrl, async store => (await store.job(2))?.state === 'complete')
    await eventually(isOver, { ...limit, what: 'the end of the undo' })
    await server.kill()
    await inStore(databaseUrl, async store => {
      t.same((await store.jobReports(2, 0)).reports.slice(0, 3), [], 'nothing is reported as not taken back')
      t.match((await store.job(2))?.progress, { resubscribed: rowCount, failed: 0, done: rowCount })
    })
    t.equal(await opposites(databaseUrl, 'subscribed'), rowCount, 'and so is each change that was taken back')
    await isVerified(t, databaseUrl, 'after all')
  })
}

/** Kills it when a part of the job is in the log, and not all of it. */
async function cutShort(
  t: Test,
  databaseUrl: string,
  script: ReturnType<typeof startScript>,
  jobId: number,
): Promise<void> {
  const seqOf = () => inStore(databaseUrl, async store => (await store.head()).seq)
  const before = (jobId - 1) * rowCount
  await eventually(async () => (await seqOf().catch(() => 0)) > before + 500, limit)
  await script.kill()
  const done = (await seqOf()) - before
  t.ok(done > 0 && done < rowCount, `the kill came in the middle: ${done} of ${rowCount}`)
}

async function opposites(databaseUrl: string, status: string): Promise<number> {
  const log = await readLog(databaseUrl)
  return log.filter(({ detail }) => detail.command.type === 'set-subscription' && detail.command.status === status)
    .length
}
