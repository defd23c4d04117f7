// Flows on the command line: defined, listed and run as an operator does, and what is refused there.
import t, { type Test } from 'tap'
import { aDelete, aKey } from './support/builders.js'
import { complaints, startScript } from './support/child.js'
import { withDatabase } from './support/database.js'
import { outcomeOf } from './support/group-commits.js'
import { Scene } from './support/scene.js'
import { inStore } from './support/store-inspection.js'

const domain = 'flows.example'

/** A store with three people, two of them at one address and on a list, and a way to run commands on it. */
async function aStore(t: Test) {
  const { url } = await withDatabase(t, 'sqlite')
  const people = await inStore(url, async store => {
    await store.migrate()
    const scene = new Scene(store, domain)
    const ids = [await scene.person('ada'), await scene.person('ada'), await scene.person('bob')]
    const list = (await store.addList('Callers', 'Spring'))!
    const people = ids.slice(1)
    outcomeOf(await scene.carryOut({ type: 'change-list', list, people, isMember: true, strict: true }))
    return { ids, list: list.name }
  })
  return {
    url,
    ...people,
    async flows(...args: readonly string[]) {
      const script = startScript(t, 'src/main.ts', { args: ['flows', ...args], env: { DATABASE_URL: url } })
      const { code } = await script.exited
      return { code, text: [...script.stdout, ...complaints(script)].join('\n') }
    },
  }
}

t.test('a flow is defined once in its program, and listed with what it does', async t => {
  const { flows, list } = await aStore(t)
  const steps = ['--set', 'Unsubscribed=1', '--set', 'UnsubscribedReason=said: {{my.a}}=b', '--clear', 'City']

  const added = await flows('add', 'Opt out', '--program', 'Spring', ...steps, '--list', list)

  t.match(added, { code: 0, text: /^added 1000001 Opt out in Spring$/m })
  const listed = '1000001  Opt out in Spring  Unsubscribed=1, UnsubscribedReason=said: {{my.a}}=b, clear City  on '
  t.equal((await flows('list')).text, `${listed}${list}`)
  t.match(await flows('add', 'Opt out', '--program', 'Spring', ...steps), {
    code: 1,
    text: /there is a flow 'Opt out'/,
  })
})

t.test('a flow that could not run is refused, with every reason', async t => {
  const { flows } = await aStore(t)

  t.match(await flows('add', 'X', '--set', 'City'), { code: 1, text: /--set: expected FIELD=VALUE, got 'City'/ })
  t.match(await flows('add', 'X', '--set', 'City=a', '--list', 'No'), { code: 1, text: /there is no list 'No'/ })
  t.match(await flows('add', 'X', '--set', 'Unsubscribed=perhaps', '--clear', 'Nothing'), {
    code: 1,
    text: /^Unsubscribed: expected true or false, got 'perhaps'\nNothing: there is no such field$/m,
  })
})

t.test('a flow is run on everybody of an address, and on everybody of a list', async t => {
  const { url, ids, list, flows } = await aStore(t)
  await flows('add', 'To', '--set', 'City={{my.city}}')
  await flows('add', 'Opt out', '--set', 'Unsubscribed=true')

  const cities = await flows('run', 'To', '--email', `ADA@${domain}`, '--token', 'my.city=Rome')
  const optOuts = await flows('run', 'Opt out', '--list', list)

  t.match(cities, { code: 0, text: 'ran To on 2 people' })
  t.match(optOuts, { code: 0, text: 'ran Opt out on 2 people' })
  await inStore(url, async store => {
    const people = await store.peopleByIds(ids)
    t.strictSame(
      people.map(({ person }) => person.fields.City),
      ['Rome', 'Rome', undefined],
    )
    t.match(await store.status(aKey(`bob@${domain}`)), {
      status: { status: 'unsubscribed', actor: 'command line', source: 'campaign' },
    })
    await new Scene(store, domain).carryOut(aDelete(ids[2]!))
  })
  t.match(await flows('run', 'Opt out', '--email', `bob@${domain}`), { code: 1, text: /nobody has the address/ })
})

t.test('a run that is not clear, or not allowed, is refused', async t => {
  const { url, flows, list } = await aStore(t)
  await flows('add', 'To', '--set', 'City={{my.city}}')
  await flows('add', 'Back', '--program', 'Spring', '--set', 'Unsubscribed=0')

  t.match(await flows('run', 'To'), { code: 1, text: /expected either --email or --list/ })
  t.match(await flows('run', 'To', '--email', 'x', '--list', list), { code: 1, text: /expected either/ })
  t.match(await flows('run', 'To', '--email', 'nobody'), { code: 1, text: /--email: / })
  t.match(await flows('run', 'To', '--list', 'Nothing'), { code: 1, text: /there is no list 'Nothing'/ })
  t.match(await flows('run', 'To', '--list', list), { code: 1, text: /expected a value for the token \{\{my.city\}\}/ })
  t.match(await flows('run', 'Back', '--list', list), { code: 1, text: /there is no flow 'Back'/ })

  await inStore(url, store => new Scene(store, domain).set('unsubscribed', 'ada'))
  const env = { DATABASE_URL: url, SOAP_RESUBSCRIBE: 'guarded' }
  const args = ['flows', 'run', 'Back', '--program', 'Spring', '--list', list]
  const script = startScript(t, 'src/main.ts', { args, env })
  t.match(await script.exited, { code: 1 })
  t.match(complaints(script), [/^1 of them were refused: .*SOAP_RESUBSCRIBE=compatible$/])
})
