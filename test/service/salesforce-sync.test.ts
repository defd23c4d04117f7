// The comparison of everything with Salesforce: what it finds, what it marks, and what it leaves alone.
import t from 'tap'
import type { Precedence } from '../../src/domain/salesforce-record.js'
import { onEachEngine, withDatabase } from '../support/database.js'
import { aSalesforceScene } from '../support/salesforce-scene.js'

type Test = Parameters<typeof withDatabase>[0]
const scene = async (t: Test, precedence: Precedence = 'or', recordsPerPage = 3) =>
  aSalesforceScene(t, { url: (await withDatabase(t, 'sqlite')).url, precedence, recordsPerPage })

onEachEngine(t, 'whoever is opted out on one side is on both after the night', async (t, { url }) => {
  const { records, set, sync, settle, optedOut, api } = await aSalesforceScene(t, { url, recordsPerPage: 3 })
  const made = Array.from({ length: 8 }, (_, i) =>
    records.add({ email: `p${i}@example.org`, optedOut: i % 2 === 0, type: i < 2 ? 'Lead' : 'Contact' }),
  )
  for (const i of [0, 3, 4]) await set(`p${i}@example.org`, 'unsubscribed')
  records.add({ email: 'no address', optedOut: true })

  const { counts, state } = await sync()
  await settle()

  t.match([state, counts], ['complete', { records: 9, agreed: 3, untold: 5, unusable: 1 }])
  for (const [i, { id, email }] of made.entries()) {
    const isOut = i % 2 === 0 || i === 3
    t.same([records.get(id)?.optedOut, await optedOut(email!)], [isOut, isOut], email!)
  }
  t.ok(api.queries.length >= 2)
  const again = await sync()
  t.match(again.counts, { records: 9, agreed: 8, unusable: 1, untold: 0, markedHere: 0, markedThere: 0 })
})

t.test('a dry run says the same and changes nothing', async t => {
  const { records, set, sync, settle, optedOut, store } = await scene(t)
  const ada = records.add({ email: 'ada@example.org', optedOut: true })
  const bob = records.add({ email: 'bob@example.org' })
  await set('bob@example.org', 'unsubscribed')

  const dry = await sync({ isDryRun: true })
  await settle()

  t.same([await optedOut('ada@example.org'), records.get(bob.id)?.optedOut], [false, false])
  t.equal(await store.salesforceRecords([{ orgId: records.orgId, recordId: ada.id }]).then(found => found.length), 0)
  t.same((await sync()).counts, dry.counts)
})

t.test('a re-subscribe that takes both sides: one alone is taken back at night', async t => {
  for (const precedence of ['or', 'latest', 'salesforce', 'local'] as const) {
    const { records, set, sync, settle, optedOut, known } = await scene(t, precedence)
    await set('ada@example.org', 'unsubscribed')
    const [ada] = await known('ada@example.org', 1)

    await set('ada@example.org', 'subscribed')
    await settle()
    await sync()
    await settle()

    const isOut = precedence === 'or'
    t.same([records.get(ada!.id)?.optedOut, await optedOut('ada@example.org')], [isOut, isOut], precedence)
  }
})

t.test('a clearing there that no message told of is a re-subscribe, except where both must clear', async t => {
  for (const precedence of ['or', 'latest', 'salesforce', 'local'] as const) {
    const { records, set, sync, settle, optedOut, known, pass, conflicts } = await scene(t, precedence)
    await set('ada@example.org', 'unsubscribed')
    const [ada] = await known('ada@example.org', 1)
    pass(120_000)
    records.edit(ada!.id, { optedOut: false })

    await sync()
    await settle()
    const isOut = precedence === 'or'
    t.equal(await optedOut('ada@example.org'), isOut, precedence)
    if (precedence !== 'or') continue
    t.equal(records.get(ada!.id)?.optedOut, false, 'it waits for the other side')
    await sync()
    await settle()

    t.equal(records.get(ada!.id)?.optedOut, true, 'until the next night')
    t.match(await conflicts(), [{ resolution: 'kept-ours' }, { resolution: 'waits' }])
  }
})

t.test('a value alone re-subscribes nobody, whatever the precedence', async t => {
  for (const precedence of ['or', 'latest', 'salesforce', 'local'] as const) {
    const { records, set, sync, settle, optedOut, pass } = await scene(t, precedence)
    await set('ada@example.org', 'unsubscribed')
    pass(600_000)
    const ada = records.add({ email: 'ada@example.org', optedOut: false })

    await sync()
    await settle()

    t.same([records.get(ada.id)?.optedOut, await optedOut('ada@example.org')], [true, true], precedence)
  }
})

t.test('what became of a write that nobody answered is seen there, once no call can be under way', async t => {
  for (const arrived of [true, false]) {
    const { records, set, sync, settle, known, api, pass, shadow, optedOut } = await scene(t)
    const [{ id } = { id: '' }] = await known('ada@example.org', 1)
    await set('ada@example.org', 'unsubscribed')
    if (arrived) api.loseAnswers(true)
    else api.faultNext('SERVER_UNAVAILABLE')
    await settle()
    // Under this precedence the re-subscribe takes back what was to be sent.
    await set('ada@example.org', 'subscribed')
    api.loseAnswers(false)
    pass(5_000)
    await settle()
    t.match(await shadow(id), { written: { isPending: true } })
    t.match((await sync()).counts, { onTheirWay: 1 })

    pass(15 * 60_000)
    t.match((await sync()).counts, { onTheirWay: 0 })
    await settle()
    t.match(await shadow(id), { optedOut: arrived, written: { isPending: false } })
    t.same([records.get(id)?.optedOut, await optedOut('ada@example.org')], [arrived, arrived])
  }
})

t.test('a comparison that was cut short goes on where it was', async t => {
  const { records, sync, store, reconcileUntil } = await scene(t)
  for (let i = 0; i < 7; i++) records.add({ email: `p${i}@example.org` })
  const asked = await store.askForSync({ isDryRun: false, askedBy: 'a test', name: null }, Date.now())
  await reconcileUntil(({ counts }) => counts.records >= 3)
  t.match(await store.salesforceSync(asked.id), { state: 'waiting', counts: { records: 3 } }, 'nobody is at it')

  const { counts } = await sync({ id: asked.id })

  t.match(counts, { records: 7, agreed: 7 })
})

t.test('a dry run that was cut short waits, is at its beginning, and is carried out', async t => {
  const { records, sync, store, reconcileUntil } = await scene(t)
  for (let i = 0; i < 7; i++) records.add({ email: `p${i}@example.org` })
  const asked = await store.askForSync({ isDryRun: true, askedBy: 'a test', name: null }, Date.now())
  const seen: string[] = []
  await reconcileUntil(({ counts, state }) => {
    seen.push(state)
    return counts.records >= 6
  })
  t.match(await store.salesforceSync(asked.id), { state: 'waiting', counts: { records: 0 } })

  // As a process leaves it that dies while it is at it.
  const holder = 'b'.repeat(32)
  await store.holdSalesforceWork('reconcile', holder, Date.now() + 60_000, Date.now())
  t.match(await store.salesforceSyncs({ before: null, limit: 1 }), [{ state: 'running' }])
  await store.releaseSalesforceWork('reconcile', holder)
  t.match(await store.salesforceSyncs({ before: null, limit: 1 }), [{ state: 'waiting' }])

  t.match(await sync({ id: asked.id }), { state: 'complete', counts: { records: 7, agreed: 7 } })
  t.same(new Set(seen), new Set(['running']))
})

t.test('a comparison that cannot be made ends as failed, and says why', async t => {
  const { api, sync, records } = await scene(t)
  records.add({ email: 'ada@example.org' })
  for (let i = 0; i < 5; i++) api.faultNext('INVALID_FIELD')

  t.match(await sync(), { state: 'failed', lastError: /INVALID_FIELD/, counts: { records: 0 } })
})

t.test('the scheduled one is asked for once a day, by however many processes', async t => {
  const { store } = await scene(t)
  const { scheduledSync } = await import('../../src/service/salesforce/schedule.js')
  let now = Date.UTC(2026, 2, 1, 3, 29)
  const processes = [1, 2].map(() => scheduledSync(store, '03:30', () => now))
  const tick = async (): Promise<number> => {
    for (const process of [...processes, ...processes]) await process()
    return (await store.salesforceSyncs({ before: null, limit: 10 })).length
  }

  t.equal(await tick(), 0)
  now += 60_000
  t.equal(await tick(), 1)
  now += 86_400_000
  t.equal(await tick(), 2)
})
