// Webhooks on the command line, over a store that no server has open: made, changed, paused, tried and removed, and
// what could not be delivered is listed and made to wait again.
import t, { type Test } from 'tap'
import { complaints, startScript } from './support/child.js'
import { withDatabase } from './support/database.js'
import { inTables } from './support/personal-data.js'
import { startReceiver } from './support/receiver.js'

// Each starts processes of its own.
t.jobs = 2

async function aCommandLine(t: Test) {
  const { url: databaseUrl } = await withDatabase(t, 'sqlite')
  const env = { DATABASE_URL: databaseUrl, WEBHOOK_NETWORKS: '127.0.0.0/8' }
  return {
    databaseUrl,
    async run(...args: readonly string[]) {
      const script = startScript(t, 'src/main.ts', { args: ['webhooks', ...args], env })
      const { code } = await script.exited
      return { code, stdout: script.stdout.join('\n'), stderr: complaints(script).join('\n') }
    },
  }
}

t.test('a webhook is added, shown, changed, paused, resumed and removed', async t => {
  const { run } = await aCommandLine(t)
  const url = 'http://127.0.0.1:9/changes'

  const added = await run('add', url, '--description', 'the CRM', '--status', 'unsubscribed', '--source', 'SOAP API')
  t.match(added, { code: 0, stdout: /^added 1\nsecret \(shown this once\): whsec_\S+$/, stderr: '' })
  const paused = await run('pause', '1')
  const changed = await run('change', '1', '--url', `${url}/2`, '--kind', 'person-created', '--kind', 'list-joined')
  const shown = await run('show', '1')
  const resumed = await run('resume', '1')
  const listed = await run('list')
  const removed = await run('remove', '1')

  t.match(
    [paused, changed, resumed, removed],
    [
      { code: 0, stdout: 'webhook 1 is paused' },
      { code: 0, stdout: 'webhook 1 is paused' },
      { code: 0, stdout: 'webhook 1 is active' },
      { code: 0, stdout: 'removed 1' },
    ],
  )
  t.match(shown.stdout, /^url +http:\/\/127\.0\.0\.1:9\/changes\/2\ndescription +the CRM\n/m)
  t.match(shown.stdout, /^changes +person-created, list-joined\nstate +paused: paused by an admin\n/m)
  t.match(shown.stdout, /^added +20\S+Z by command line \(/m)
  t.notMatch(shown.stdout, /whsec_/)
  t.equal(listed.stdout, `1  active    0 delivered, 0 waiting, 0 dead  ${url}/2`)
})

t.test('a receiver is tried, what it did not take is listed, and waits again', async t => {
  const { run, databaseUrl } = await aCommandLine(t)
  const receiver = await startReceiver(t)
  await run('add', receiver.url, '--from-beginning')
  await inTables(databaseUrl, async knex => {
    for (const [index, state] of ['dead', 'dead', 'waiting'].entries()) {
      const counts = { activity_id: 0, attempts: 5, stored_at: Date.UTC(2026, 2, 1), last_error: 'answered 500' }
      const change = { change_id: `c${index}`, queue: 'q', seq: index + 1, state }
      await knex('webhook_deliveries').insert({ webhook_id: 1, ...change, ...counts })
    }
  })

  t.match(await run('ping', '1'), { code: 0, stdout: 'the receiver answered 204' })
  t.match(await run('deliveries', '1'), {
    stdout: /^c0 {2}5 attempts {2}since 2026-03-01T00:00:00\.000Z {2}erased since\nc1 [^\n]+$/,
  })
  t.match(await run('replay', '1', '--change', 'c1'), { stdout: /^1 wait again/ })
  t.match((await run('deliveries', '1', '--state', 'waiting')).stdout.split('\n'), [/^c1/, /^c2/])
})

t.test('what cannot be is refused with what is expected', async t => {
  const { run } = await aCommandLine(t)

  const refused = await Promise.all([
    run('add', 'http://10.0.0.1/'),
    run('add', 'https://crm.example/', '--kind', 'person-made'),
    run('show', '1'),
  ])

  t.match(refused, [
    { code: 1, stderr: /webhooks: / },
    { code: 1, stderr: /expected --kind status-changed, .*got 'person-made'/ },
    { code: 1, stderr: /there is no webhook 1; `webhooks list`/ },
  ])
})
