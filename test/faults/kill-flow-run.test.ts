// A campaign that was scheduled over SOAP runs on a long list, and the process dies in the middle of it: another one
// goes on, and everybody is changed exactly once.
import t, { type Test } from 'tap'
import { startScript } from '../support/child.js'
import { type Engine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { outcomeOf } from '../support/group-commits.js'
import { requires } from '../support/requirements.js'
import { Scene } from '../support/scene.js'
import { account, type ServerChild, startServerChild } from '../support/server-child.js'
import { inStore, isVerified, makeCrowd, readActivities } from '../support/store-inspection.js'

const crowdSize = 2_000
const domain = 'runs.example'

for (const engine of ['sqlite', 'mysql'] satisfies Engine[]) {
  t.test(`a scheduled run that SIGKILL cut short changes everybody exactly once (${engine})`, async t => {
    if (engine === 'mysql' && !requires(t, 'mysql')) return
    const { url: databaseUrl } = await withDatabase(t, engine)
    await makeCrowd(databaseUrl, `office@${domain}`, crowdSize)
    await defineFlow(databaseUrl)
    const first = await startServerChild(t, { databaseUrl })

    await schedule(t, first)
    await eventually(async () => (await changed(databaseUrl)).length > 0, { withinMs: 30_000, everyMs: 5 })
    await first.kill()
    const half = (await changed(databaseUrl)).length
    t.ok(half < crowdSize, `the kill came in the middle: ${half} of ${crowdSize} were changed`)
    await endLease(databaseUrl)
    const second = await startServerChild(t, { databaseUrl })

    await second.script.line(/a scheduled flow has run/, { withinMs: 60_000 })
    const ids = await changed(databaseUrl)
    t.equal(new Set(ids).size, crowdSize, 'everybody is changed')
    t.equal(ids.length, crowdSize, 'and nobody twice')
    t.match(second.script.stderr.join('\n'), new RegExp(`"people":${crowdSize}\\b`))
    t.same(second.errors(), [])
    await isVerified(t, databaseUrl, 'after the run')
  })
}

async function defineFlow(databaseUrl: string): Promise<void> {
  await inStore(databaseUrl, async store => {
    const scene = new Scene(store, domain)
    const list = (await store.addList('office', null))!
    const { people: views } = await store.updatedPeople({ from: 0, to: Date.now() }, { after: null, limit: crowdSize })
    const people = views.map(({ person }) => person.id)
    outcomeOf(await scene.carryOut({ type: 'change-list', list, people, isMember: true, strict: true }))
    const steps = [{ field: 'City', value: '{{my.city}}' }]
    await store.addFlow({ name: 'To', program: 'Move', description: '', steps, listId: list.id })
  })
}

async function schedule(t: Test, { url }: ServerChild): Promise<void> {
  const params = {
    programName: 'Move',
    campaignName: 'To',
    programTokenList: { attrib: [{ name: '{{my.city}}', value: 'Rome' }] },
  }
  const endpoint = ['--url', `${url}/soap/mktows/3_1`, '--user', account.user, '--key', account.key]
  const args = ['call', 'scheduleCampaign', ...endpoint, '--json', JSON.stringify(params)]
  const script = startScript(t, 'src/main.ts', { args })
  const { code } = await script.exited
  t.equal(code, 0, script.stderr.join('\n'))
  t.match(script.stdout.join(''), /"success": *true/)
}

/** Whom the run reached, once for each time. */
async function changed(databaseUrl: string): Promise<readonly number[]> {
  const activities = await readActivities(databaseUrl)
  return activities.filter(({ source }) => source === 'campaign').map(({ personId }) => personId)
}

/** As if as much time had passed as a dead process holds a run. */
async function endLease(databaseUrl: string): Promise<void> {
  const muchLater = Date.now() + 3_600_000
  const run = await inStore(databaseUrl, store => store.claimFlowRun(muchLater, { holder: 'f'.repeat(32), until: 0 }))
  if (run === undefined) throw new Error('no run was left to be claimed')
}
