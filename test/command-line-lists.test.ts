// Lists and workspaces on the command line: made, shown, and refused with a sentence and exit code 1.
import t from 'tap'
import { complaints, startScript } from './support/child.js'
import { withDatabase } from './support/database.js'

const { url } = await withDatabase(t, 'sqlite')

/** Exit code and all output. */
async function run(...args: readonly string[]): Promise<readonly [number | null, string]> {
  const script = startScript(t, 'src/main.ts', { args, env: { DATABASE_URL: url } })
  const { code } = await script.exited
  return [code, [...script.stdout, ...complaints(script)].join('\n')]
}

t.test('lists are made once, with a program or without, and shown', async t => {
  t.strictSame(await run('lists', 'add', 'Visitors', '--program', 'Fair'), [0, 'added Fair.Visitors, id 1000001'])
  t.strictSame(await run('lists', 'add', 'Friends'), [0, 'added Friends, id 1000002'])
  t.strictSame(await run('lists', 'add', 'Visitors', '--program', 'Fair'), [1, "there is a list 'Fair.Visitors'"])

  const [code, shown] = await run('lists', 'list')
  t.equal(code, 0)
  t.match(shown, /^1000001 {2}Fair\.Visitors +0 people +in Fair\n1000002 {2}Friends +0 people +in no program$/)
})

t.test('what can be no name is refused', async t => {
  t.strictSame(await run('lists', 'add', ''), [1, 'expected a name, got none'])
  t.strictSame(await run('lists', 'add', ' x'), [1, 'expected a name without blanks at its ends'])
  t.match(await run('lists', 'add', 'x'.repeat(200), '--program', 'y'.repeat(55)), [
    1,
    /program and name together, got 256/,
  ])
  t.match(await run('workspaces', 'add', 'x\ny', '--partition', 'Asia'), [1, /line breaks/])
  t.match(await run('workspaces', 'add', 'x'), [1, /--partition/])
})

t.test('workspaces are made once in whatever letter case, and shown; Default is there already', async t => {
  const added = 'added Japan: new people go to the partition Asia'

  t.strictSame(await run('workspaces', 'add', 'Japan', '--partition', 'Asia'), [0, added])
  t.strictSame(await run('workspaces', 'add', 'JAPAN', '--partition', 'x'), [1, "there is a workspace 'JAPAN'"])
  t.match(await run('workspaces', 'add', 'default', '--partition', 'x'), [1, /Default is always there/])
  t.match(await run('workspaces', 'list'), [0, /^Japan +Asia$/])
})
