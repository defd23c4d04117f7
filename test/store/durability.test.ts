// A server on a database that may lose what it acknowledged says so when it starts.
import { createConnection } from 'mysql2/promise'
import t from 'tap'
import { openStore } from '../../src/store/store.js'
import { startScript } from '../support/child.js'
import { startServer } from '../support/mariadb-server.js'
import { requires } from '../support/requirements.js'

t.test('a database that flushes once a second is named at start, one that flushes each commit is not', async t => {
  if (!requires(t, 'mariadbd')) return
  const database = await startServer()
  t.teardown(() => database.stop())
  const admin = await createConnection(database.url)
  t.teardown(() => admin.end())
  await admin.query('create database careless')
  const url = `${database.url.replace(/\/$/, '')}/careless`

  const store = openStore(url)
  t.same(await store.durabilityProblems(), [])
  await store.close()

  await admin.query('set global innodb_flush_log_at_trx_commit = 2')
  const server = startScript(t, 'src/main.ts', { args: ['serve'], env: { DATABASE_URL: url, PORT: '0' } })
  const line = await server.line(/innodb_flush_log_at_trx_commit/, { withinMs: 30_000 })
  t.match(JSON.parse(line), { level: 'warn', problem: /is 2: .* set it to 1/ })
  await server.line(/listens on/)
})
