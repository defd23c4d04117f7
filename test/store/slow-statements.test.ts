// Statements that take long are told of by their text, whichever way they are sent, and never with a value.
import t from 'tap'
import { slowStatements } from '../../src/observing.js'
import { openEngine } from '../../src/store/engine.js'
import { openStore } from '../../src/store/store.js'
import { aSave, aSubmission } from '../support/builders.js'
import { onEachEngine, withDatabase } from '../support/database.js'
import { aGroupCommit } from '../support/group-commits.js'
import { requires } from '../support/requirements.js'

await onEachEngine(t, 'batches and reads are timed, and their texts hold no value', async (t, { url }) => {
  const told: { readonly sql: string; readonly ms: number }[] = []
  const slow = { ms: 0, tell: (sql: string, ms: number) => void told.push({ sql, ms }) }
  const store = openStore(url, { slow })
  await store.migrate()
  told.length = 0
  await aGroupCommit(store).writes.submit(aSubmission({ command: aSave({ address: 'ada@example.org' }) }))
  await store.credentialById('nobody-at-all')
  await store.close()

  const texts = told.map(({ sql }) => sql)
  t.ok(texts.includes('COMMIT'))
  t.match(texts.join('\n'), /insert into `people`[\s\S]+select \* from `credentials`/)
  t.notMatch(texts.join('\n'), /ada|example\.org|nobody/)
  t.ok(told.every(({ ms }) => ms >= 0 && ms < 600_000))
})

t.test('what is quicker is not told of, what takes longer is', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const told: string[] = []
  const quick = openEngine(url, { slow: { ms: 600_000, tell: sql => void told.push(sql) } })
  await quick.reader.raw('select 1')
  await quick.close()
  t.same(told, [])

  const slow = openEngine(url, { slow: { ms: 50, tell: sql => void told.push(sql) } })
  await slow.reader.raw('select sleep(?)', [0.1])
  await t.rejects(slow.reader.raw('select sleep(?) from nowhere', [0.1]))
  await slow.close()
  t.ok(told.includes('select sleep(?)'))
})

t.test('one line a second is logged, with how many there were in between', async t => {
  const lines: object[] = []
  let now = 1_000
  let counted = 0
  const { slow } = slowStatements(
    { slowStatementMs: 100 },
    { warn: (line: object) => void lines.push(line) } as never,
    { slowStatement: () => void counted++ },
    () => now,
  )
  for (const at of [1_000, 1_001, 1_999, 2_000]) {
    now = at
    slow!.tell(`select ${'x'.repeat(5_000)}`, 123.4)
  }

  t.equal(slow!.ms, 100)
  t.match(lines, [
    { ms: 123, unlogged: 0 },
    { ms: 123, unlogged: 2 },
  ])
  t.equal(lines.length, 2)
  t.equal(counted, 4)
  t.ok(JSON.stringify(lines[0]).length < 1_100)
  t.same(slowStatements({ slowStatementMs: null }, { warn() {} } as never), {})
})
