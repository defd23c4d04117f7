// What Salesforce sends, from the inbox to statuses, people, write-backs and conflicts, on every engine (scenarios 31
// to 36). Each test has an address and records of its own.
import t from 'tap'
import { salesforceIdForms } from '../../src/domain/salesforce-id.js'
import type { Precedence } from '../../src/domain/salesforce-record.js'
import type { Notification } from '../../src/service/salesforce/inbox.js'
import { type InboxOptions, inboxRound } from '../../src/service/salesforce/inbox-round.js'
import { openStore } from '../../src/store/store.js'
import { aKey, aPolicy } from '../support/builders.js'
import { onEachEngine } from '../support/database.js'
import { aGroupCommit } from '../support/group-commits.js'
import { aNotification, contactId, orgId } from '../support/salesforce-values.js'
import { Scene } from '../support/scene.js'

const at = (minutes: number): string => new Date(Date.UTC(2030, 0, 1) + minutes * 60_000).toISOString()

await onEachEngine(t, 'notifications of Salesforce', async (t, database) => {
  const store = openStore(database.url)
  t.teardown(() => store.close())
  await store.migrate()
  const { writes } = aGroupCommit(store)
  const defects: unknown[] = []
  let numbers = 0
  let stages = 0

  function stage(options: Partial<InboxOptions> = {}) {
    const scene = new Scene(store, `stage${++stages}.example`)
    const recordId = contactId(1_000 * stages)
    const round = inboxRound({
      ...{ store, reads: store, writes, policy: aPolicy(), precedence: 'or', writer: null, now: Date.now },
      ...{ holder: 'a'.repeat(32), onDefect: cause => void defects.push(cause) },
      ...options,
    })
    const told = (fields: Notification['fields'], given: Partial<Notification> = {}) =>
      aNotification(++numbers, { recordId, ...given, fields: { Email: scene.address('ada'), ...fields } })
    const work = async (): Promise<void> => {
      while (await round(new AbortController().signal));
    }
    return {
      ...{ scene, recordId, told, work, round },
      async send(...notifications: readonly Notification[]) {
        await store.receiveNotifications(notifications, Date.now())
        await work()
      },
      status: async (name = 'ada') => (await scene.status(name))[0],
      record: async (id = recordId) => (await store.salesforceRecords([{ orgId, recordId: id }]))[0]!,
      wishes: async () => (await store.dueWrites(Date.now(), 1_000)).filter(wish => wish.recordId === recordId),
      conflicts: () => store.salesforceConflicts({ recordId }, { before: null, limit: 9 }),
    }
  }

  await t.test('a new record makes a person, linked, and opted out where the record is', async t => {
    const { scene, told, send, status, recordId, record } = stage()

    await send(told({ HasOptedOutOfEmail: 'true', LastModifiedDate: at(1), AccountId: '001000000000001AAA' }))

    const [person] = await store.peopleByAddress(aKey(scene.address('ada')), 9)
    t.match(person, {
      foreignIds: [{ system: 'SFDC', value: recordId }],
      person: { fields: { SFDCContactId: recordId, SFDCAccountId: '001000000000001AAA' } },
    })
    t.equal(await status(), 'unsubscribed')
    const history = await store.statusHistory(aKey(scene.address('ada')))
    t.match(history, [
      { source: 'Salesforce sync', reason: 'Email Opt Out in Salesforce', actor: `salesforce ${orgId}` },
    ])
    t.match(await record(), { personId: person!.person.id, optedOut: true, agreedVersion: 1 })
  })

  await t.test('the person of that address, or of that id in either form, is linked and not made anew', async t => {
    const { scene, told, send, record } = stage()
    const ada = await scene.person('ada')
    const short = salesforceIdForms(contactId(77))[1]!.slice(0, 15)
    const eve = await scene.person('eve', { foreignId: { system: 'SFDC', value: short } })

    await send(told({}), told({ Email: scene.address('eve') }, { recordId: contactId(77) }))

    t.equal((await record()).personId, ada)
    t.equal((await record(contactId(77))).personId, eve)
    t.equal(await scene.countAt('ada'), 1)
    t.equal(await scene.countAt('eve'), 1)
  })

  await t.test('scenario 4: a record made anew for an opted-out address is opted out, and told so', async t => {
    const { scene, told, send, status, wishes } = stage()
    await scene.set('unsubscribed', 'ada')

    await send(told({ HasOptedOutOfEmail: 'false' }))

    const [person] = await store.peopleByAddress(aKey(scene.address('ada')), 9)
    t.equal(await scene.flag(person!.person.id), true)
    t.equal(await status(), 'unsubscribed')
    t.match(await wishes(), [{ optedOut: true, cause: 'opt-out-stands', statusVersion: 1 }])
  })

  await t.test('scenario 33: two messages that arrive newest first; the older one is ignored', async t => {
    const { told, send, status, record } = stage({ precedence: 'salesforce' })
    const opted = told({ HasOptedOutOfEmail: 'true', LastModifiedDate: at(2) })
    const before = told({ HasOptedOutOfEmail: 'false', LastModifiedDate: at(1) })

    await send(opted, before)

    t.equal(await status(), 'unsubscribed')
    t.match(await record(), { optedOut: true, lastModified: Date.parse(at(2)) })
  })

  await t.test('scenario 34: a phone number is edited; the opt-out stands and goes back', async t => {
    const { scene, told, send, status, wishes } = stage({ precedence: 'salesforce' })
    await send(told({ HasOptedOutOfEmail: 'false', LastModifiedDate: at(1) }))
    await scene.set('unsubscribed', 'ada')

    await send(told({ HasOptedOutOfEmail: 'false', LastModifiedDate: at(2), Phone: '12' }))

    t.equal(await status(), 'unsubscribed')
    t.match(await wishes(), [{ optedOut: true }])
  })

  const clearing = async (precedence: Precedence, resubscribe: 'compatible' | 'guarded' = 'compatible') => {
    const it = stage({ precedence, policy: aPolicy({ resubscribe }) })
    await it.send(it.told({ HasOptedOutOfEmail: 'true', LastModifiedDate: at(1) }))
    await it.send(it.told({ HasOptedOutOfEmail: 'false', LastModifiedDate: at(2) }))
    return it
  }

  await t.test('scenario 35: cleared there, it waits until this side is clear too', async t => {
    const { scene, told, send, status, conflicts, wishes, record } = await clearing('or')

    t.equal(await status(), 'unsubscribed')
    t.match(await conflicts(), [
      { resolution: 'waits', theirs: { optedOut: false }, ours: { optedOut: true, version: 1 } },
    ])
    t.same(await wishes(), [])
    t.ok((await record()).waitingSince)
    await scene.set('subscribed', 'ada')
    await send(told({ HasOptedOutOfEmail: 'false', LastModifiedDate: at(3) }))
    t.equal(await status(), 'subscribed')
    t.match(await record(), { waitingSince: null, agreedVersion: 2 })
  })

  await t.test('scenario 35: under every other precedence clearing it re-subscribes', async t => {
    for (const precedence of ['latest', 'salesforce', 'local'] as const) {
      const { status, conflicts, scene } = await clearing(precedence)
      t.equal(await status(), 'subscribed', precedence)
      t.same(await conflicts(), [])
      const history = await store.statusHistory(aKey(scene.address('ada')))
      t.match(history.at(-1), { source: 'Salesforce sync', evidence: new RegExp(`Contact .* at ${at(2)}`) })
    }
  })

  await t.test('a guarded re-subscribe is refused, recorded, and the opt-out goes back', async t => {
    const { status, conflicts, wishes } = await clearing('latest', 'guarded')

    t.equal(await status(), 'unsubscribed')
    t.match(await conflicts(), [{ resolution: 'kept-ours' }])
    t.match(await wishes(), [{ optedOut: true, cause: 'conflict' }])
  })

  await t.test('scenario 36: the echo of our own write changes nothing', async t => {
    const writer = '005000000000001AAA'
    const { scene, told, send, status, record, wishes } = stage({ writer, precedence: 'salesforce' })
    await send(told({ LastModifiedDate: at(1) }))
    await scene.set('unsubscribed', 'ada')
    const sent = { ...(await record()), written: { optedOut: true, at: Date.parse(at(2)), isPending: true } }
    await store.settleSalesforceRecords([{ record: sent, wish: null, conflict: null, processed: null }], Date.now())
    await scene.set('subscribed', 'ada')
    const before = await store.head()

    await send(told({ HasOptedOutOfEmail: 'true', LastModifiedDate: at(2), LastModifiedById: writer }))

    t.equal(await status(), 'subscribed')
    t.match(await record(), { optedOut: true, written: { isPending: false } })
    t.same(await wishes(), [])
    t.equal((await store.head()).seq, before.seq, 'and no command was given')
  })

  await t.test(
    'R3 and R4: an e-mail change there moves the person, and a flag with it is about the new address',
    async t => {
      const { scene, told, send, status, record, wishes } = stage()
      await scene.set('unsubscribed', 'out')
      await send(told({ LastModifiedDate: at(1) }))
      const { personId } = await record()

      await send(told({ LastModifiedDate: at(2), Email: scene.address('out') }))
      t.equal(await scene.flag(personId!), true)
      t.match(await wishes(), [{ optedOut: true }])
      t.equal(await status('ada'), 'subscribed')

      await send(told({ LastModifiedDate: at(3), Email: scene.address('eve'), HasOptedOutOfEmail: 'true' }))
      t.same(
        [await status('ada'), await status('out'), await status('eve')],
        ['subscribed', 'unsubscribed', 'unsubscribed'],
      )
      t.equal((await store.peopleByIds([personId!]))[0]!.person.address!.text, scene.address('eve'))
    },
  )

  await t.test('a person that moved on here keeps its address; the opt-out is about the one of the record', async t => {
    const { scene, told, send, status, record } = stage()
    await send(told({ LastModifiedDate: at(1) }))
    const { personId } = await record()
    await scene.save(personId!, { address: scene.address('new') })

    await send(told({ LastModifiedDate: at(2), HasOptedOutOfEmail: 'true' }))

    t.same([await status('ada'), await status('new')], ['unsubscribed', 'subscribed'])
    t.equal((await store.peopleByIds([personId!]))[0]!.person.address!.text, scene.address('new'))
  })

  await t.test('a deleted record, another object and a converted one do no harm', async t => {
    const { scene, told, send, status, record, wishes } = stage()
    await scene.set('unsubscribed', 'ada')
    const empty = { ...told({}), fields: {} }
    await send(told({}, { objectType: 'Account', recordId: '001000000000009AAA' }), empty)
    t.match(await record(), { isDeleted: true, personId: null })
    const converted = { HasOptedOutOfEmail: 'false', LastModifiedDate: at(1), IsConverted: 'true' }
    await send(told({ ...converted, ConvertedContactId: contactId(5) }, { objectType: 'Lead' }))
    t.match(await record(), { isDeleted: true, personId: Number })
    t.same(await wishes(), [], 'a converted one cannot be written')
    t.equal(await status(), 'unsubscribed')
    t.same(await store.waitingNotifications(Date.now(), 9), [])
  })

  await t.test('done again after a crash, a notification does not undo what was said since', async t => {
    const crashing = { ...store, settleSalesforceRecords: async () => Promise.reject(new Error('killed')) }
    const { scene, told, work, status, round } = stage({ precedence: 'salesforce' })
    const { round: killed } = stage({ precedence: 'salesforce', store: crashing })
    await store.receiveNotifications([told({ HasOptedOutOfEmail: 'true', LastModifiedDate: at(1) })], Date.now())

    await t.rejects(killed(new AbortController().signal), /killed/)
    t.equal(await status(), 'unsubscribed')
    await scene.set('subscribed', 'ada')
    await round(new AbortController().signal)
    await work()

    t.equal(await status(), 'subscribed')
    t.same(await store.waitingNotifications(Date.now(), 9), [])
  })

  await t.test('two processes at once apply each notification once', async t => {
    const { told, send, status, record } = stage({ precedence: 'latest' })
    const other = stage({ precedence: 'latest', holder: 'b'.repeat(32) })
    const sent = Array.from({ length: 9 }, (_, index) =>
      told({ HasOptedOutOfEmail: String(index % 2 === 0), LastModifiedDate: at(index) }),
    )

    await Promise.all([send(...sent), other.work(), other.work()])
    await other.work()

    t.equal(await status(), 'unsubscribed')
    t.match(await record(), { optedOut: true, lastModified: Date.parse(at(8)) })
    t.same(await store.waitingNotifications(Date.now(), 9), [])
  })

  t.same(defects, [])
})
