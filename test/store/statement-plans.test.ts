// Every statement that a store sends follows an index, or is named here with the reason why it need not: asked of the
// servers themselves, over tables that are large enough for a wrong plan to be tempting. Every verb of a store is
// called once; one that is new and not called fails the test.
import t from 'tap'
import { openEngine } from '../../src/store/engine.js'
import { openStore, type Store } from '../../src/store/store.js'
import { type Engine, freshDatabase, withDatabase } from '../support/database.js'
import { requires } from '../support/requirements.js'
import { fillTables, type PlanLine, planOf, type SentStatement } from '../support/statement-plans.js'
import { liveThrough } from '../support/store-life.js'

t.setTimeout(300_000)

/** Tables with a row for each thing that somebody set up by hand, or of a fixed number of rows. */
const fewRows = [
  ...['credentials', 'custom_fields', 'static_lists', 'workspaces', 'flows', 'webhooks', 'settings', 'store_facts'],
  'traces',
  ...['counters', 'log_head', 'log_cut', 'salesforce_work', 'schema_migrations', 'schema_migrations_lock'],
]

/** Statements that go through all rows of something that grows, and why they may. */
const exceptions: readonly { readonly statement: RegExp; readonly why: string }[] = [
  {
    statement: /^select .* where \(?instr\(/,
    why: 'an erasure or an export of what is held, which are rare, look through texts; most are dropped in time',
  },
  {
    statement: /from `email_status` where \(`version` > \? or `people` > \? or `unsubscribed` = \?\) order by/,
    why: 'verify goes through whole tables, a page at a time along the primary key',
  },
  {
    statement: /^select `caller`, count\(\*\) as `count` from `traced_calls` group by `caller`$/,
    why: 'asked by people; a trace keeps a bounded number of calls, and goes through the index only',
  },
  {
    statement: /^select count\(\*\) as `n` from `fan_outs`$/,
    why: 'has a row only for histories that are still to be written, and the count is what is asked for',
  },
  {
    statement: /^select count\(\*\) as `n` from `webhook_deliveries` where `state` = \?$/,
    why: 'no webhook may have more than 10,000 of them stored; goes through the index only',
  },
  {
    statement: /^select `state`, count\(\*\) as `count` from `salesforce_outbox` group by `state`$/,
    why: 'has a row only for what waits or failed; asked by people, and goes through the index only',
  },
  {
    statement: /^select count\(\*\) as `count` from `salesforce_inbox` where `outcome` = \?/,
    why: 'no caller waits for it; notifications are dropped after SALESFORCE_INBOX_DAYS',
  },
  {
    statement: /^select count\(`people`.`id`\) as `n` from `people`$/,
    why: 'counts everybody, for the first page of somebody who reads everybody',
  },
]

/** Verbs that send nothing, or nothing that grows with the rows of a table. */
const notAsked: readonly (keyof Store)[] = ['migrate', 'freeMigrationLock', 'durabilityProblems', 'copyTo', 'close']

for (const engine of ['mysql', 'mysql9'] satisfies Engine[]) {
  t.test(`every statement of every verb follows an index (${engine})`, async t => {
    if (!requires(t, engine)) return
    const { url } = await withDatabase(t, engine)
    const sent = new Map<string, SentStatement>()
    const keep = (sql: string, bindings: readonly unknown[]): void => {
      if (/^(select|update|delete)/i.test(sql)) sent.set(shapeOf(sql), { sql, bindings })
    }
    const store = openStore(url, { onStatement: keep })
    const direct = openEngine(url)
    const scratchPlace = await freshDatabase('sqlite')
    const scratch = openStore(scratchPlace.url)
    t.teardown(async () => {
      await Promise.all([store.close(), direct.close(), scratch.close()])
      await scratchPlace.drop()
    })
    await Promise.all([store.migrate(), scratch.migrate()])
    sent.clear()

    const asked = new Set<string>()
    await liveThrough(recording(store, asked), scratch)
    await fillTables(direct.writer, fewRows)

    const unasked = Object.keys(store).filter(verb => !asked.has(verb) && !notAsked.includes(verb as keyof Store))
    t.strictSame(unasked, [], 'a new verb of the store is to be called in test/support/store-life.ts')
    const excused = new Set<(typeof exceptions)[number]>()
    for (const [shape, statement] of sent) {
      const lines = (await planOf(direct.reader, statement)).filter(line => goesThroughAll(line, statement.sql))
      const reason = exceptions.find(exception => exception.statement.test(shape))
      if (lines.length > 0 && reason !== undefined) excused.add(reason)
      else t.strictSame(lines, [], shape.slice(0, 200), { sql: statement.sql })
    }
    t.ok(sent.size > 250, 'they were listened to', { sent: sent.size })
    if (engine === 'mysql')
      t.strictSame(
        exceptions.filter(exception => !excused.has(exception)),
        [],
        'no exception has become needless',
      )
  })
}

/** Rows read by one end of an index are as many as the limit says; a condition or a sort would make them more. */
function goesThroughAll({ table, type, key, extra }: PlanLine, sql: string): boolean {
  // What stands in angle brackets holds the few rows of a part of the statement; a JSON table those that were given.
  if (table.startsWith('<') || table === 'given' || /information_schema/.test(sql) || fewRows.includes(table))
    return false
  // What is older than a time, from the oldest on: whether the condition ends the reading or the limit does, the
  // server may say either, as the rows of the test all fit.
  const isFromOneEnd = /where `(\w+)` < \? order by `\1`(?: asc)? limit/i.test(sql)
  const isMore = isFromOneEnd ? /using (filesort|temporary)/i : /using (where|filesort|temporary)/i
  const isOrdered = key !== null && / limit /i.test(sql) && !isMore.test(extra)
  return type === 'ALL' || (type === 'index' && !isOrdered)
}

/** Lists of any length are one statement, and so are streams put together of any number of scans. */
function shapeOf(sql: string): string {
  return sql
    .replaceAll(/\((\?,? ?)+\)(, \((\?,? ?)+\))*/g, '(?)')
    .replaceAll(/( union all select `id` from \(.*?\) as `scan_\d+`)+/g, ' ...')
}

/** The same store, that notes which of its verbs are called. */
function recording(store: Store, asked: Set<string>): Store {
  return new Proxy(store, {
    get(target, verb, receiver) {
      asked.add(String(verb))
      return Reflect.get(target, verb, receiver)
    },
  })
}

t.test('a plan that goes through all rows is seen by this test', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const { writer: knex, close } = openEngine(url)
  t.teardown(close)
  await knex.raw('create table things (id int primary key, name varchar(20), kind int, index things_by_kind (kind))')
  await fillTables(knex, [])
  const isSeen = async (sql: string): Promise<boolean> =>
    (await planOf(knex, { sql, bindings: [] })).some(line => goesThroughAll(line, sql))

  t.equal(await isSeen("select * from things where name = 'x'"), true)
  t.equal(await isSeen('select kind from things'), true, 'through all of an index')
  t.equal(await isSeen("select * from things where name = 'x' order by id limit 5"), true, 'until one fits')
  t.equal(await isSeen("update things set kind = 1 where name = 'x'"), true)
  t.equal(await isSeen('select * from things order by id limit 5'), false)
  t.equal(await isSeen('select * from things where id > 5'), false)
})
