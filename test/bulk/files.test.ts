// Files as they come: encodings, delimiters, names of columns, and what is no such file at all. What is refused names
// the line, and has changed nothing.
import t, { type Test } from 'tap'
import { aBulk, type Bulk } from '../support/bulk-jobs.js'
import { withDatabase } from '../support/database.js'

const aStore = async (t: Test): Promise<Bulk> => aBulk(t, (await withDatabase(t, 'sqlite')).url)

t.test('encodings and delimiters are found out', async t => {
  const bulk = await aStore(t)
  const text = 'Email Address;First Name\nada@x.example;Zoë\n'
  const files: readonly [string, Uint8Array][] = [
    ['utf-8', Buffer.from(text)],
    ['utf-8 with a mark', Buffer.from(`\uFEFF${text}`)],
    ['utf-16', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['utf-16 without a mark', Buffer.from(text, 'utf16le')],
    ['utf-16, big end first', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
    ['latin1', Buffer.from(text, 'latin1')],
    ['commas', Buffer.from(text.replaceAll(';', ','))],
    ['tabs', Buffer.from(text.replaceAll(';', '\t'))],
  ]
  for (const [index, [what, bytes]] of files.entries()) {
    await bulk.load('people', Buffer.from('email,firstName\nada@x.example,before\n'))
    t.match(await bulk.load('people', bytes), { progress: { imported: 1, failed: 0 } }, what)
    t.match(await bulk.export('people', 'ndjson'), /"firstName":"Zoë"/, `${index} ${what}`)
  }
})

t.test('names of columns are those of the exports of the old service, or the file is refused', async t => {
  const bulk = await aStore(t)
  for (const header of [
    'Id,Email Address,First Name',
    'id,email,firstName',
    'Marketo Id,Email,FirstName',
    'LEAD ID,EMAIL,first name',
  ])
    t.match(await bulk.load('people', `${header}\n5,a@x.example,Ada\n`), { progress: { imported: 1 } }, header)

  const unknown = 'email,Favourite Colour\na@x.example,red\n'
  await t.rejects(bulk.receive('people', unknown), /line 1: there is no field 'Favourite Colour'/)
  t.match(await bulk.load('people', unknown, { unknown: 'pass-over' }), { plan: { notes: [/passed over/] } })
  await bulk.load('people', unknown, { unknown: 'add' })
  t.match(await bulk.export('people', 'ndjson'), /"favourite Colour":"red"/)
  await t.rejects(bulk.receive('people', 'firstName\nAda\n'), /expected a column Email Address \(or Id\)/)
  await t.rejects(bulk.receive('people', 'email,Email Address\na@x.example,b@x.example\n'), /one column for Email/)
  t.match(await bulk.load('suppressions', 'a@x.example\nb@x.example\n'), { progress: { suppressed: 2 } }, 'no header')
})

t.test('what is no such file is refused with its line, and nothing of it is carried out', async t => {
  const bulk = await aStore(t)
  const good = 'a@x.example,x\n'.repeat(1_000)
  const files: readonly [string, string | Uint8Array, RegExp][] = [
    ['an empty file', '', /empty file/],
    ['a header alone', 'email,company\n', /expected rows, got none/],
    ['a quote that is never closed', `email,company\n${good}b@x.example,"x\n`, /line 1002: a quote is opened/],
    [
      'one that swallows the rest',
      `email,company\nb@x.example,"x\n${good.repeat(100)}`,
      /line \d+: a row has more than/,
    ],
    ['text behind a quote', `email,company\n${good}b@x.example,"x"y\n`, /line 1002: expected a delimiter/],
    ['a quote within', `email,company\n${good}b@x.example,x"y"\n`, /line 1002: a quote stands inside/],
    ['a huge line', `email,company\n${good}${'x'.repeat(1_100_000)}\n`, /line 1002: a row has more than/],
    ['2^20 columns', `email${',a'.repeat(1 << 18)}\n`, /expected at most 1000 columns/],
    ['a huge object', `{"email":"a@x.example"}\n{"email":"${'x'.repeat(1_100_000)}"}\n`, /line 2: a row has more/],
    [
      'bytes of no encoding',
      Buffer.concat([Buffer.from(`email,company\n${good.repeat(10)}`), Buffer.from([0xff])]),
      /not utf-8/,
    ],
  ]
  for (const [what, text, problem] of files) {
    await t.rejects(bulk.receive('people', text), problem, what)
    await bulk.work()
  }
  t.equal((await bulk.opened.store.head()).seq, 0, 'nothing was carried out')
  t.same(await bulk.opened.store.jobs({ before: null, limit: 10 }), [], 'and nothing was kept')
})

t.test('a row that is wrong is reported with its line, and the others are carried out', async t => {
  const bulk = await aStore(t)
  const rows = [
    'email,company,numberOfEmployees',
    'a@x.example,"two',
    'lines",1',
    '',
    'b@x.example,x,many',
    `c@x.example,${'x'.repeat(70_000)},`,
    'd@x.example,x,1,too,many',
    `e@x.example${','.repeat(100_000)}`,
    'f@x.example,\u0000,',
    ',x,',
    'g@x.example',
  ]
  const job = await bulk.load('people', `${rows.join('\n')}\n`)

  t.match(job.progress, { imported: 3, failed: 5, done: 8 })
  t.match(await bulk.reports(job.id), [
    { line: 5, sentence: /NumberOfEmployees: expected a whole number, got 'many'/ },
    { line: 6, sentence: /Company: expected at most 65535 characters/ },
    { line: 7, sentence: 'expected 3 values, got 5' },
    { line: 9, sentence: /NUL character/ },
    { line: 10, sentence: /expected an address \(or an id\), got none/ },
  ])
  const objects = ['{"email":"h@x.example","company":"x"}', '{', '[1]', '{"nobody":1}', '{"email":{"a":1}}', '{"id":9}']
  const second = await bulk.load('people', `${objects.join('\n')}\n`)
  t.match(second.progress, { imported: 2, failed: 4 })
  t.same(
    (await bulk.reports(second.id)).map(({ line }) => line),
    [2, 3, 4, 5],
  )
})
