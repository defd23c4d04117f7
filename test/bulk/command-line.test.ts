// A file that re-subscribes, from the command line: the operator has to say why, as any other caller under the guard.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { aKey } from '../support/builders.js'
import { aBulk } from '../support/bulk-jobs.js'
import { startScript } from '../support/child.js'
import { withDatabase } from '../support/database.js'

t.setTimeout(300_000)

t.test('import --flag correct ends opt-outs only for a reason that admins allow', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const bulk = await aBulk(t, url)
  const { store } = bulk.opened
  await bulk.load('people', 'email\nlisted@x.example\nasked@x.example\n')
  await bulk.load('suppressions', 'email,origin\nlisted@x.example,\nasked@x.example,recipient\n')
  const file = join(t.testdir({}), 'people.csv')
  await writeFile(file, 'email,unsubscribed\nlisted@x.example,0\nasked@x.example,0\n')
  const correct = (...args: string[]) =>
    startScript(t, 'src/main.ts', {
      args: ['import', 'people', file, '--flag', 'correct', ...args],
      env: { DATABASE_URL: url },
    })
  const statusOf = async (address: string) => (await store.status(aKey(address))).status

  const unstated = correct()
  t.match(await unstated.exited, { code: 1 })
  t.match(unstated.stderr.join('\n'), /--reason has to say why: expected one of asked-in-writing, .*correction/)
  t.equal((await store.jobs({ before: null, limit: 10 })).length, 2, 'nothing was begun')

  const stated = correct('--reason', 'correction')
  t.match(await stated.exited, { code: 2 })
  t.match(stated.stdout.join('\n'), /1 addresses re-subscribed/)
  t.match(stated.stderr.join('\n'), /row 3: .*recipient/, 'an own wish ends only by another one')
  const evidence = 'file people.csv'
  t.match(await statusOf('listed@x.example'), { status: 'subscribed', reason: 'correction', evidence })
  t.match(await statusOf('asked@x.example'), { status: 'unsubscribed' })

  t.match(await correct('--reason', 'asked-by-phone').exited, { code: 0 })
  t.match(await statusOf('asked@x.example'), { status: 'subscribed', reason: 'asked-by-phone' })
})
