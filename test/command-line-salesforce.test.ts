// The exchange with Salesforce on the command line: a comparison tried and made, cut and gone on with, the outbox and
// the conflicts.
import t from 'tap'
import { startPartnerApi } from './fixtures/salesforce/partner-api.js'
import { type StandInRecords, standInRecords } from './fixtures/salesforce/records.js'
import { complaints, startScript } from './support/child.js'
import { withDatabase } from './support/database.js'
import { eventually } from './support/eventually.js'
import { inStore } from './support/store-inspection.js'

// Most of the time each waits for another attempt.
t.jobs = 3

async function aCommandLine(t: Parameters<typeof withDatabase>[0], records: StandInRecords) {
  const { url: databaseUrl } = await withDatabase(t, 'sqlite')
  const api = await startPartnerApi(t, records, { recordsPerPage: 2 })
  const env = {
    DATABASE_URL: databaseUrl,
    SALESFORCE_LOGIN_URL: api.url,
    SALESFORCE_CLIENT_ID: api.clientId,
    SALESFORCE_CLIENT_SECRET: api.clientSecret,
  }
  const start = (...args: readonly string[]) => startScript(t, 'src/main.ts', { args: ['salesforce', ...args], env })
  return {
    ...{ api, databaseUrl, start },
    async run(...args: readonly string[]) {
      const script = start(...args)
      const { code } = await script.exited
      return { code, stdout: script.stdout.join('\n'), stderr: complaints(script).join('\n') }
    },
  }
}

t.test('a comparison is tried, then made; both say what they found', async t => {
  const records = standInRecords()
  for (let i = 0; i < 5; i++)
    records.add({ email: `p${i}@example.org`, optedOut: i === 0, type: i < 2 ? 'Lead' : 'Contact' })
  records.add({ email: 'no address' })
  const { run, databaseUrl } = await aCommandLine(t, records)
  const inbox = () => inStore(databaseUrl, store => store.countInbox())

  const tried = await run('sync', '--dry-run')
  t.match(tried, { code: 0, stdout: /^comparison 1 complete \(dry run: nothing was changed\)\n +6 records compared\n/ })
  t.match(await inbox(), { waiting: 0 })

  const made = await run('sync')
  t.match(made, { code: 0, stderr: '', stdout: /^comparison 2 complete\n/ })
  const counts = (text: string) => [...text.matchAll(/^ +(\d+) /gm)].map(([, count]) => count)
  t.same(counts(made.stdout), counts(tried.stdout))
  t.match(tried.stdout, / 1 changed there without a message: would be treated as if one had come\n/)
  t.match(made.stdout, / 1 changed there without a message: treated as if one had come\n/)
  t.match(await inbox(), { waiting: 1 })
})

t.test('one that cannot be made ends with exit code 1 and what Salesforce said', async t => {
  const { run, api } = await aCommandLine(t, standInRecords())
  for (let i = 0; i < 5; i++) api.faultNext('INVALID_FIELD')

  t.match(await run('sync'), { code: 1, stdout: 'comparison 1 failed', stderr: /INVALID_FIELD/ })
})

t.test('one that was interrupted is gone on with by the same command', async t => {
  const records = standInRecords()
  records.add({ email: 'ada@example.org' })
  const { run, start, api } = await aCommandLine(t, records)
  for (let i = 0; i < 3; i++) api.faultNext('SERVER_UNAVAILABLE')
  const cut = start('sync')
  await eventually(() => api.tokensGiven > 0, { withinMs: 30_000 })
  t.match(await cut.terminate(), { code: 130 })
  t.match(complaints(cut), [/^interrupted: the same command goes on with it/])

  t.match(await run('sync'), { code: 0, stdout: /^comparison 1 complete\n +1 records compared/ })
})

t.test(
  'status says what is set up, what waits, how the last comparison ended, and which records have an address',
  async t => {
    const records = standInRecords()
    records.add({ email: 'ada@example.org', optedOut: true })
    const { run, api } = await aCommandLine(t, records)

    const before = await run('status')
    t.match(before, {
      code: 0,
      stdout: /^messages from +nobody: SALESFORCE_ORGS is not set\n +0 waiting, 0 given up\n/,
    })
    t.match(before.stdout, `writes to        ${api.url}`)
    t.match(before.stdout, /^last comparison +none$/m)

    await run('sync')
    const after = await run('status', '--address', 'Ada@Example.org')
    t.match(after.stdout, /^ +1 waiting, 0 given up$/m)
    t.match(after.stdout, /^last comparison +1 complete \d{4}-/m)
    t.match(await run('status', '--address', 'nobody@example.org'), { stdout: /^no record is known that has nobody@/m })
    t.match(await run('status', '--address', 'nobody'), { code: 1, stderr: /^--address: / })
  },
)

t.test('without a way to Salesforce it says what to set', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const script = startScript(t, 'src/main.ts', { args: ['salesforce', 'sync'], env: { DATABASE_URL: url } })

  t.match(await script.exited, { code: 1 })
  t.match(complaints(script), [/nobody said how Salesforce is reached: expected SALESFORCE_LOGIN_URL/])
})

t.test('the outbox shows what was given up, and lets it be sent again; conflicts are listed', async t => {
  const records = standInRecords()
  const { id: recordId } = records.add({ email: 'ada@example.org' })
  const { run, databaseUrl } = await aCommandLine(t, records)
  t.match(await run('conflicts'), { code: 0, stdout: '' })
  await inStore(databaseUrl, async store => {
    const name = { orgId: records.orgId, recordId }
    await store.queueWrites([{ ...name, optedOut: true, cause: 'status-changed', statusVersion: 1 }], Date.now())
    const [write] = await store.dueWrites(Date.now() + 1e6, 10)
    await store.recordAttempts([{ ...write!, attempts: 1, state: 'failed', lastError: 'ENTITY_IS_DELETED: gone' }])
  })

  const shown = `0 waiting, 1 given up\n${recordId}  opt out  1 attempts    ENTITY_IS_DELETED: gone`
  t.match(await run('outbox'), { code: 0, stdout: shown })
  t.match(await run('outbox', '--replay'), { code: 0, stdout: '1 waiting, 0 given up' })
})
