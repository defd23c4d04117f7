// Scenarios 10 and 17 on every engine, with what admins read of refusals, and a log that replays to all of it.
import t from 'tap'
import { verify } from '../../src/service/log/verify.js'
import { openStore } from '../../src/store/store.js'
import { aCause, aKey, aPolicy, aProvenCause, aSave, aSubmission, aSubscription } from '../support/builders.js'
import { onEachEngine, withDatabase } from '../support/database.js'
import { outcomeOf } from '../support/group-commits.js'
import { Scene } from '../support/scene.js'

await onEachEngine(t, 'what guards an opt-out', async (t, database) => {
  const store = openStore(database.url)
  const scratch = openStore((await withDatabase(t, 'sqlite')).url)
  t.teardown(() => Promise.all([store.close(), scratch.close()]))
  await store.migrate()
  await scratch.migrate()
  const policy = aPolicy({ resubscribe: 'guarded' })

  await t.test('scenario 10: false in the flag column of an import changes no flag, and each row warns', async t => {
    const scene = new Scene(store, 'ten.example')
    const ids = [await scene.person('x'), await scene.person('y', { unsubscribed: true })]
    const rows = ['x', 'y', 'z'].map(name =>
      aSave({ by: scene.address(name), unsubscribed: false, flagMode: 'ignore', fields: { City: 'Turin' } }),
    )

    const answers = await scene.writes.submitAll(rows.map(command => aSubmission({ command })))

    for (const answer of answers) t.match(outcomeOf(answer), { warnings: [{ type: 'flag-ignored' }] })
    t.strictSame(await scene.flags(...ids), [false, true])
    t.strictSame(
      [await scene.status('x'), await scene.status('y')],
      [
        ['subscribed', 0],
        ['unsubscribed', 1],
      ],
    )
  })

  await t.test('scenario 17: an unproven re-subscribe is refused, changes nothing, and is on record', async t => {
    const scene = new Scene(store, 'seventeen.example')
    const id = await scene.person('x', { unsubscribed: true })
    const before = await store.head()
    const attempts = [
      { command: aSubscription('subscribed', scene.address('x')), cause: aCause({ actor: 'crm' }) },
      { command: aSave({ id, unsubscribed: false }), cause: aProvenCause({ actor: 'ada', reason: 'because' }) },
      { command: aSave({ id, unsubscribed: false }), cause: aProvenCause({ actor: 'bob', role: 'writer' }) },
    ]

    // One batch: what is refused must not keep what comes after it from its place.
    const after = { command: aSave({ id, fields: { City: 'Turin' } }) }
    const answers = await scene.writes.submitAll([...attempts, after].map(traits => aSubmission({ policy, ...traits })))

    t.strictSame(
      answers.map(answer => (answer instanceof Error ? answer.message : answer.type)),
      ['rejected', 'rejected', 'rejected', 'carried-out'],
    )
    t.strictSame([await scene.flag(id), await scene.status('x')], [true, ['unsubscribed', 1]])
    const found = await store.refusals({ after: before.seq, limit: 10, key: aKey(scene.address('x')) })
    t.match(found, [
      { seq: before.seq + 1, actor: 'crm', role: 'writer', personId: null, reason: null },
      {
        actor: 'ada',
        role: 'admin',
        personId: id,
        missing: ['listed-reason'],
        reason: 'because',
        evidence: 'ticket 4711',
      },
      { actor: 'bob', role: 'writer', personId: id, missing: ['admin-role'] },
    ])
    t.strictSame(found[0]?.missing, ['admin-role', 'reason', 'evidence'])
    t.match(await store.refusals({ after: before.seq + 1, limit: 1 }), [{ actor: 'ada' }], 'a page of one')
    t.match((await scene.logSince(before.seq)).slice(0, 1), [
      { kind: 'set-subscription', addressHash: /^[0-9a-f]{64}$/ },
    ])
  })

  await t.test('a stronger cause is kept beside the weaker one that it replaced', async t => {
    const scene = new Scene(store, 'causes.example')
    const say = (origin: 'import' | 'operator' | 'recipient', reason: string) =>
      scene.carryOut(aSubscription('unsubscribed', scene.address('x')), { cause: aCause({ origin, reason }) })

    await say('import', 'old list')
    await say('recipient', 'clicked')
    await say('operator', 'tidied up')

    t.match(await store.statusHistory(aKey(scene.address('x'))), [
      { version: 1, reason: 'old list', origin: 'import', status: 'unsubscribed' },
      { version: 2, reason: 'clicked', origin: 'recipient', status: 'unsubscribed' },
    ])
    const { status } = await store.status(aKey(scene.address('x')))
    t.match(status, { version: 2, reason: 'clicked', origin: 'recipient' })
  })

  await t.test('the log replays to all of it', async t => {
    t.match(await verify(store, { scratch }), { broken: null, tablesCompared: true, erased: 0 })
  })
})
