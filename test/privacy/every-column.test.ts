// Every column of the schema: either nothing of a person can stand in it, or an export shows it and an erasure takes
// it away. A new column that nobody thought of fails here.
import t from 'tap'
import { readConfig } from '../../src/config.js'
import { open } from '../../src/opening.js'
import { createPrivacy } from '../../src/service/privacy/privacy.js'
import { aCause, anAddress } from '../support/builders.js'
import { withDatabase } from '../support/database.js'
import { verified, whole } from '../support/erasures.js'
import {
  columnsOf,
  declaredColumns,
  type Fate,
  fillWithSecrets,
  inTables,
  personal,
  secretAddress,
} from '../support/personal-data.js'

const { url } = await withDatabase(t, 'sqlite')
const id = await fillWithSecrets(url)
const before = await columnsOf(url)
const opened = await open(readConfig({ DATABASE_URL: url }))
t.teardown(() => opened.store.close())
const privacy = createPrivacy(opened)
const address = anAddress(secretAddress)

const columnsWith = (...fates: readonly Fate[]): string[] =>
  Object.entries(personal).flatMap(([table, columns]) =>
    Object.entries(columns).flatMap(([name, fate]) => (fates.includes(fate) ? [`${table}.${name}`] : [])),
  )
// Words are told apart by what cannot be within them, in JSON neither.
const secretsIn = (texts: readonly string[] = []): string[] =>
  [...new Set(texts.flatMap(text => text.match(/[\w.@-]*hush[\w.@-]*/gi) ?? []))].sort()

t.test('each column of the schema is said to be free of personal data, or covered', async t => {
  const there = [...before.keys()].sort()
  t.same(
    there.filter(column => !declaredColumns.includes(column)),
    [],
    'say in test/support/personal-data.ts what these hold; fill them there, and cover them, if it is about people',
  )
  t.same(
    declaredColumns.filter(column => !before.has(column)),
    [],
    'these are gone: take them out of test/support/personal-data.ts',
  )
})

t.test('everything that is held is there to be shown and to be erased, and nowhere else', async t => {
  for (const column of columnsWith('told', 'named', 'work', 'waits'))
    t.ok(secretsIn(before.get(column)).length > 0, `${column} holds something`)
  for (const column of columnsWith('link')) t.ok(before.get(column)?.includes(String(id)), `${column} names the person`)
  const covered = columnsWith('told', 'named', 'work', 'waits')
  const others = [...before].filter(([column]) => !covered.includes(column))
  t.same(
    others.flatMap(([column, texts]) => (secretsIn(texts).length > 0 ? [column] : [])),
    [],
  )
})

t.test('an export shows all of it, or names what it stands in', async t => {
  const held = await privacy.holdings(address)

  const shown = secretsIn([JSON.stringify(held).replaceAll('\\', ' ')])
  for (const column of columnsWith('told')) {
    const missing = secretsIn(before.get(column)?.map(text => text.replaceAll('\\', ' '))).filter(
      secret => !shown.includes(secret),
    )
    t.same(missing, [], column)
  }
  t.match(held, {
    jobs: { reporting: [72, 71], waiting: [73] },
    flowRuns: [81, 82],
    salesforce: {
      records: [{ recordId: '003000000000001AAA' }, { recordId: '003000000000002AAA' }],
      writes: [{ recordId: '003000000000001AAA', state: 'failed' }],
    },
    people: [{ person: { id }, lists: ['Fair.Visitors'] }],
    refusals: [{ missing: ['admin-role', 'listed-reason'] }],
  })
  t.same([held.flowRuns.length, held.salesforce.records.length, held.cut.length], [2, 2, 0])
})

t.test('an erasure takes all of it away, and says what is still needed and waits', async t => {
  const cause = aCause({ role: 'admin', reason: 'request 17', reasonGiven: true })

  await privacy.erase({ address, cause, replay: { type: 'none' } })

  const after = await columnsOf(url)
  const waits = columnsWith('waits')
  t.same(
    [...after].flatMap(([column, texts]) => secretsIn(texts).map(secret => `${column}: ${secret}`)),
    waits.map(column => `${column}: ${secretAddress}`),
  )
  for (const column of columnsWith('link')) t.notOk(after.get(column)?.includes(String(id)), `${column} does not link`)
  t.same(await privacy.waiting(address), { jobs: [73], flowRuns: [], notifications: 0 })
  t.match(await verified(t, opened.store), whole)
})

t.test('what waits is not rewritten, but told, until it is over', async t => {
  const fields = JSON.stringify({ Email: secretAddress.toUpperCase(), HasOptedOutOfEmail: 'true' })
  const sent = { org_id: '00D000000000001EAA', record_id: '003000000000003AAA', object_type: 'Contact' }
  await inTables(url, async knex => {
    await knex('import_rows').delete()
    await knex('salesforce_inbox').insert({
      ...{ ...sent, id: 92, notification_id: '04l000000000002AAA', fields },
      ...{ received_at: 1, attempts: 0, next_try: 9e12 },
    })
    await knex('flow_runs').where({ id: 81 }).update({ ended_at: null, run_at: 9e12, selection: fields })
  })
  const cause = aCause({ role: 'admin', reason: 'request 18', reasonGiven: true })

  await privacy.erase({ address, cause, replay: { type: 'none' } })

  t.same(await privacy.waiting(address), { jobs: [], flowRuns: [81], notifications: 1 })
  const secrets = secretsIn([...(await columnsOf(url)).values()].flat())
  t.same(secrets, [secretAddress.toUpperCase()], 'as they came')
  await inTables(url, async knex => {
    await knex('salesforce_inbox').where({ id: 92 }).update({ processed_at: 3 })
    await knex('flow_runs').where({ id: 81 }).update({ ended_at: 3 })
  })
  await privacy.erase({ address, cause, replay: { type: 'none' } })
  t.same(secretsIn([...(await columnsOf(url)).values()].flat()), [])
  t.same(await privacy.waiting(address), { jobs: [], flowRuns: [], notifications: 0 })
})
