// The settings: typed, each change on record, seen by every process soon.
import t from 'tap'
import { Settings } from '../../src/service/settings.js'
import { openStore } from '../../src/store/store.js'
import { onEachEngine } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { createMemoryStore } from '../support/memory-store.js'

t.test('until somebody sets it a setting has its default, and version 0', async t => {
  const settings = await Settings.load(createMemoryStore())

  t.match(settings.get('unsubscribe-check'), { value: 'on', version: 0, changedAt: null, changedBy: null })
  t.match(
    settings.value('resubscribe-reasons').map(({ name }) => name),
    ['asked-in-writing'],
  )
})

t.test('setting what is so already is no change', async t => {
  const settings = await Settings.load(createMemoryStore())

  await settings.set('unsubscribe-check', 'on', { actor: 'ada' })

  t.equal(settings.get('unsubscribe-check').version, 0)
  t.same(await settings.changes('unsubscribe-check', { before: null, limit: 10 }), [])
})

t.test('who expects another version changes nothing', async t => {
  const settings = await Settings.load(createMemoryStore())
  await settings.set('unsubscribe-check', 'off', { actor: 'ada' })

  const set = await settings.set('unsubscribe-check', 'on', { actor: 'bob', expectedVersion: 0 })

  t.strictSame(set, { type: 'version-moved', actual: 1 })
  t.equal(settings.value('unsubscribe-check'), 'off')
})

t.test('a value that this program does not understand is an error, not a default', async t => {
  const store = createMemoryStore()
  await store.addSettingVersion({
    name: 'unsubscribe-check',
    version: 1,
    value: '"so-so"',
    changedAt: 1,
    changedBy: 'x',
  })

  await t.rejects(Settings.load(store), /unsubscribe-check that this program does not understand/)
})

await onEachEngine(t, 'changes are kept with who made them, and another process sees them', async (t, { url }) => {
  const [one, other] = [openStore(url), openStore(url)]
  t.teardown(() => Promise.all([one.close(), other.close()]))
  await one.migrate()
  const [here, there] = [await Settings.load(one), await Settings.load(other)]
  const keeping = there.keepFresh(cause => t.fail(String(cause)))
  t.teardown(() => keeping.stop())
  const reasons = [{ name: 'on-paper', text: 'A letter \u{1F4EE}', byRecipient: true }]

  await here.set('unsubscribe-check', 'off', { actor: 'ada' })
  await here.set('unsubscribe-check', 'on', { actor: 'bob' })
  await here.set('resubscribe-reasons', reasons, { actor: 'bob' })

  t.match(await here.changes('unsubscribe-check', { before: null, limit: 10 }), [
    { version: 2, from: 'off', to: 'on', by: 'bob' },
    { version: 1, from: 'on', to: 'off', by: 'ada' },
  ])
  t.match(await here.changes('unsubscribe-check', { before: null, limit: 1 }), [{ version: 2, from: 'off', to: 'on' }])
  t.match(await here.changes('unsubscribe-check', { before: 2, limit: 1 }), [{ version: 1, from: 'on', to: 'off' }])
  await eventually(() => there.get('resubscribe-reasons').version === 1, { withinMs: 30_000 })
  t.strictSame(there.value('resubscribe-reasons'), reasons)
})

await onEachEngine(t, 'of many who change a setting at once nobody overwrites another unseen', async (t, { url }) => {
  const stores = [openStore(url), openStore(url)]
  t.teardown(() => Promise.all(stores.map(store => store.close())))
  await stores[0]!.migrate()
  const all = await Promise.all(stores.map(store => Settings.load(store)))

  const values = ['a', 'b', 'c', 'd'].map(name => [{ name, text: name, byRecipient: false }])
  await Promise.all(values.map((value, index) => all[index % 2]!.set('resubscribe-reasons', value, { actor: 'x' })))

  const changes = await all[0]!.changes('resubscribe-reasons', { before: null, limit: 10 })
  t.strictSame(
    changes.map(({ version }) => version),
    [4, 3, 2, 1],
  )
  for (const [index, { from }] of changes.slice(0, -1).entries()) t.strictSame(from, changes[index + 1]!.to)
})
