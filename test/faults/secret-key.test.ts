// SECRET_KEY is changed while callers go on: nothing that was sealed is lost, nothing stays under the old key, and who
// takes a key away too early is told so.
import t, { type Test } from 'tap'
import { readConfig } from '../../src/config.js'
import { type Opened, open } from '../../src/opening.js'
import { resealAll } from '../../src/service/access/reseal.js'
import { createSeal } from '../../src/service/access/seal.js'
import { openEngine } from '../../src/store/engine.js'
import { startScript } from '../support/child.js'
import { withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { requires } from '../support/requirements.js'
import { account, type ServerChild, startServerChild } from '../support/server-child.js'

const oldKey = 'the operator key of last year'
const newKey = 'the operator key of this year'
const both = { SECRET_KEY: newKey, SECRET_KEY_PREVIOUS: oldKey }
const networks = { WEBHOOK_NETWORKS: '127.0.0.1' }

t.test('SECRET_KEY is changed without losing anything (sqlite)', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  await changeKey(t, url)
})

t.test('SECRET_KEY is changed without losing anything (mysql)', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  await changeKey(t, url)
})

async function changeKey(t: Test, databaseUrl: string): Promise<void> {
  const start = (env: Readonly<Record<string, string>>): Promise<ServerChild> =>
    startServerChild(t, { databaseUrl, env: { ...env, ...networks, PUBLIC_URL: 'https://unsubscribe.example' } })
  const run = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    finished(t, { DATABASE_URL: databaseUrl, ...env }, args)

  const first = await start({ SECRET_KEY: oldKey })
  const link = await sealOneOfEach(first)
  await first.stop()

  const second = await start(both)
  const load = keepCalling(second)
  await eventually(() => load.answered() > 5, { withinMs: 30_000, what: 'some calls' })
  const resealed = await run(both, 'secrets', 'reseal')
  const again = await run(both, 'secrets', 'reseal')
  await load.stop()
  await second.stop()

  t.match(resealed, { code: 0, said: /^sealed anew: 6, sealed with SECRET_KEY before: 0\n/ })
  t.match(again, { code: 0, said: /^sealed anew: 0, sealed with SECRET_KEY before: 6\n/ })
  t.same(load.failures(), [])
  const seal = createSeal(newKey)
  const texts = await sealedTexts(databaseUrl)
  t.equal(texts.length, 6)
  for (const text of texts) t.ok(seal.isCurrent(text))

  const third = await start({ SECRET_KEY: newKey })
  t.match(await third.client().syncLead({ email: 'grace@example.org' }), { status: 'CREATED' })
  const body = 'List-Unsubscribe=One-Click'
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const opted = await fetch(third.url + new URL(link).pathname, { method: 'POST', headers, body })
  t.equal(opted.status, 200, 'a link from before still works')
  await third.stop()
  t.match(await run({ SECRET_KEY: newKey }, 'verify'), { code: 0, said: /the chain holds, the tables are what/ })
  t.match(await run({ SECRET_KEY: oldKey }, 'verify'), { code: 1, said: /give the old one as SECRET_KEY_PREVIOUS/ })
}

t.test('what was never sealed is sealed by the same command, and nothing is sealed without a key', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const env = { DATABASE_URL: url }
  await inStore(env, ({ credentials }) => credentials.addSoap('legacy-user', 'writer', '0123456789abcdef'))

  t.match(await finished(t, env, ['secrets', 'reseal']), { code: 1, said: /SECRET_KEY: expected the key/ })
  const resealed = await inStore({ ...env, SECRET_KEY: newKey }, ({ store, seal }) => resealAll(store, seal))

  t.same(resealed, { resealed: 3, current: 0, unreadable: [] })
  t.equal((await sealedTexts(url)).length, 3)
  await t.rejects(
    inStore(env, async () => {}),
    /the stored secrets are sealed/,
  )
})

t.test('a secret that neither key opens is named, and left as it is', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const lost = createSeal('a key that nobody has').close('secret')
  await inStore({ DATABASE_URL: url, SECRET_KEY: oldKey }, async ({ credentials }) => {
    await credentials.addSoap('gone', 'writer', '0123456789abcdef')
    await credentials.revoke('gone')
  })
  await inRows(url, async ({ writer }) => void (await writer('credentials').update({ secret: lost })))

  const { code, said } = await finished(t, { DATABASE_URL: url, ...both }, ['secrets', 'reseal'])

  t.equal(code, 1)
  t.match(said, /sealed anew: 2, .+\n(?:.*\n)*.*left as they are: credentials\.secret gone$/)
  t.ok((await sealedTexts(url)).includes(lost))
})

t.test('a secret that was changed while it was sealed anew stays what it was changed to', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  await inStore({ DATABASE_URL: url, SECRET_KEY: newKey }, async ({ store, seal, credentials }) => {
    await credentials.addSoap('legacy-user', 'writer', '0123456789abcdef')
    const [read] = (await store.sealedTexts()).filter(({ place }) => place.startsWith('credentials'))
    await credentials.rotate('legacy-user', { overlapMs: 0, secret: 'fedcba9876543210' })

    t.notOk(await store.replaceSealed(read!, seal.close('0123456789abcdef')))
    t.match(await credentials.soapUser('legacy-user'), { encryptionKey: 'fedcba9876543210' })
  })
})

t.test('SECRET_KEY_PREVIOUS alone is refused: nothing could be sealed', async t => {
  t.throws(() => readConfig({ SECRET_KEY_PREVIOUS: oldKey }), /SECRET_KEY_PREVIOUS: expected SECRET_KEY beside it/)
})

/** A webhook and a SOAP user, each with the secret before, and a link, which is what it gives. */
async function sealOneOfEach(server: ServerChild): Promise<string> {
  const client = server.client()
  await client.syncLead({ email: 'ada@example.org' })
  const { body: made } = await client.json('POST', '/v1/webhooks', { url: 'http://127.0.0.1:9/' })
  await client.json('POST', `/v1/webhooks/${made.id}/secret`)
  await client.json('POST', `/v1/credentials/${account.user}/rotations`, { overlapSeconds: 3600 })
  const { body } = await client.json('POST', '/v1/one-click-links', { addresses: ['ada@example.org'] })
  return (body.links as readonly { readonly url: string }[])[0]!.url
}

async function finished(t: Test, env: Readonly<Record<string, string>>, args: readonly string[]) {
  const script = startScript(t, 'src/main.ts', { args, env })
  const { code } = await script.exited
  return { code, said: [...script.stdout, ...script.stderr].join('\n') }
}

async function inStore<T>(env: Readonly<Record<string, string>>, work: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = await open(readConfig(env))
  try {
    return await work(opened)
  } finally {
    await opened.store.close()
  }
}

type Engine = ReturnType<typeof openEngine>

async function inRows<T>(databaseUrl: string, look: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = openEngine(databaseUrl)
  try {
    return await look(engine)
  } finally {
    await engine.close()
  }
}

/** Whatever looks sealed in any column of any table, so that no place is forgotten. */
function sealedTexts(databaseUrl: string): Promise<readonly string[]> {
  return inRows(databaseUrl, async ({ name, reader }) => {
    const list = name === 'sqlite' ? "select name from sqlite_master where type = 'table'" : 'show tables'
    const answer = await reader.raw(list)
    const tables = ((name === 'sqlite' ? answer : answer[0]) as object[]).map(row => String(Object.values(row)[0]))
    const rows = await Promise.all(tables.map(async table => (await reader(table).select('*')) as object[]))
    return rows.flat().flatMap(row => Object.values(row).filter(value => /^aes-256-gcm:/.test(String(value))))
  })
}

function keepCalling(server: ServerChild) {
  const client = server.client()
  let isStopping = false
  let answered = 0
  const failures: unknown[] = []
  const calling = (async () => {
    while (!isStopping) {
      await client.syncLead({ email: `c${answered % 7}@example.org` }).then(
        () => answered++,
        cause => failures.push(String(cause)),
      )
    }
  })()
  return {
    answered: () => answered,
    failures: () => failures,
    async stop() {
      isStopping = true
      await calling
    },
  }
}
