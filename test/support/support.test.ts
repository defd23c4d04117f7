// What the tests stand on, tested: servers that die with their owner, databases, children, waiting, and the counting.
// The scripts that it runs as processes of their own lie in fixtures/support.
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createConnection } from 'mysql2/promise'
import t from 'tap'
import { startScript } from './child.js'
import { onEachEngine } from './database.js'
import { eventually } from './eventually.js'
import { startServer } from './mariadb-server.js'
import { demandedNames, requires } from './requirements.js'
import { reportTap } from './tap-report.js'

t.test('a killed server starts again with every acknowledged row', async t => {
  if (!requires(t, 'mariadbd')) return
  const server = await startServer()
  t.teardown(() => server.stop())
  const connection = await createConnection(server.url)
  connection.on('error', () => {}) // The kill below breaks it.
  await connection.query('create database rows_kept')
  await connection.query('create table rows_kept.n (n int primary key) engine=innodb')
  await connection.query('insert into rows_kept.n values (1)')

  const killed = server.pid
  await server.kill()
  t.equal(server.pid, null)
  await server.start()

  const again = await createConnection(server.url)
  const [rows] = await again.query('select n from rows_kept.n')
  await again.end()
  t.match(rows, [{ n: 1 }])
  t.not(server.pid, killed)
})

t.test('a server dies with the process that started it, even by SIGKILL, and leaves no file', async t => {
  if (!requires(t, 'mariadbd')) return
  const owner = startScript(t, 'test/fixtures/support/server-owner.ts')
  const [, pid = '', folder = ''] = (await owner.line(/^\d+ \//, { withinMs: 60_000 })).match(/^(\d+) (.+)$/) ?? []
  t.ok(isAlive(Number(pid)))

  await owner.kill()

  await eventually(() => !isAlive(Number(pid)) && !existsSync(folder), {
    withinMs: 20_000,
    what: 'the end of the server',
  })
  t.notOk(existsSync(folder))
})

t.test('a server program that cannot start says why', async t => {
  if (!requires(t, 'mariadbd')) return
  const server = await startServer()
  t.teardown(() => server.stop())
  const port = Number(new URL(server.url).port)

  await t.rejects(startServer({ port }), { message: /ended at once[\s\S]*port/i })
})

await onEachEngine(t, 'a fresh database is empty, ours alone, and gone afterwards', async (t, database) => {
  if (database.engine === 'sqlite') {
    const file = fileURLToPath(database.url.replace('sqlite:', 'file:'))
    t.ok(existsSync(dirname(file)))
    await database.drop()
    return t.notOk(existsSync(dirname(file)))
  }
  const connection = await createConnection(database.url)
  const [settings] = await connection.query('select @@character_set_database as charset')
  const [tables] = await connection.query('show tables')
  await connection.end()
  t.match(settings, [{ charset: 'utf8mb4' }])
  t.same(tables, [])
  await database.drop()
  await t.rejects(createConnection(database.url), { code: 'ER_BAD_DB_ERROR' })
})

t.test('a child script gives its lines, its end, and sees no environment but its own', async t => {
  process.env.LEAKED = 'yes'
  const child = startScript(t, 'test/fixtures/support/speaker.ts', { args: ['hello'], env: { GIVEN: 'yes' } })

  t.equal(await child.line(/^said/), 'said hello, GIVEN=yes LEAKED=undefined')
  await t.rejects(child.line(/never/, { withinMs: 50 }), {
    message: /no line matched .* 50 ms passed[\s\S]*said hello/,
  })
  t.same(await child.terminate(), { code: 3, signal: null })
  t.same(child.stderr, ['asked to end'])
  await t.rejects(child.line(/never/), { message: /it ended/ })
})

t.test('waiting ends with what the condition gave, or names what did not come', async t => {
  let looks = 0

  t.equal(await eventually(() => ++looks > 2 && looks, { withinMs: 5_000, everyMs: 1 }), 3)
  const never = eventually(() => Promise.reject(new Error('still closed')), {
    withinMs: 5,
    everyMs: 1,
    what: 'the door',
  })
  await t.rejects(never, { message: 'the door did not come true within 5 ms: still closed' })
})

t.test('REQUIRE takes names or all, and refuses what it does not know', async t => {
  t.same([...demandedNames('php, zeep')], ['php', 'zeep'])
  t.ok(demandedNames('all').has('mysql'))
  t.same([...demandedNames(undefined)], [])
  t.throws(() => demandedNames('php,pph'), { message: /REQUIRE: expected all or some of .*php.*; got 'pph'/ })
})

t.test('what a machine lacks is a skip with a reason, and a failure where REQUIRE demands it', async t => {
  const script = 'test/fixtures/support/needs-mysql.ts'
  const lenient = startScript(t, script)
  const strict = startScript(t, script, { env: { REQUIRE: 'all' } })

  t.equal((await lenient.exited).code, 0)
  t.match(lenient.stdout.join('\n'), /ok 1 - mysql # SKIP mysql is missing: run the tests by `npm test`/)
  t.equal((await strict.exited).code, 1)
  t.match(strict.stdout.join('\n'), /not ok 1 - mysql is missing: .* \(REQUIRE demands it\)/)
})

t.test(
  'the counts are of assertions at any depth, each failure is told in full, and a skip keeps its reason',
  async t => {
    const { counts, screen } = await report(`TAP version 14
# Subtest: test/a.test.ts
    # Subtest: outer
        ok 1 - fine
        not ok 2 - numbers agree
          ---
          diff: three is not four
          ...
        1..2
    not ok 1 - outer
    ok 2 - php # SKIP php is missing
    1..2
not ok 1 - test/a.test.ts # time=12.5ms
# Subtest: test/b.test.ts
    1..0 # no tests found
ok 2 - test/b.test.ts # SKIP no tests found
1..2
`)

    t.match(counts, { passed: 1, failed: 2, failures: [/a\.test\.ts > outer > numbers agree/, /b\.test\.ts/] })
    t.same([...counts.skips], [['php is missing', 1]])
    t.match(screen, /FAILED test\/a\.test\.ts > outer > numbers agree\n {2}diff: three is not four/)
    t.match(screen, /NOT OK test\/a\.test\.ts[\s\S]*NOT OK test\/b\.test\.ts/)
  },
)

t.test('output that stops in its middle is a failure', async t => {
  t.match((await report('TAP version 14\n1..2\nok 1 - a\n')).counts, { passed: 1, failed: 1 })
  t.match((await report('')).counts, { passed: 0, failed: 1 })
})

async function report(tapText: string) {
  const screen = new PassThrough()
  const counts = await reportTap(Readable.from([tapText]), screen)
  return { counts, screen: String(screen.read()) }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
