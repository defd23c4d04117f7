// A backup is taken as the README says while callers go on, and restored: nothing that was acknowledged before it began
// is missing, what it holds is consistent, and a server goes on from it.
import { execFile } from 'node:child_process'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startScript } from '../support/child.js'
import { freshDatabase, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { requires } from '../support/requirements.js'
import { startServerChild } from '../support/server-child.js'
import { isVerified, readLog } from '../support/store-inspection.js'
import { drawFrom } from '../support/xml-mutants.js'
import { Caller, compareWithLog, marksIn } from './mixed-load.js'

t.setTimeout(300_000)
const callersCount = 6

t.test('`backup` of the embedded store under load holds all that was acknowledged before', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const copy = join(await aFolder(t), 'copy.db')
  await backedUp(t, url, async () => {
    const { code, stdout } = await backupOf(t, url, copy)
    t.equal(code, 0)
    t.match(stdout, [/copy\.db: \d+ bytes$/])
    return `sqlite://${copy}`
  })
  t.equal((await stat(copy)).mode & 0o777, 0o600)
})

t.test('mysqldump --single-transaction under load holds all that was acknowledged before', async t => {
  if (!requires(t, 'mysql', 'mysqldump')) return
  const { url } = await withDatabase(t, 'mysql')
  const dump = join(await aFolder(t), 'backup.sql')
  await backedUp(t, url, async () => {
    await piped('mysqldump', ['--single-transaction', ...connecting(url)], { to: dump })
    const { url: restored } = await withDatabase(t, 'mysql')
    await piped('mysql', connecting(restored), { from: dump })
    return restored
  })
})

t.test('a backup overwrites nothing, makes no store, and leaves no part of itself', async t => {
  const { url, drop } = await freshDatabase('sqlite')
  t.teardown(drop)
  const folder = await aFolder(t)
  const file = join(folder, 'copy.db')

  t.match(await backupOf(t, url, file), { code: 1, stderr: /there is no store at/ })
  await startScript(t, 'src/main.ts', { args: ['migrate'], env: { DATABASE_URL: url } }).exited
  await writeFile(file, 'precious')
  t.match(await backupOf(t, url, file), { code: 1, stderr: /is there already/ })
  t.same(await readdir(folder), ['copy.db'])
})

t.test('a store on a database server is not copied, and why is said', async t => {
  if (!requires(t, 'mysql')) return
  const { url } = await withDatabase(t, 'mysql')
  const folder = await aFolder(t)

  t.match(await backupOf(t, url, join(folder, 'copy.db')), { code: 1, stderr: /such as mysqldump/ })
  t.same(await readdir(folder), [])
})

/** `take` gives the URL of what it restored. */
async function backedUp(t: Test, databaseUrl: string, take: () => Promise<string>): Promise<void> {
  const server = await startServerChild(t, { databaseUrl })
  const callers = Array.from({ length: callersCount }, (_, index) => new Caller(`c${index}`, drawFrom(index + 1)))
  let isOver = false
  const running = Promise.all(callers.map(caller => caller.run(server.client(), () => isOver)))
  const acknowledged = (): number => callers.reduce((sum, caller) => sum + caller.acknowledged, 0)
  await eventually(() => acknowledged() > 200, { withinMs: 60_000, what: '200 answers' })

  const before = callers.flatMap(caller => caller.acknowledgedMarks)
  const restoredUrl = await take()
  const seen = acknowledged()
  await eventually(() => acknowledged() > seen, { withinMs: 60_000, what: 'answers after the backup' })
  isOver = true
  await running
  await server.stop()

  const restored = await readLog(restoredUrl)
  const marks = marksIn(restored)
  t.same(
    before.filter(mark => !marks.has(mark)),
    [],
    'all that was acknowledged before',
  )
  t.ok(before.length < acknowledged(), 'callers went on meanwhile')
  const { doubled, strangers } = compareWithLog(callers, restored)
  t.same({ doubled, strangers }, { doubled: [], strangers: [] })
  t.same(restored, (await readLog(databaseUrl)).slice(0, restored.length), 'it is the log up to a position')
  await isVerified(t, restoredUrl, 'restored')
  await goesOn(t, restoredUrl, restored.length)
}

/** The counters came along: neither an id nor a position is handed out twice. */
async function goesOn(t: Test, databaseUrl: string, entries: number): Promise<void> {
  const server = await startServerChild(t, { databaseUrl })
  const client = server.client()
  const made = [
    await client.syncLead({ email: 'after-1@example.org', attributes: { Unsubscribed: '1' } }),
    await client.syncLead({ email: 'after-2@example.org' }),
  ]
  t.match(made, [{ status: 'CREATED' }, { status: 'CREATED' }])
  await server.stop()
  t.equal((await readLog(databaseUrl)).length, entries + 2)
  await isVerified(t, databaseUrl, 'restored, after more commands')
}

async function backupOf(t: Test, databaseUrl: string, file: string) {
  const script = startScript(t, 'src/main.ts', { args: ['backup', file], env: { DATABASE_URL: databaseUrl } })
  const { code } = await script.exited
  return { code, stdout: script.stdout, stderr: script.stderr.join('\n') }
}

async function aFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'backup-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return folder
}

function connecting(databaseUrl: string): string[] {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  return [`--host=${hostname}`, `--port=${port}`, `--user=${username}`, `--password=${password}`, pathname.slice(1)]
}

function piped(
  program: string,
  args: readonly string[],
  { from, to }: { readonly from?: string; readonly to?: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, { encoding: 'buffer', maxBuffer: Number.POSITIVE_INFINITY }, (cause, out) => {
      if (cause !== null) return reject(cause)
      if (to === undefined) return resolve()
      createWriteStream(to).once('finish', resolve).once('error', reject).end(out)
    })
    if (from !== undefined) createReadStream(from).pipe(child.stdin!)
  })
}
