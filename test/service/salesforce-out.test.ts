// What this side tells Salesforce: from the log into the outbox, and from there to each record.
import t from 'tap'
import { onEachEngine, withDatabase } from '../support/database.js'
import { aSalesforceScene } from '../support/salesforce-scene.js'
import { salesforceId } from '../support/salesforce-values.js'

const scene = async (t: Parameters<typeof withDatabase>[0], options: { precedence?: 'latest' } = {}) =>
  aSalesforceScene(t, { url: (await withDatabase(t, 'sqlite')).url, ...options })

onEachEngine(t, 'an opt-out reaches every record of the address, 200 a call', async (t, { url }) => {
  const { known, set, settle, records, api, store, shadow } = await aSalesforceScene(t, { url })
  const made = await known('ada@example.org', 250)
  const [other] = await known('bob@example.org', 1)

  await set('Ada@Example.org', 'unsubscribed')
  await settle()

  t.same(new Set(made.map(({ id }) => records.get(id)?.optedOut)), new Set([true]))
  t.equal(records.get(other!.id)?.optedOut, false)
  t.same(api.updates.map(ids => ids.length).sort(), [200, 50].sort())
  t.same(await store.countOutbox(), { waiting: 0, failed: 0 })
  t.match(await shadow(made[0]!.id), {
    optedOut: true,
    agreedVersion: 1,
    written: { optedOut: true, isPending: false },
  })
})

t.test('a re-subscribe is told too, unless both sides have to clear', async t => {
  for (const precedence of ['or', 'latest'] as const) {
    const { known, set, settle, records, store } = await aSalesforceScene(t, {
      url: (await withDatabase(t, 'sqlite')).url,
      precedence,
    })
    await set('ada@example.org', 'unsubscribed')
    const [record] = await known('ada@example.org', 1)

    await set('ada@example.org', 'subscribed')
    await settle()

    t.equal(records.get(record!.id)?.optedOut, precedence === 'or', precedence)
    const conflicts = await store.salesforceConflicts({}, { before: null, limit: 10 })
    t.match(conflicts, precedence === 'or' ? [{ resolution: 'waits', theirs: { optedOut: true } }] : [], precedence)
  }
})

t.test('a later value takes the place of an earlier one that still waits', async t => {
  const { known, set, settle, records, api, pass } = await scene(t, { precedence: 'latest' })
  const [record] = await known('ada@example.org', 1)
  api.faultNext('REQUEST_LIMIT_EXCEEDED')
  await set('ada@example.org', 'unsubscribed')
  await settle()

  await set('ada@example.org', 'subscribed')
  pass(60_000)
  await settle()

  t.equal(records.get(record!.id)?.optedOut, false)
})

t.test('what is refused for good ends as a visible entry, and the others of the call get through', async t => {
  const { known, set, settle, records, api, store, dead, shadow } = await scene(t)
  const [ada, bob] = await known('ada@example.org', 2)
  records.edit(ada!.id, { isDeleted: true })

  await set('ada@example.org', 'unsubscribed')
  await settle()

  t.equal(records.get(bob!.id)?.optedOut, true)
  t.same(dead, [`${ada!.id} ENTITY_IS_DELETED`])
  t.match(await store.failedWrites(10), [{ recordId: ada!.id, state: 'failed', lastError: /^ENTITY_IS_DELETED: / }])
  t.equal(api.updates.length, 1, 'it is not tried again')
  t.match(await shadow(ada!.id), { optedOut: false, written: null, isDeleted: true })
})

t.test('a locked row is tried again later, alone', async t => {
  const { known, set, settle, records, api, pass } = await scene(t)
  const [ada, bob] = await known('ada@example.org', 2)
  let isLocked = true
  api.refuseRecord(id => (isLocked && id === ada!.id ? 'UNABLE_TO_LOCK_ROW' : null))

  await set('ada@example.org', 'unsubscribed')
  await settle()
  t.same(
    [ada, bob].map(record => records.get(record!.id)?.optedOut),
    [false, true],
  )
  isLocked = false
  await settle()
  t.equal(api.updates.length, 1, 'not before its time')
  pass(2_000)
  await settle()

  t.equal(records.get(ada!.id)?.optedOut, true)
  t.same(api.updates[1], [ada!.id])
})

t.test('while nothing gets through, nothing is given up, and it is said once that it does again', async t => {
  const { known, set, settle, records, api, pass, store, dead, troubles } = await scene(t)
  const [ada] = await known('ada@example.org', 1)
  await set('ada@example.org', 'unsubscribed')
  for (let attempt = 0; attempt < 40; attempt++) {
    api.faultNext('REQUEST_LIMIT_EXCEEDED')
    await settle()
    pass(3_600_000)
  }
  t.match(await store.dueWrites(Date.now() + 1e12, 10), [{ recordId: ada!.id, attempts: 0, state: 'waiting' }])

  await settle()

  t.equal(records.get(ada!.id)?.optedOut, true)
  t.same(dead, [])
  t.same(
    troubles.filter(text => text === null),
    [null],
  )
})

t.test('a record that makes whole calls fail is found, and only that one is given up', async t => {
  const { known, set, settle, records, api, pass, dead } = await scene(t)
  const made = await known('ada@example.org', 20)
  const poison = made[7]!
  api.refuseRecord(id => {
    if (id === poison.id) throw api.fault('MALFORMED_ID')
    return null
  })
  await set('ada@example.org', 'unsubscribed')
  for (let round = 0; round < 40; round++) {
    await settle()
    pass(3_600_000)
  }

  t.same(
    made.filter(({ id }) => records.get(id)?.optedOut !== true).map(({ id }) => id),
    [poison.id],
  )
  t.same(dead, [`${poison.id} WHOLE_CALL_REFUSED`])
})

t.test('an answer that was lost is asked for again, and does no harm', async t => {
  const { known, set, settle, records, api, pass, store, shadow } = await scene(t)
  const [ada] = await known('ada@example.org', 1)
  api.loseAnswers(true)
  await set('ada@example.org', 'unsubscribed')
  await settle()
  t.match(await shadow(ada!.id), { optedOut: false, written: { optedOut: true, isPending: true } })

  api.loseAnswers(false)
  pass(60_000)
  await settle()

  t.equal(records.get(ada!.id)?.optedOut, true)
  t.same(await store.countOutbox(), { waiting: 0, failed: 0 })
})

t.test('what is so there already, or came from the record itself, is not written', async t => {
  const { known, set, settle, api, shadow } = await scene(t)
  const [ada] = await known('ada@example.org', 1, { optedOut: true, agreedVersion: null })

  await set('ada@example.org', 'unsubscribed')
  await settle()

  t.same(api.updates, [])
  t.match(await shadow(ada!.id), { optedOut: true, agreedVersion: 1 })
})

t.test('what was given up is sent when it is asked for again', async t => {
  const { known, set, settle, records, api, store, dead } = await scene(t)
  const [ada] = await known('ada@example.org', 1)
  let isRefused = true
  api.refuseRecord(() => (isRefused ? 'FIELD_CUSTOM_VALIDATION_EXCEPTION' : null))
  await set('ada@example.org', 'unsubscribed')
  await settle()
  t.same(dead, [`${ada!.id} FIELD_CUSTOM_VALIDATION_EXCEPTION`])

  isRefused = false
  await store.queueWrites(await store.failedWrites(10), Date.now())
  await settle()

  t.equal(records.get(ada!.id)?.optedOut, true)
  t.same(await store.countOutbox(), { waiting: 0, failed: 0 })
})

t.test('a record that this side cleared, and whose opt-out got lost, was cleared by nobody', async t => {
  const { known, set, settle, records, api, store, pass, optedOut } = await scene(t, { precedence: 'latest' })
  await set('ada@example.org', 'unsubscribed')
  const [{ id } = { id: '' }] = await known('ada@example.org', 1)
  api.loseAnswers(true)
  await set('ada@example.org', 'subscribed')
  await settle()
  t.equal(records.get(id)?.optedOut, false, 'it arrived, and its answer did not')

  api.loseAnswers(false)
  pass(60_000)
  await set('ada@example.org', 'unsubscribed')
  api.faultNext('SERVER_UNAVAILABLE')
  await settle()
  t.equal(records.get(id)?.optedOut, false, 'the opt-out did not arrive')
  pass(3_600_000)
  const { lastModified } = records.edit(id, {})
  const fields = {
    ...{ Email: 'ada@example.org', HasOptedOutOfEmail: 'false' },
    LastModifiedDate: new Date(lastModified).toISOString(),
  }
  const notificationId = salesforceId('04l', 1)
  await store.receiveNotifications(
    [{ orgId: records.orgId, notificationId, objectType: 'Contact', recordId: id, fields }],
    lastModified,
  )
  await settle()

  t.same([await optedOut('ada@example.org'), records.get(id)?.optedOut], [true, true])
})
