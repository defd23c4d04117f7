// What a store keeps of Salesforce, on every engine: notifications once, shadows by comparing, one wish a record.
import t from 'tap'
import type { SyncConflict, WriteWish } from '../../src/domain/salesforce-record.js'
import type { Settlement } from '../../src/service/salesforce/records.js'
import { openStore } from '../../src/store/store.js'
import { onEachEngine } from '../support/database.js'
import { aNotification, aRecord, contactId, orgId, salesforceId } from '../support/salesforce-values.js'

const aWish = (given: Partial<WriteWish> = {}): WriteWish => ({
  ...{ orgId, recordId: contactId(1), optedOut: true, cause: 'opt-out-stands', statusVersion: 1 },
  ...given,
})

const settled = (given: Partial<Settlement> = {}): Settlement => ({
  ...{ record: aRecord(), wish: null, conflict: null, processed: null },
  ...given,
})

await onEachEngine(t, 'the store of the exchange with Salesforce', async (t, database) => {
  const store = openStore(database.url)
  t.teardown(() => store.close())
  await store.migrate()

  await t.test('a notification is kept once, however often and however many at a time it comes', async t => {
    const sent = [1, 2, 3].map(number => aNotification(number))
    const elsewhere = aNotification(1, { orgId: salesforceId('00D', 2) })

    const first = await store.receiveNotifications([...sent, sent[0]!], 1_000)
    const atOnce = await Promise.all(
      [1, 2, 3, 4].map(() => store.receiveNotifications([sent[2]!, aNotification(4), elsewhere], 2_000)),
    )

    t.equal(first, 3)
    t.same(
      atOnce.reduce((sum, count) => sum + count),
      2,
    )
    const waiting = await store.waitingNotifications(2_000, 10)
    t.match(waiting, [...sent, aNotification(4), elsewhere])
    t.same(await store.countInbox(), { waiting: 5, waitingSince: 1_000, failed: 0 })
  })

  await t.test('what is processed or put off does not wait, and only what is processed is forgotten', async t => {
    const [first, second, third] = await store.waitingNotifications(2_000, 3)

    await store.endNotification(first!.id, 'unusable', 3_000)
    await store.postponeNotification(second!.id, 1, 9_000)

    t.equal((await store.waitingNotifications(8_999, 1))[0]!.id, third!.id)
    t.match((await store.waitingNotifications(9_000, 1))[0], { id: second!.id, attempts: 1 })
    t.equal(await store.forgetNotifications(3_000, 10), 0)
    t.equal(await store.forgetNotifications(3_001, 10), 1)
    t.equal((await store.countInbox()).waiting, 4)
  })

  await t.test('of two who saw the same shadow one writes it, with all that follows from it', async t => {
    const record = aRecord({ personId: 7, written: { optedOut: true, at: 5, isPending: true } })
    const { id } = (await store.waitingNotifications(9_000, 1))[0]!
    const theirs = { optedOut: false, at: 1_000 }
    const ours = { optedOut: true, version: 3, since: 900 }
    const conflict: SyncConflict = {
      ...{ orgId, recordId: contactId(1), objectType: 'Contact', key: record.address!.key },
      ...{ theirs, ours, precedence: 'or', resolution: 'waits' },
    }

    const winner = settled({ record, wish: aWish(), conflict, processed: { id, outcome: 'conflict' } })
    const loser = settled({ record, wish: aWish({ optedOut: false, statusVersion: 9 }), conflict })
    t.same(await store.settleSalesforceRecords([winner], 4_000), [])
    t.same(await store.settleSalesforceRecords([loser], 5_000), [loser])

    t.same(await store.salesforceRecords([record, { orgId, recordId: contactId(2) }]), [{ ...record, version: 1 }])
    t.match(await store.salesforceConflicts({}, { before: null, limit: 9 }), [{ ...conflict, at: 4_000 }])
    t.match(await store.dueWrites(4_000, 9), [{ optedOut: true, statusVersion: 1 }])
    t.equal(
      (await store.waitingNotifications(9_000, 9)).find(each => each.id === id),
      undefined,
    )

    const next = settled({ record: { ...record, version: 1, optedOut: true }, wish: null })
    t.same(await store.settleSalesforceRecords([next], 5_000), [])
    t.match(await store.salesforceRecords([record]), [{ optedOut: true, version: 2 }])
  })

  await t.test('records are found by address, person and org, a page at a time', async t => {
    const others = [2, 3, 4].map(number => settled({ record: aRecord({ recordId: contactId(number) }) }))
    await store.settleSalesforceRecords(others, 5_000)

    const { key } = aRecord().address!
    const first = await store.selectedSalesforceRecords({ type: 'address', key }, { after: null, limit: 3 })
    const rest = await store.selectedSalesforceRecords({ type: 'address', key }, { after: first[2]!, limit: 3 })
    const ids = [...first, ...rest].map(({ recordId }) => recordId)
    t.same(ids, [1, 2, 3, 4].map(contactId))
    t.equal(
      (await store.selectedSalesforceRecords({ type: 'person', personId: 7 }, { after: null, limit: 9 })).length,
      1,
    )
    t.equal((await store.selectedSalesforceRecords({ type: 'org', orgId }, { after: null, limit: 9 })).length, 4)
  })

  await t.test('a newer wish replaces an older one, and is not taken away by who has sent the older', async t => {
    const [before] = await store.dueWrites(9_000, 1)

    await store.queueWrites([aWish({ optedOut: false, statusVersion: 2, cause: 'status-changed' })], 6_000)
    await store.queueWrites([aWish({ statusVersion: 1 })], 7_000)
    await store.recordAttempts([{ ...before!, attempts: 3, state: 'failed', lastError: 'ENTITY_IS_DELETED' }])
    await store.removeWrites([before!])

    const [now] = await store.dueWrites(9_000, 9)
    t.match(now, { optedOut: false, statusVersion: 2, attempts: 0, cause: 'status-changed', queuedAt: 6_000 })
    await store.recordAttempts([{ ...now!, attempts: 1, state: 'failed', lastError: 'ENTITY_IS_DELETED' }])
    t.same(await store.dueWrites(9_000, 9), [])
    t.match(await store.failedWrites(9), [{ attempts: 1, lastError: 'ENTITY_IS_DELETED' }])
    t.same(await store.countOutbox(), { waiting: 0, failed: 1 })
    await store.removeWrites([now!])
    t.same(await store.countOutbox(), { waiting: 0, failed: 0 })
  })

  await t.test('one process at a time has a work, until it lets go or its time is over', async t => {
    const [mine, theirs] = ['a'.repeat(32), 'b'.repeat(32)]

    t.equal(await store.holdSalesforceWork('inbox', mine, 100, 0), true)
    t.equal(await store.holdSalesforceWork('inbox', theirs, 200, 99), false)
    t.equal(await store.holdSalesforceWork('outbox', theirs, 200, 99), true)
    t.equal(await store.holdSalesforceWork('inbox', mine, 150, 99), true)
    t.equal(await store.moveSalesforcePosition('inbox', theirs, 5), false)
    t.equal(await store.moveSalesforcePosition('inbox', mine, 5), true)
    t.equal(await store.salesforcePosition('inbox'), 5)
    t.equal(await store.holdSalesforceWork('inbox', theirs, 300, 150), true)
    await store.releaseSalesforceWork('inbox', mine)
    t.equal(await store.holdSalesforceWork('inbox', mine, 400, 151), false)
    await store.releaseSalesforceWork('inbox', theirs)
    t.equal(await store.holdSalesforceWork('inbox', mine, 400, 151), true)
  })

  await t.test('conflicts are forgotten by age', async t => {
    t.equal(await store.forgetSalesforceConflicts(4_000, 9), 0)
    t.equal(await store.forgetSalesforceConflicts(4_001, 9), 1)
    t.same(await store.salesforceConflicts({}, { before: null, limit: 9 }), [])
  })
})
