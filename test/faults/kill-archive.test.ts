// Whoever archives the log is killed in the middle of it, at one step after the other, while others write: in the end
// all that is old is in files, nothing is in two places, and files and store verify together.
import { readdir } from 'node:fs/promises'
import t from 'tap'
import { openEngine } from '../../src/store/engine.js'
import { aFolder, aStoreWithAPast, inThePast, oldDays, verified } from '../support/archives.js'
import { aSave, aSubmission } from '../support/builders.js'
import { startScript } from '../support/child.js'
import { type Engine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { aGroupCommit } from '../support/group-commits.js'
import { requires } from '../support/requirements.js'

// The limit of all files is too short for this one on a busy machine.
t.setTimeout(300_000)

const moreOldEntries = 2_000
const patience = { withinMs: 60_000, everyMs: 1, what: 'the step at which it is killed' }

for (const engine of ['sqlite', 'mysql', 'mysql9'] satisfies Engine[]) {
  t.test(`an archive whose maker is killed is whole in the end (${engine})`, async t => {
    if (engine !== 'sqlite' && !requires(t, engine)) return
    const { url } = await withDatabase(t, engine)
    const { store } = await aStoreWithAPast(t, url, { isOldOnly: true })
    const { writes } = aGroupCommit(store)
    await inThePast(oldDays, async () => {
      const saves = Array.from({ length: moreOldEntries }, (_, n) => aSave({ address: `old-${n}@example.org` }))
      await writes.submitAll(saves.map(command => aSubmission({ command })))
    })
    const old = await store.head()
    const folder = await aFolder(t)
    const direct = openEngine(url)
    t.teardown(() => direct.close())
    const maker = () =>
      startScript(t, 'src/main.ts', {
        args: ['archive', '--days', '30', '--dir', folder],
        env: { DATABASE_URL: url },
      })
    const steps: readonly (() => Promise<boolean>)[] = [
      async () => (await readdir(folder)).length > 0,
      async () => (await store.cut()).seq > 0,
      async () => ((await store.firstDroppable())?.activityId ?? 0) > 1,
    ]

    for (const [number, isReached] of steps.entries()) {
      const running = maker()
      await eventually(isReached, patience)
      const { signal } = await running.kill()
      t.equal(signal, 'SIGKILL', `killed at step ${number + 1}`)
      await writes.submit(aSubmission({ command: aSave({ address: `new-${number}@example.org` }) }))
      // Its lease ends by itself after a minute, for which nobody needs to wait here.
      await direct.writer('log_cut').update({ held_until: 0 })
    }
    const { code } = await maker().exited

    t.equal(code, 0)
    t.match(await store.cut(), old, 'all that is old is archived')
    t.same(await store.firstDroppable(), null, 'and dropped')
    t.equal((await store.head()).seq, old.seq + steps.length, 'what was written meanwhile is kept')
    const [first] = await store.log({ after: 0, limit: 1 })
    t.equal(first?.seq, old.seq + 1)
    t.match(await verified(t, store, folder), { broken: null, tablesCompared: true })
  })
}
