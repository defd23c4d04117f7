// Files of people and of suppressions on real databases: what they change, what they must not, and how it is undone.
import t, { type Test } from 'tap'
import type { Origin } from '../../src/domain/origin.js'
import type { FanOut } from '../../src/domain/person.js'
import { aCause, aKey, aSubmission, aSubscription } from '../support/builders.js'
import { aBulk, type Bulk } from '../support/bulk-jobs.js'
import { type Engine, type FreshDatabase, onEachEngine, withDatabase } from '../support/database.js'
import { requires } from '../support/requirements.js'
import { isVerified } from '../support/store-inspection.js'

t.setTimeout(300_000)

const embedded = ['sqlite'] as const
const both = ['sqlite', 'mysql'] as const

/** Not each of them on all engines: their statements are those of the others. */
function on(
  engines: readonly Engine[],
  t: Test,
  title: string,
  body: (t: Test, database: FreshDatabase) => Promise<unknown>,
): void {
  for (const engine of engines) {
    t.test(`${title} (${engine})`, async t => {
      if (engine !== 'sqlite' && !requires(t, engine)) return
      await body(t, await withDatabase(t, engine))
    })
  }
}

const statusOf = async ({ opened }: Bulk, address: string) => {
  const { status } = await opened.store.status(aKey(address))
  return [status.status, status.version] as const
}

onEachEngine(t, 'scenario 10: a column Unsubscribed changes no flag, and each row says so', async (t, { url }) => {
  const bulk = await aBulk(t, url)
  await bulk.load('suppressions', 'email\nout@x.example\n')

  const job = await bulk.load(
    'people',
    'Id,Email Address,First Name,Unsubscribed\n7,out@x.example,Ada,false\n8,in@x.example,Bob,true\n9,c@x.example,C,\n',
  )

  t.match(job, { state: 'complete', rows: 3, progress: { created: 3, flagsIgnored: 2, failed: 0, suppressed: 0 } })
  t.same(await statusOf(bulk, 'out@x.example'), ['unsubscribed', 1])
  t.same(await statusOf(bulk, 'in@x.example'), ['subscribed', 0])
  t.match(await bulk.reports(job.id), [
    { line: 2, type: 'warning', sentence: /changed nothing/ },
    { line: 3, type: 'warning' },
  ])
  const people = await bulk.opened.store.peopleByIds([7, 8, 9])
  t.same(
    people.map(({ person }) => person.fields.FirstName),
    ['Ada', 'Bob', 'C'],
    'with the ids that they had',
  )
})

on(embedded, t, 'R11: suppress makes opt-outs count, correct both, and nothing else does', async (t, { url }) => {
  const bulk = await aBulk(t, url)
  await bulk.load('suppressions', 'email\nout@x.example\n')
  const rows = 'email,unsubscribed\nout@x.example,0\nin@x.example,1\n'

  t.match(await bulk.load('people', rows, { flagMode: 'suppress' }), { progress: { suppressed: 1, resubscribed: 0 } })
  t.same(await statusOf(bulk, 'out@x.example'), ['unsubscribed', 1])
  t.same(await statusOf(bulk, 'in@x.example'), ['unsubscribed', 1])
  t.match(await bulk.load('people', rows, { flagMode: 'correct' }), { progress: { suppressed: 0, resubscribed: 1 } })
  t.same(await statusOf(bulk, 'out@x.example'), ['subscribed', 2])
})

onEachEngine(t, 'scenario 11: a list of suppressions makes nobody, and stands when people come', async (t, { url }) => {
  const bulk = await aBulk(t, url)
  const job = await bulk.load(
    'suppressions',
    'address;reason;date;source\nGone@X.example;letter;2024-05-03;paper\ngone@x.example;again;;\nnone;;;\n',
  )

  t.match(job.progress, { suppressed: 1, unchanged: 1, failed: 1, created: 0 })
  const { status, people } = await bulk.opened.store.status(aKey('gone@x.example'))
  t.match(status, { status: 'unsubscribed', reason: 'letter', source: 'paper', since: Date.UTC(2024, 4, 3) })
  t.equal(people, 0)
  t.match(await bulk.reports(job.id), [{ line: 4, type: 'failed', sentence: /Email: expected local@domain/ }])

  await bulk.load('people', 'email,unsubscribed\ngone@x.example,false\n')
  t.match(await bulk.export('people', 'ndjson'), /"email":"gone@x.example".*"unsubscribed":"1"/)
})

on(both, t, 'what was exported and is loaded into an empty store is exported byte for byte', async (t, database) => {
  const first = await aBulk(t, database.url)
  await first.load('suppressions', `email,reason,source,since,origin,evidence\n${crooked.suppressions}`)
  await first.load(
    'people',
    `id,email,company,mktoPersonNotes,partition,foreignIds,numberOfEmployees\n${crooked.people}`,
  )
  const second = await aBulk(t, (await withDatabase(t, database.engine)).url)

  for (const form of ['csv', 'ndjson'] as const) {
    await second.load('suppressions', await first.export('suppressions', form))
    await second.load('people', await first.export('people', form))
    t.equal(await second.export('suppressions', form), await first.export('suppressions', form))
    t.equal(await second.export('people', form), await first.export('people', form))
  }
  t.match(await second.export('people'), /"Three ""quoted"" words, and\na break"/)
  t.same(
    [...(await second.export('suppressions', 'ndjson')).matchAll(/"origin":"(\w+)"/g)].map(match => match[1]),
    ['import', 'recipient', 'operator'],
    'whose word it was, too',
  )
  const job = await second.load('suppressions', 'email,origin\nq@x.example,postman\n')
  t.match(await second.reports(job.id), [{ sentence: "origin: expected import, operator, recipient, got 'postman'" }])
})

on(['mysql'], t, 'thousands of rows come out in the bytes and the order in which they came in', async (t, database) => {
  const rows = Array.from({ length: 1_000 }, (_, index) => `${index}`.padStart(5, '0'))
  const since = '2019-03-04T05:06:07.000Z'
  const suppressions = `email,status,reason,source,since,origin,evidence\n${rows
    .map(row => `${row}@x.example,unsubscribed,complaint ${row},old list,${since},import,file ${row}\n`)
    .join('')}`
  const people = `id,email,firstName,company\n${rows
    .map(row => `${Number(row) + 1},${row}@y.example,First ${row},Company ${row}\n`)
    .join('')}`
  const first = await aBulk(t, database.url)
  const second = await aBulk(t, (await withDatabase(t, database.engine)).url)

  await first.load('suppressions', suppressions)
  await first.load('people', people)
  const exported = await first.export('people')
  t.ok((await first.export('suppressions')) === suppressions, 'the suppressions are the file')
  await second.load('suppressions', suppressions)
  await second.load('people', exported)

  t.ok(columnsOf(exported, ['id', 'email', 'firstName', 'company']) === people, 'the people are, in its columns')
  t.ok((await second.export('suppressions')) === suppressions, 'and they are again from another store')
  t.ok((await second.export('people')) === exported, 'people, too')
  for (const { opened } of [first, second])
    t.strictSame(
      (await opened.store.log({ after: 0, limit: 10_000 })).map(({ seq }) => seq),
      Array.from({ length: 2_000 }, (_, index) => index + 1),
    )
})

/** Of a text without quotes. */
function columnsOf(text: string, names: readonly string[]): string {
  const lines = text.split('\n').map(line => line.split(','))
  const places = names.map(name => lines[0]!.indexOf(name))
  return lines.map(cells => (cells.length > 1 ? places.map(place => cells[place]).join(',') : '')).join('\n')
}

const crooked = {
  suppressions: [
    'José@bücher.example,"a, b",form,2020-02-29T23:59:59.999Z,recipient,"line\nbreak"',
    'z@x.example,"say ""no""",,,Operator,',
    '=cmd@x.example,\u{1F4CF} 測,x,2020-01-01,,',
  ].join('\n'),
  people: [
    '12,José@Bücher.example,"Three ""quoted"" words, and\na break",  blanks  ,Europe,CUSTOM:a b;SFDC:00x,04828',
    '2147483647,,"nobody, no address",,,,',
    '13,z@x.example,\u{1F4CF}測,"\r\n\t",Default,,',
  ].join('\n'),
}

on(both, t, 'a dry run has the figures of the run itself, and changes nothing', async (t, { url }) => {
  const bulk = await aBulk(t, url)
  await bulk.load('suppressions', 'email\na1@x.example\n')
  // The same people and addresses again in other parts of the job, where the first ones were not carried out.
  const row = (index: number) =>
    `${index % 2 ? `${1000 + (index % 400)}` : ''},a${index % 400}@x.example,${(index >> 3) % 2}`
  const rows = `id,email,unsubscribed\n${Array.from({ length: 1_100 }, (_, index) => row(index)).join('\n')}\nx,y,z\n`
  const before = [await bulk.opened.store.head(), await bulk.export('people'), await bulk.export('suppressions')]

  const dry = await bulk.load('people', rows, { flagMode: 'suppress', isDryRun: true })
  t.same([await bulk.opened.store.head(), await bulk.export('people'), await bulk.export('suppressions')], before)
  const real = await bulk.load('people', rows, { flagMode: 'suppress' })

  const { created, suppressed, failed, done, flagsIgnored } = real.progress
  t.match(dry.progress, { created, suppressed, failed, done, flagsIgnored })
  t.ok(created > 300 && suppressed > 100 && failed === 1, 'there was something to count')
})

on(
  both,
  t,
  'an undo takes back what a job did, except where something newer happened, and can be undone',
  async (t, { url }) => {
    const bulk = await aBulk(t, url)
    await bulk.load('suppressions', 'email\nbefore@x.example\n')
    const mistake = await bulk.load(
      'suppressions',
      'email\nbefore@x.example\nwrong@x.example\nnewer@x.example\nright@x.example\n',
    )
    for (const status of ['subscribed', 'unsubscribed'] as const)
      await bulk.writes.submit(aSubmission({ command: aSubscription(status, 'newer@x.example') }))

    t.match(await bulk.undo({ job: mistake.id, isDryRun: true }), { progress: { resubscribed: 2, failed: 1 } })
    t.same(await statusOf(bulk, 'wrong@x.example'), ['unsubscribed', 1], 'the dry run changed nothing')
    const undone = await bulk.undo({ job: mistake.id, evidence: 'ticket 12' })

    t.match(undone.progress, { resubscribed: 2, failed: 1, suppressed: 0 })
    t.match(await bulk.reports(undone.id), [
      { type: 'failed', sentence: /newer@x.example: something newer has happened/ },
    ])
    t.same(await statusOf(bulk, 'before@x.example'), ['unsubscribed', 1], 'the job did not do that')
    t.same(await statusOf(bulk, 'newer@x.example'), ['unsubscribed', 3])
    t.same(await statusOf(bulk, 'wrong@x.example'), ['subscribed', 2])
    const { status } = await bulk.opened.store.status(aKey('wrong@x.example'))
    t.match(status, { reason: 'correction', source: 'undo', actor: 'anna', evidence: 'ticket 12' })

    t.match((await bulk.undo({ job: undone.id })).progress, { suppressed: 2, failed: 0 })
    t.same(await statusOf(bulk, 'wrong@x.example'), ['unsubscribed', 3])
    await bulk.opened.store.close()
    await isVerified(t, url, 'after all')
  },
)

on(
  embedded,
  t,
  'an undo leaves a stronger cause than the one that is undone, and says so of each',
  async (t, { url }) => {
    const bulk = await aBulk(t, url)
    const set = (status: 'subscribed' | 'unsubscribed', address: string, origin: Origin) =>
      bulk.writes.submit(
        aSubmission({ command: aSubscription(status, address), cause: aCause({ origin, reason: `of the ${origin}` }) }),
      )
    await set('unsubscribed', 'before@x.example', 'import')
    const rows = [
      'later@x.example,import',
      'gone@x.example,import',
      'before@x.example,recipient',
      'twice@x.example,import',
      'twice@x.example,recipient',
    ]
    const job = await bulk.load('suppressions', `email,origin\n${rows.join('\n')}\n`)
    await set('unsubscribed', 'later@x.example', 'recipient')
    await set('unsubscribed', 'gone@x.example', 'recipient')
    await set('subscribed', 'gone@x.example', 'operator')
    await set('unsubscribed', 'gone@x.example', 'recipient')

    const dry = await bulk.undo({ job: job.id, isDryRun: true })
    const undone = await bulk.undo({ job: job.id })

    t.match(undone.progress, { resubscribed: 1, failed: 2 })
    t.match(dry.progress, { resubscribed: 1, failed: 2 })
    const said = await bulk.reports(undone.id)
    t.same(
      said.map(({ type }) => type).sort(),
      (await bulk.reports(dry.id)).map(({ type }) => type).sort(),
      'the dry run says the same',
    )
    const about = (address: string) => said.filter(({ sentence }) => sentence.startsWith(address))
    t.match(about('later@x.example'), [
      {
        type: 'failed',
        sentence: /stays unsubscribed: a stronger cause .* of the recipient, since 20.* 'of the recipient'/,
      },
    ])
    t.match(about('gone@x.example'), [{ type: 'failed', sentence: /something newer has happened/ }], 'not its opt-out')
    t.match(about('before@x.example'), [{ type: 'warning', sentence: /opted out before; the stronger .*recipient/ }])
    t.same(about('twice@x.example'), [], 'both causes were of the job')
    t.same(await statusOf(bulk, 'later@x.example'), ['unsubscribed', 2])
    t.same(await statusOf(bulk, 'before@x.example'), ['unsubscribed', 2])
    t.same(await statusOf(bulk, 'twice@x.example'), ['subscribed', 3])
  },
)

on(embedded, t, 'an opt-out that an undo brings back is the word of whom it was before', async (t, { url }) => {
  const bulk = await aBulk(t, url)
  const word = { command: aSubscription('unsubscribed', 'a@x.example'), cause: aCause({ origin: 'recipient' }) }
  await bulk.writes.submit(aSubmission(word))
  const lifted = await bulk.writes.submit(aSubmission({ command: aSubscription('subscribed', 'a@x.example') }))
  if (lifted.type !== 'carried-out') throw new Error(lifted.type)

  t.match((await bulk.undo({ command: lifted.commandId })).progress, { suppressed: 1 })

  const { status } = await bulk.opened.store.status(aKey('a@x.example'))
  t.match(status, { status: 'unsubscribed', origin: 'recipient', reason: 'correction' })
})

on(embedded, t, 'an undo goes through several changes of one address, and through one command', async (t, { url }) => {
  const bulk = await aBulk(t, url)
  await bulk.load('people', 'email\na@x.example\n')
  const job = await bulk.load('people', 'email,unsubscribed\na@x.example,1\na@x.example,0\na@x.example,1\n', {
    flagMode: 'correct',
  })
  t.same(await statusOf(bulk, 'a@x.example'), ['unsubscribed', 3])

  t.match((await bulk.undo({ job: job.id, isDryRun: true })).progress, { resubscribed: 1, failed: 0 })
  t.match((await bulk.undo({ job: job.id })).progress, { resubscribed: 1, suppressed: 0, failed: 0 })
  t.same(await statusOf(bulk, 'a@x.example'), ['subscribed', 4])

  const command = await bulk.writes.submit(aSubmission({ command: aSubscription('unsubscribed', 'b@x.example') }))
  if (command.type !== 'carried-out') throw new Error(command.type)
  t.match((await bulk.undo({ command: command.commandId })).progress, { resubscribed: 1 })
  t.match((await bulk.undo({ command: `${command.seq}` })).progress, { resubscribed: 0, unchanged: 1 })
  await t.rejects(bulk.undo({ command: '999999' }), /there is no command '999999'/)
  await t.rejects(bulk.undo({ job: 4711 }), /there is no job 4711/)
})

on(both, t, 'scenario 25: an undo while a fan-out is half done ends it, and all end subscribed', async (t, { url }) => {
  const bulk = await aBulk(t, url)
  const { store } = bulk.opened
  const ids = Array.from({ length: 1_200 }, (_, index) => index + 1)
  await bulk.load('people', `id,email\n${ids.map(id => `${id},all@x.example`).join('\n')}\n`)
  const job = await bulk.load('suppressions', 'email\nall@x.example\n')
  const chunk = async (): Promise<Pick<FanOut, 'key' | 'version' | 'to'>> => {
    const [pending] = await store.pendingFanOuts(1)
    await bulk.writes.submit(
      aSubmission({ command: { type: 'continue-fan-out', key: pending!.key, version: pending!.version } }),
    )
    return pending!
  }
  const stale = await chunk()

  t.match((await bulk.undo({ job: job.id })).progress, { resubscribed: 1 })
  const before = (await store.head()).activityId
  const command = { type: 'continue-fan-out', key: stale.key, version: stale.version } as const
  await bulk.writes.submit(aSubmission({ command }))
  t.equal((await store.head()).activityId, before, 'the stale chunk writes nothing')
  while ((await store.pendingFanOuts(1)).length > 0) await chunk()

  const people = await store.peopleByIds(ids)
  t.ok(people.every(({ status }) => status?.status === 'subscribed'))
  const last = await store.latestActivitiesOf(
    1_200,
    { from: null, to: null, kinds: ['value-changed'] },
    { before: null, skip: 0, limit: 1, countMax: 1 },
  )
  t.match(last.activities, [{ attribute: 'Unsubscribed', to: '0', reason: 'updateLeadEmailStatus' }])
  await store.close()
  await isVerified(t, url, 'after all')
})

on(
  embedded,
  t,
  'a job that is cancelled stops, drops its rows, and leaves what it did to be undone',
  async (t, { url }) => {
    const bulk = await aBulk(t, url)
    const { store } = bulk.opened
    const job = await bulk.receive(
      'suppressions',
      `email\n${Array.from({ length: 2_000 }, (_, i) => `c${i}@x.example`).join('\n')}\n`,
    )

    t.match(await store.cancelJob(job.id, Date.now()), { state: 'cancelling' })
    await bulk.work()

    t.match(await store.job(job.id), { state: 'cancelled', progress: { done: 0 } })
    t.same(await store.jobRows(job.id, { after: 0, limit: 1 }), [])
    t.same(await bulk.reports(job.id), [])
    t.match(await store.cancelJob(job.id, Date.now()), { state: 'cancelled' })
    t.equal(await store.cancelJob(4711, Date.now()), null)
    t.match(await store.jobs({ before: null, limit: 1 }), [{ id: job.id }])
  },
)
