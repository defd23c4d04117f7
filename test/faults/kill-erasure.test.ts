// An erasure that ends in its middle did nothing: whichever statement fails, and where its process is killed while it
// waits for a row that it is about to rewrite.
import t from 'tap'
import { openEngine } from '../../src/store/engine.js'
import { openStore } from '../../src/store/store.js'
import { aCause, aForeignId, aHashAddress, aKey, aSave } from '../support/builders.js'
import { startScript } from '../support/child.js'
import { withDatabase } from '../support/database.js'
import { aHashingStore, erase, everything, verified, whole } from '../support/erasures.js'
import { eventually } from '../support/eventually.js'
import { personIdOf } from '../support/group-commits.js'
import { requires } from '../support/requirements.js'
import { Scene } from '../support/scene.js'

// The limit of all files is too short for a busy machine.
t.setTimeout(300_000)

const statementsMax = 500

async function aPast(scene: Scene): Promise<string> {
  const address = scene.address('ada.secret')
  const cause = aCause({ reason: `mail from ${address}`, reasonGiven: true })
  const fields = { City: 'Verona' }
  const ada = personIdOf(await scene.carryOut(aSave({ address, fields, foreignId: aForeignId('SFDC-secret') })))
  await scene.carryOut(aSave({ id: ada, unsubscribed: true, fields: { City: 'Mantova' } }), { cause })
  await scene.store.addBlockedAttempts([
    { at: 1, caller: 'a test', purpose: 'commercial', mode: 'each', key: aKey(address), statusVersion: 1 },
  ])
  return address
}

t.test('an erasure that fails at any statement did nothing', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const address = await aPast(new Scene(await aHashingStore(t, url), 'kill.example'))
  let left = Number.POSITIVE_INFINITY
  const failing = openStore(url, {
    onStatement() {
      if (left-- === 0) throw new Error('the statement fails')
    },
  })
  t.teardown(() => failing.close())
  failing.hashAddressesBy(aHashAddress)
  const before = await everything(url)

  let failed = 0
  for (; failed < statementsMax; failed++) {
    left = failed
    const isErased = await erase(failing, address).then(
      () => true,
      () => false,
    )
    if (isErased) break
    const now = await everything(url)
    if (JSON.stringify(now) !== JSON.stringify(before)) t.same(now, before, `failed at statement ${failed}`)
  }

  t.ok(failed > 15 && failed < statementsMax, `${failed} statements failed, each alone`)
  left = Number.POSITIVE_INFINITY
  const after = await everything(url)
  t.same(
    after.filter(text => /ada\.secret|verona|mantova|sfdc-secret/i.test(text)),
    [],
  )
  t.match(await verified(t, failing), whole)
})

t.test('an erasure whose process is killed did nothing', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const store = await aHashingStore(t, url)
  const address = await aPast(new Scene(store, 'kill.example'))
  const direct = openEngine(url)
  t.teardown(() => direct.close())
  const eraser = () =>
    startScript(t, 'src/main.ts', {
      args: ['privacy', 'erase', address, '--reason', 'request 17'],
      env: { DATABASE_URL: url },
    })
  // A command line makes a key of the store for hashes, once.
  await startScript(t, 'src/main.ts', { args: ['privacy', 'export', address], env: { DATABASE_URL: url } }).exited
  const before = await everything(url)

  for (const table of ['log_head', 'blocked_attempts']) {
    const held = await direct.writer.transaction()
    await held(table).forUpdate().select('*')
    const running = eraser()
    await eventually(
      async () => {
        const [found] = await direct.reader.raw(
          'select id from information_schema.processlist ' +
            'where id <> connection_id() and info like ? and db = database()',
          [table === 'log_head' ? 'select%log_head%for update' : 'update%blocked_attempts%'],
        )
        return (found as unknown[]).length > 0
      },
      { withinMs: 60_000, what: `the erasure waiting for ${table}` },
    )
    t.equal((await running.kill()).signal, 'SIGKILL')
    await held.rollback()
    // The server notices in its own time that nobody is there any more.
    await eventually(
      async () => {
        const locked = await direct.writer.transaction()
        await locked('email_status').forUpdate().select('*')
        await locked.rollback()
        return true
      },
      { withinMs: 60_000, what: 'the end of the transaction' },
    )
    t.same(await everything(url), before, `killed while it waited for ${table}`)
  }

  const { code } = await eraser().exited
  t.equal(code, 0)
  t.same(
    (await everything(url)).filter(text => /ada\.secret|verona|mantova/i.test(text)),
    [],
  )
  t.match(await verified(t, store), whole)
})
