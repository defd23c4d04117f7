// Every page and every history of an embedded store follows an index: the plans of the statements that the reads really
// send, over tables that are large enough for a wrong plan to be tempting. Servers: statement-plans.test.ts.
import type { Knex } from 'knex'
import t from 'tap'
import { openEngine } from '../../src/store/engine.js'
import { openStore } from '../../src/store/store.js'
import { aKey } from '../support/builders.js'
import { withDatabase } from '../support/database.js'

const rowsCount = 2_000
const key = aKey('p7@plans.example')
const otherKeys = [1, 2, 3, 4].map(n => aKey(`p${n}@plans.example`))
const manyKeys = Array.from({ length: 300 }, (_, n) => aKey(`p${n}@plans.example`))

async function fill(knex: Knex): Promise<void> {
  const numbers = Array.from({ length: rowsCount }, (_, index) => index + 1)
  const tables: Readonly<Record<string, (n: number) => object>> = {
    people: n => ({
      ...{ id: n, address_key: `p${n % 500}@plans.example`, address: `p${n % 500}@plans.example`, address_seq: n },
      ...{
        own_unsubscribed: false,
        partition_name: 'Default',
        fields: '{}',
        created_at: n,
        saved_at: n,
        updated_at: n,
      },
    }),
    email_status: n => ({ address_key: `p${n}@plans.example`, unsubscribed: false, version: 1, seq: n, people: 4 }),
    status_history: n => ({
      ...{ address_key: `p${n % 50}@plans.example`, version: n, unsubscribed: true, at: n, reason: 'r' },
      ...{ source: 's', actor: 'a', seq: n },
    }),
    activities: n => ({
      ...{
        id: n,
        seq: n,
        at: n,
        person_id: n % 50,
        kind: 'value-changed',
        attribute: 'City',
        reason: 'r',
        source: 's',
      },
    }),
    log: n => ({
      ...{ seq: n, command_id: n.toString(16).padStart(32, '0'), at: n, kind: 'save-person', actor: 'a', source: 's' },
      ...{ detail_hash: '0'.repeat(64), previous_hash: '0'.repeat(64), hash: '0'.repeat(64) },
    }),
    foreign_ids: n => ({ system: 'SFDC', value: `F${n}`, person_id: n }),
  }
  for (const [table, row] of Object.entries(tables)) {
    for (let start = 0; start < rowsCount; start += 400) {
      await knex(table).insert(numbers.slice(start, start + 400).map(row))
    }
  }
}

t.test('no read of an embedded store goes through a whole table', async t => {
  const sent: { readonly sql: string; readonly bindings: readonly unknown[] }[] = []
  const { url } = await withDatabase(t, 'sqlite')
  const store = openStore(url, { onStatement: (sql, bindings) => void sent.push({ sql, bindings }) })
  const direct = openEngine(url)
  t.teardown(async () => void (await Promise.all([store.close(), direct.close()])))
  await store.migrate()
  await fill(direct.writer)
  await direct.writer.raw('analyze')

  const page = { after: 1_800, limit: 10 } as const
  const window = { from: 1_500, to: 1_600 }
  const filter = { source: 's', reason: 'r', from: 100, to: 1_900 }
  const reads: Readonly<Record<string, () => Promise<unknown>>> = {
    everybody: () => store.selectedPeople({ type: 'everybody' }, page),
    'by address': () => store.selectedPeople({ type: 'addresses', keys: [key] }, { ...page, after: 0 }),
    'by one address': () => store.peopleByAddress(key, 100),
    'by several addresses': () => Promise.all([key, ...otherKeys].map(each => store.peopleByAddress(each, 100))),
    'by id': () => store.peopleByIds([7, 8]),
    'a check of one': () => store.statusesOf([key]),
    'a check of some': () => store.statusesOf([key, ...otherKeys]),
    'a check of many': () => store.statusesOf(manyKeys),
    'by foreign id': () =>
      store.selectedPeople({ type: 'foreign-ids', system: 'SFDC', values: ['F1', 'F2'] }, { ...page, after: 0 }),
    'by update': () => store.updatedPeople(window, { after: null, limit: 10 }),
    'by update, a later page': () => store.updatedPeople(window, { after: { at: 1_550, id: 1_550 }, limit: 10 }),
    'history of a person': () => store.personHistory(7, { ...filter, attribute: 'City' }, { before: 1_500, limit: 10 }),
    'history of an address': () => store.addressHistory(key, filter, { before: 1_500, limit: 10 }),
    'status at a time': () => store.statusAt(key, 1_000),
    'life at a time': () => store.lifeAt(7, 1_000),
    'change by a time': () => store.changeAt(7, 'City', { at: 1_000, after: 1 }),
    'detail of a command': () => store.commandDetail(7),
  }
  for (const [name, read] of Object.entries(reads)) {
    sent.length = 0
    await read()
    for (const { sql, bindings } of sent.filter(({ sql }) => /^select/i.test(sql))) {
      t.same(await sqlitePlan(sql, bindings), [], name, { sql })
    }
    t.ok(sent.length > 0, name)
  }

  async function sqlitePlan(sql: string, bindings: readonly unknown[]): Promise<string[]> {
    const rows: { detail: string }[] = await direct.reader.raw(
      `explain query plan ${sql}`,
      bindings as Knex.RawBinding[],
    )
    // The foreign ids of one page are few, however many there are.
    const wrong = /from `?foreign_ids`? where `?person_id/.test(sql) ? /^SCAN/ : /^SCAN|TEMP B-TREE FOR ORDER BY/
    // The list of what is asked for is gone through, of course.
    return rows.map(({ detail }) => detail).filter(detail => wrong.test(detail) && !detail.startsWith('SCAN given '))
  }
})

t.test('a plan that goes through a whole table is seen by this test', async t => {
  const direct = openEngine('sqlite::memory:')
  t.teardown(() => direct.close())
  await direct.writer.raw('create table x (a, b)')
  const rows: { detail: string }[] = await direct.writer.raw(
    'explain query plan select * from x where a = 1 order by b',
  )

  t.match(
    rows.map(({ detail }) => detail),
    [/^SCAN/, /TEMP B-TREE FOR ORDER BY/],
  )
})
