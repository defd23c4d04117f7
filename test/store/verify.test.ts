// What `verify` finds: a log or a table that somebody changed by hand is named at its first broken place.
import t, { type Test } from 'tap'
import { verify } from '../../src/service/log/verify.js'
import { openEngine } from '../../src/store/engine.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aSave, aSubmission, aSubscription } from '../support/builders.js'
import { onEachEngine, withDatabase } from '../support/database.js'
import { aGroupCommit } from '../support/group-commits.js'

await onEachEngine(t, 'a store that nobody touched is what its log says', async (t, { url }) => {
  const store = await aLivedInStore(t, url)

  t.match(await verified(t, store), { entries: 6, erased: 0, tablesCompared: true, broken: null })
})

await onEachEngine(
  t,
  'a command that changed nothing about an unknown address leaves the store as it is',
  async (t, { url }) => {
    const store = await aLivedInStore(t, url)
    const { writes } = aGroupCommit(store)
    await writes.submit(aSubmission({ command: aSubscription('subscribed', 'aaron@example.org') }))
    const expectedVersion = 5
    const command = { ...aSubscription('unsubscribed', 'zoe@example.org'), expectedVersion }
    t.match(await writes.submit(aSubmission({ command })), { type: 'rejected' })
    await writes.drain()

    t.match(await verified(t, store), { tablesCompared: true, broken: null })
  },
)

const tampering: readonly (readonly [title: string, table: string, change: Change, finding: RegExp])[] = [
  ['an entry that was changed', 'log', row => row.where({ seq: 3 }).update({ actor: 'somebody else' }), /entry 3/],
  ['a detail that was changed', 'log', row => row.where({ seq: 2 }).update({ detail: '{}' }), /entry 2: its detail/],
  ['an entry that was removed', 'log', row => row.where({ seq: 4 }).delete(), /entry 4 is missing/],
  ['the end of the log that was cut', 'log', row => row.where('seq', '>', 4).delete(), /ends at 6.* is 4/],
  ['an opt-out that was lifted', 'email_status', row => row.update({ unsubscribed: false }), /email_status/],
  [
    'an opt-out that nobody said',
    'email_status',
    row => row.insert({ address_key: 'zoe@example.org', unsubscribed: true, version: 0, people: 0, seq: 0 }),
    /email_status/,
  ],
  ['a version that was removed', 'status_history', row => row.where({ version: 1 }).delete(), /status_history/],
  ['a person that was changed', 'people', row => row.update({ fields: '{}' }), /people.*fields/],
  ['a person that was removed', 'people', row => row.delete(), /people.*missing/],
  [
    'a line of history that was changed',
    'activities',
    row => row.where({ id: 2 }).update({ to_value: 'x' }),
    /activities/,
  ],
]

for (const [title, table, change, finding] of tampering) {
  t.test(`${title} is found`, async t => {
    const { url } = await withDatabase(t, 'sqlite')
    const store = await aLivedInStore(t, url)
    const engine = openEngine(url)
    await change(engine.writer(table))
    await engine.close()

    t.match((await verified(t, store)).broken, finding)
  })
}

await onEachEngine(
  t,
  'scenario 39: an entry of the log that SQL altered, removed or moved is reported by its position',
  async (t, { url }) => {
    const store = await aLivedInStore(t, url)
    const engine = openEngine(url)
    t.teardown(() => engine.close())
    const log = () => engine.writer('log')
    const place = async (from: number, to: number): Promise<unknown> => log().where({ seq: from }).update({ seq: to })

    await log().where({ seq: 5 }).update({ source: 'elsewhere' })
    t.match((await verified(t, store)).broken, /entry 5/, 'altered')

    await place(2, 1_000)
    await place(3, 2)
    await place(1_000, 3)
    t.match((await verified(t, store)).broken, /entry 2/, 'moved: the first broken position is told')

    await log().where({ seq: 1 }).delete()
    t.match((await verified(t, store)).broken, /entry 1/, 'removed')
  },
)

type Change = (rows: ReturnType<ReturnType<typeof openEngine>['writer']>) => PromiseLike<unknown>

async function aLivedInStore(t: Test, url: string): Promise<Store> {
  const store = openStore(url)
  t.teardown(() => store.close())
  await store.migrate()
  const { writes } = aGroupCommit(store)
  const address = 'ada@example.org'
  for (const command of [
    aSave({ address, fields: { FirstName: 'Ada' } }),
    aSave({ address, fields: { City: 'Turin' } }),
    aSave({ address, unsubscribed: true }),
    aSave({ address, unsubscribed: false }),
    aSave({ address, fields: { City: null } }),
    aSubscription('unsubscribed', address),
  ]) {
    await writes.submit(aSubmission({ command }))
  }
  return store
}

async function verified(t: Test, store: Store) {
  const { url } = await withDatabase(t, 'sqlite')
  const scratch = openStore(url)
  t.teardown(() => scratch.close())
  await scratch.migrate()
  return verify(store, { scratch })
}
