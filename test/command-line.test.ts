// The command line as an operator meets it: what it prints, and with which exit code it ends.
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createHttpServer } from '../src/http/server.js'
import { listenAt } from '../src/listening.js'
import { startScript } from './support/child.js'
import { withDatabase } from './support/database.js'

t.test('a credential is shown once, listed without its secret, and revoked', async t => {
  const run = await onAStore(t)

  const added = await run('credentials', 'add', 'soap', 'MKTOWS_1', '--key', 'the-old-key')
  const listed = await run('credentials', 'list')
  const revoked = await run('credentials', 'revoke', 'MKTOWS_1')
  const again = await run('credentials', 'revoke', 'MKTOWS_1')
  const back = await run('credentials', 'add', 'soap', 'MKTOWS_1', '--key', 'the-old-key')
  const taken = await run('credentials', 'add', 'soap', 'MKTOWS_1')

  const short = await run('credentials', 'add', 'api', 'crm', '--key', 'hush')

  t.match(short, { code: 1, text: /^--key: expected 20 to 200 letters/ })
  t.match(added.text, /encryption key +the-old-key/)
  t.match(listed.text, /^soap +writer .* active +MKTOWS_1$/m)
  t.notMatch(listed.text, /the-old-key/)
  t.match(revoked, { code: 0, text: /revoked MKTOWS_1/ })
  t.match(again, { code: 1, text: /no active credential 'MKTOWS_1'/ })
  t.match(back, { code: 0, text: /encryption key +the-old-key/ })
  t.match(taken, { code: 1, text: /there is an active credential 'MKTOWS_1'/ })
})

t.test('a custom field is added once, under a name that a field can have', async t => {
  const run = await onAStore(t)

  t.match(await run('fields', 'add', 'My_Field__c', '--label', 'My Field', '--type', 'date'), { code: 0 })
  t.match(await run('fields', 'add', 'my_field__c'), { code: 1, text: /there is a field named/ })
  t.match(await run('fields', 'add', '__proto__'), { code: 1 })
  t.match((await run('fields', 'list')).text, /^My_Field__c +my_Field__c +date +custom +My Field$/m)
})

t.test('migrate says what it did, and that nothing is left to do', async t => {
  const run = await onAStore(t)

  t.match(await run('migrate'), { code: 0, text: /applied 001-people/ })
  t.match(await run('migrate'), { code: 0, text: /up to date/ })
})

t.test('with MIGRATE=off a store without its schema is refused with a sentence', async t => {
  const run = await onAStore(t, { MIGRATE: 'off' })

  t.match(await run('serve'), { code: 1, text: /the schema lacks 001-people.*run `durable-unsubscribe migrate`/ })
})

t.test('verify of an empty store is clean', async t => {
  const run = await onAStore(t)
  await run('migrate')

  t.match(await run('verify'), { code: 0, text: /^ok: 0 log entries/ })
})

t.test('verify makes no store where there is none, and no schema where it lacks', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'command-line-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))

  const missing = await ended(t, { DATA_DIR: join(folder, 'nowhere') }, 'verify')

  t.match(missing, { code: 1, text: /there is no store at .*nowhere.*check DATABASE_URL, DATA_DIR/ })
  t.notOk(existsSync(join(folder, 'nowhere')))
})

t.test('a command says which store it is on', async t => {
  const run = await onAStore(t)

  t.match((await run('lists', 'list')).text, /^store: sqlite:/m)
})

t.test('a word that a command does not know is told with those that it knows, without a stack', async t => {
  const run = await onAStore(t)
  const mistakes = [
    [['credentials', 'add', 'rest', 'me'], /'rest' is invalid.*soap, api/],
    [['import', 'leads', 'x.csv'], /'leads' is invalid.*people, suppressions/],
    [['jobs', 'show', 'last'], /'last' is invalid.*expected the number of a job/],
    [['verfy'], /unknown command 'verfy'[\s\S]*Did you mean verify/],
  ] as const
  for (const [args, sentence] of mistakes) {
    const { code, text } = await run(...args)
    t.equal(code, 1, args.join(' '))
    t.match(text, sentence)
    t.notMatch(text, /^ +at /m)
  }
})

t.test('a file that cannot be written is told by its name, without a stack', async t => {
  const run = await onAStore(t)

  for (const args of [
    ['export', 'people', '/nowhere/people.csv.gz'],
    ['backup', '/nowhere/copy.db'],
  ]) {
    const { code, text } = await run(...args)
    t.equal(code, 1, args.join(' '))
    t.match(text, /no such file or directory, open '\/nowhere\//)
    t.notMatch(text, /^ +at |throw|Uncaught/m)
  }
})

t.test('mistakes in a call are told in a sentence, without a stack', async t => {
  const signed = { SOAP_USER: 'u', SOAP_KEY: 'k', SOAP_URL: 'http://127.0.0.1:9/soap/mktows/3_1' }

  for (const args of [
    ['call', 'getLead'],
    ['call', 'syncLead', '--set', 'A'],
    ['call', 'x', '--json', '{'],
  ]) {
    const { code, text } = await ended(t, signed, ...args)
    t.equal(code, 1)
    t.notMatch(text, /^ +at /m, args.join(' '))
  }
})

t.test('a database that cannot be reached is told with the variable that names it', async t => {
  for (const command of ['serve', 'migrate']) {
    const { code, text } = await ended(t, { DATABASE_URL: 'mysql://me:hush@127.0.0.1:9/nothing' }, command)

    t.equal(code, 1)
    t.match(text, /127\.0\.0\.1:9\/nothing cannot be used: .*ECONNREFUSED.*check DATABASE_URL/)
    t.notMatch(text, /hush|^ +at /m)
  }
})

t.test('a first start that finds a port taken says which, and loses nothing that is shown once', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const taken = createServer()
  await once(taken.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => taken.close())
  const port = String((taken.address() as AddressInfo).port)

  const first = await ended(t, { DATABASE_URL: url, PORT: port }, 'serve')
  const second = await ended(t, { DATABASE_URL: url, PORT: '0', ADMIN_PORT: port }, 'serve')
  const third = startScript(t, 'src/main.ts', { args: ['serve'], env: { DATABASE_URL: url, PORT: '0' } })

  t.match(first, { code: 1, text: /^PORT: port \d+ of 127\.0\.0\.1 is in use: .*set PORT \(or HOST\)/m })
  t.match(second, { code: 1, text: /^ADMIN_PORT: port \d+ .* is in use: .*set ADMIN_PORT \(or ADMIN_HOST\)/m })
  t.notMatch(first.text + second.text, /^ +at /m)
  await third.line(/export API_KEY=duk_/)

  process.kill(third.pid, 'SIGHUP')
  await third.line(/no certificate to be read again/)
  t.match(await third.terminate(), { code: 0 })
})

t.test('an address that the machine does not have is told with the variable that names it', async t => {
  const { server, listen, close } = createHttpServer({ handle: () => false, fallback() {}, onDefect() {} })
  t.teardown(() => (server.listening ? close(0) : undefined))
  const variables = { host: 'ADMIN_HOST', port: 'ADMIN_PORT' }

  await t.rejects(listenAt({ listen }, { host: '192.0.2.1', port: 0, variables }), {
    name: 'OperatorError',
    message: /^ADMIN_HOST: expected an address of this machine.*got '192\.0\.2\.1'/,
  })
})

t.test('a bad environment is told in lines, without a stack', async t => {
  const run = await onAStore(t, { PORT: 'x', LOG_LEVEL: 'loud' })

  const { code, text } = await run('serve')

  t.equal(code, 1)
  t.match(text, /^PORT: .*\nLOG_LEVEL: /)
  t.notMatch(text, / at /)
})

t.test('another SECRET_KEY than the one that sealed the store is refused at start', async t => {
  const { url } = await withDatabase(t, 'sqlite')
  const sealed = await ended(t, { DATABASE_URL: url, SECRET_KEY: 'the first secret key' }, 'credentials', 'list')
  t.equal(sealed.code, 0)

  const other = await ended(t, { DATABASE_URL: url, SECRET_KEY: 'another secret key!!' }, 'serve')
  const none = await ended(t, { DATABASE_URL: url }, 'serve')

  t.match(other, { code: 1, text: /sealed with another SECRET_KEY/ })
  t.match(none, { code: 1, text: /start with the SECRET_KEY/ })
})

t.test('every command explains itself', async t => {
  const run = await onAStore(t)

  for (const command of ['serve', 'migrate', 'credentials', 'fields', 'call', 'verify']) {
    t.match(await run(command, '--help'), { code: 0, text: /Usage: durable-unsubscribe/ }, command)
  }
  t.match((await run('serve', '--help')).text, /DATABASE_URL[\s\S]*SECRET_KEY/)
})

type Run = (...args: readonly string[]) => Promise<{ readonly code: number | null; readonly text: string }>

async function onAStore(t: Test, env: Record<string, string> = {}): Promise<Run> {
  const { url } = await withDatabase(t, 'sqlite')
  return (...args) => ended(t, { DATABASE_URL: url, ...env }, ...args)
}

async function ended(t: Test, env: Record<string, string>, ...args: readonly string[]): ReturnType<Run> {
  const script = startScript(t, 'src/main.ts', { args, env })
  const { code } = await script.exited
  return { code, text: [...script.stdout, ...script.stderr].join('\n') }
}
