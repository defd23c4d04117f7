// Privacy on the command line: what is held about an address as JSON, its erasure, and what is refused.
import t from 'tap'
import { complaints, startScript } from './support/child.js'
import { withDatabase } from './support/database.js'
import { fillWithSecrets, secretAddress } from './support/personal-data.js'

// Each starts processes of its own.
t.jobs = 2

const run = async (url: string, ...args: readonly string[]) => {
  const script = startScript(t, 'src/main.ts', { args: ['privacy', ...args], env: { DATABASE_URL: url } })
  const { code } = await script.exited
  return { code, stdout: script.stdout.join('\n'), stderr: complaints(script).join('\n') }
}

t.test('an export is JSON with all that is held; after an erasure it shows what stays', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const id = await fillWithSecrets(url)

  const exported = await run(url, 'export', secretAddress.toLowerCase())

  t.match(exported, { code: 0, stderr: '' })
  const held = JSON.parse(exported.stdout)
  t.match(held, {
    address: secretAddress.toLowerCase(),
    status: { status: 'unsubscribed', version: 1 },
    statusHistory: [{ version: 1, reason: `a mail from ${secretAddress}` }],
    people: [{ person: { id, fields: { City: 'hush-town' } }, lists: ['Fair.Visitors'], cookies: ['hush-cookie'] }],
    blockedAttempts: [{ caller: 'a test', purpose: 'commercial' }],
    refusals: [{ missing: ['admin-role', 'listed-reason'] }],
    salesforce: {
      records: [{ address: { text: secretAddress } }, { personId: id }],
      conflicts: [{ resolution: 'took-theirs' }],
      writes: [{ state: 'failed' }],
      notifications: [{ outcome: 'failed', fields: { Email: secretAddress } }],
    },
    jobs: { reporting: [72, 71], waiting: [73] },
    flowRuns: [81, 82],
    cut: [],
  })
  t.ok(held.commands.some(({ detail }: { detail: object }) => JSON.stringify(detail).includes('hush-first')))
  t.ok(held.activities.some(({ from, to }: { from: string; to: string }) => `${from} ${to}` === 'hush-city hush-town'))

  const erased = await run(url, 'erase', secretAddress, '--reason', 'request 17', '--evidence', 'ticket 4')

  t.match(erased, { code: 0, stderr: '' })
  t.match(erased.stdout, /^erased: 1 people, \d+ entries of the log and \d+ lines of history redacted\n/)
  t.match(erased.stdout, /\nkept under a keyed hash: unsubscribed, version 1\n/)
  t.match(erased.stdout, /\njobs that are not over name it: 73; erase again after them$/)
  const left = JSON.parse((await run(url, 'export', secretAddress)).stdout)
  t.match(left, { status: { status: 'unsubscribed', version: 1 }, people: [], jobs: { reporting: [], waiting: [73] } })
  t.same(Object.values(left.salesforce).flat(), [])
  t.notMatch(JSON.stringify(left).replaceAll(secretAddress.toLowerCase(), ''), /hush/i, 'but the address asked for')
})

t.test('what cannot be is refused with a sentence, and nothing is erased', async t => {
  const { url } = await withDatabase(t, 'sqlite')

  t.match(await run(url, 'export', 'ada'), { code: 1, stdout: '', stderr: /privacy: .*got no @/ })
  t.match(await run(url, 'erase', 'ada@example.org'), { code: 1, stderr: /--reason <text>/ })
  t.match(await run(url, 'erase', 'nobody@example.org', '--reason', 'request 18'), {
    code: 0,
    stdout: 'erased: 0 people, 0 entries of the log and 0 lines of history redacted\nno status was ever set',
  })
})
