// The check before sending on the command line: a line for each address, and the exit code.
import t from 'tap'
import { openStore } from '../src/store/store.js'
import { complaints, startScript } from './support/child.js'
import { withDatabase } from './support/database.js'
import { Scene } from './support/scene.js'

const { url } = await withDatabase(t, 'sqlite')
const store = openStore(url)
t.teardown(() => store.close())
await store.migrate()
await new Scene(store, 'example.org').set('unsubscribed', 'ada')

async function run(...args: readonly string[]): Promise<readonly [number | null, readonly string[]]> {
  const script = startScript(t, 'src/main.ts', { args: ['check', ...args], env: { DATABASE_URL: url } })
  const { code } = await script.exited
  return [code, [...script.stdout, ...complaints(script)]]
}

t.test('the exit code says whether all may be mailed', async t => {
  t.match(await run('bob@example.org'), [0, [/^send +bob@example.org {2}subscribed$/]])
  t.match(await run('bob@example.org', 'Ada@example.org', 'x'), [
    2,
    [
      /^send /,
      /^blocked {2}Ada@example.org {2}unsubscribed since \d{4}-.+Z: /,
      /^invalid {2}x {2}expected local@domain/,
    ],
  ])
  t.match(await run('ada@example.org', '--purpose', 'transactional'), [0, [/may be sent all the same$/]])
  t.match(await run('ada@example.org', '--purpose', 'fun'), [1])
})

t.test('what was blocked is on record', async t => {
  t.match(await store.blockedAttempts({}, { before: null, limit: 10 }), [
    { key: 'ada@example.org', caller: /^command line/ },
  ])
})
