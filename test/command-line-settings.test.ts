// Settings on the command line: shown, changed, and refused with a sentence and exit code 1.
import t from 'tap'
import { complaints, startScript } from './support/child.js'
import { withDatabase } from './support/database.js'

const { url } = await withDatabase(t, 'sqlite')

async function run(...args: readonly string[]): Promise<readonly [number | null, string]> {
  const script = startScript(t, 'src/main.ts', { args, env: { DATABASE_URL: url } })
  const { code } = await script.exited
  return [code, [...script.stdout, ...complaints(script)].join('\n')]
}

t.test('a setting is changed and shown with who changed it', async t => {
  const set = await run('settings', 'set', 'unsubscribe-check', 'off')
  const reasons = await run('settings', 'set', 'resubscribe-reasons', '[{"name":"on-paper","text":"A letter"}]')
  const [code, shown] = await run('settings', 'list')

  t.match(
    [set, reasons],
    [
      [0, /^unsubscribe-check is at version 1/],
      [0, /^resubscribe-reasons is at version 1/],
    ],
  )
  t.equal(code, 0)
  t.match(shown, /^unsubscribe-check +off {2}\(set .+ by command line \(.+\)\)\n/)
  t.match(shown, /{"name":"on-paper","text":"A letter","byRecipient":false}/)
})

t.test('an unknown name or value is refused with what is expected', async t => {
  t.match(await run('settings', 'set', 'colour', 'red'), [1, /expected one of unsubscribe-check, resubscribe-reasons/])
  t.match(await run('settings', 'set', 'unsubscribe-check', 'maybe'), [1, /"on"\|"off"/])
})
