// How a server starts on a database that is not simply its own: two starters on an empty one, a schema from the
// future, secrets that were sealed with another key. It comes up whole, or refuses with a sentence.
import t, { type Test } from 'tap'
import { type Config, readConfig } from '../../src/config.js'
import { bootstrap, type Opened, open } from '../../src/opening.js'
import { startScript } from '../support/child.js'
import { onEachEngine, withDatabase } from '../support/database.js'
import { requires } from '../support/requirements.js'
import { spawnServer, startServerChild } from '../support/server-child.js'
import { inStore, isVerified, pretendMigration } from '../support/store-inspection.js'

t.test('two servers that start at once on one empty database both come up, and serve the same callers', async t => {
  if (!requires(t, 'mysql')) return
  const { url: databaseUrl } = await withDatabase(t, 'mysql')

  const servers = await Promise.all([startServerChild(t, { databaseUrl }), startServerChild(t, { databaseUrl })])

  const [one, two] = servers
  const { leadId } = await one!.client().syncLead({ email: 'ada@example.org', attributes: { Unsubscribed: '1' } })
  const [lead] = await two!.client().getLead('EMAIL', 'ada@example.org')
  t.match(lead, { id: leadId, attributes: { Unsubscribed: '1' } })
  for (const server of servers) t.same(server.errors(), [])
  t.match(await inStore(databaseUrl, store => store.schemaState()), { pending: [], unknown: [] })
  const credentials = await inStore(databaseUrl, store => store.listCredentials())
  t.same(credentials.map(({ kind }) => kind).sort(), ['api', 'soap'], 'the first credentials were made once')
  await isVerified(t, databaseUrl, 'the common store')
})

t.test('several commands at once on a new embedded store all open it', async t => {
  const { url: databaseUrl } = await withDatabase(t, 'sqlite')

  const commands = Array.from({ length: 5 }, () =>
    startScript(t, 'src/main.ts', { args: ['settings', 'list'], env: { DATABASE_URL: databaseUrl } }),
  )

  for (const { exited, stderr } of commands) t.equal((await exited).code, 0, stderr.join(' '))
})

t.test('of two starters that make the first credentials at once, one makes all of them and shows them', async t => {
  if (!requires(t, 'mysql')) return
  const { url: databaseUrl } = await withDatabase(t, 'mysql')
  const starters = [await openedFor(t, databaseUrl), await openedFor(t, databaseUrl)]

  const shown = await Promise.all(starters.map(({ credentials, config }) => bootstrap(credentials, config)))

  const [first, ...others] = shown.filter(credentials => credentials !== null)
  t.same(others, [])
  const credentials = await starters[0]!.credentials.list()
  t.same(
    credentials.map(({ id }) => id).sort(),
    ['first-admin', first?.soapUser],
    'there is none that nobody was shown',
  )
})

onEachEngine(t, 'a schema that is newer than the program is refused with a sentence', async (t, { url }) => {
  await pretendMigration(url, '999-of-tomorrow')

  const script = spawnServer(t, { databaseUrl: url })

  const { code } = await script.exited
  t.equal(code, 1)
  t.match(script.stderr, [
    /^the database has migrations that this program does not know \(999-of-tomorrow\): start the newer program, or/,
  ])
  t.same(script.stdout, [], 'it never listened')
})

onEachEngine(
  t,
  'a server that runs while a newer one migrates serves on, and says that it is not ready',
  async (t, { url }) => {
    const server = await startServerChild(t, { databaseUrl: url })
    const client = server.client()
    await client.syncLead({ email: 'ada@example.org' })

    await pretendMigration(url, '999-of-tomorrow')

    t.match(await client.syncLead({ email: 'ada@example.org', attributes: { Unsubscribed: '1' } }), {
      status: 'UPDATED',
    })
    const ready = await client.json('GET', '/health/ready')
    t.equal(ready.status, 503)
    t.match(JSON.stringify(ready.body), /999-of-tomorrow/)
  },
)

t.test('a store whose secrets were sealed with another SECRET_KEY is refused at start, with a sentence', async t => {
  const { url: databaseUrl } = await withDatabase(t, 'sqlite')
  const sealed = { databaseUrl, env: { SECRET_KEY: 'the first of two keys' } }
  await (await startServerChild(t, sealed)).stop()

  const keyless = spawnServer(t, { databaseUrl })
  const other = spawnServer(t, { databaseUrl, env: { SECRET_KEY: 'the other of two keys' } })

  t.same([(await keyless.exited).code, (await other.exited).code], [1, 1])
  t.match(keyless.stderr, [/ sealed: start with the SECRET_KEY that /])
  t.match(other.stderr, [/ sealed with another SECRET_KEY than the one given/])
  const again = await startServerChild(t, sealed)
  t.same(
    await again
      .client()
      .json('GET', '/v1/addresses/ada@example.org')
      .then(({ status }) => status),
    200,
  )
})

async function openedFor(t: Test, databaseUrl: string): Promise<Opened & { readonly config: Config }> {
  const config = readConfig({ DATABASE_URL: databaseUrl })
  const opened = await open(config)
  t.teardown(() => opened.store.close())
  return { ...opened, config }
}
