// The promises about security in the documents are kept by something: each threat of the README by tests that there
// are, each runtime dependency by a reason, each answer by its headers.
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { withDatabase } from './support/database.js'
import { projectText, typescriptFiles } from './support/project.js'
import { readme, section } from './support/readme.js'
import { startServerChild } from './support/server-child.js'

t.test('every threat in the README names tests, and all of them are there', async t => {
  const rows = tableRows(section(readme(), '### Threats'))
  const titles = new Set(
    [...typescriptFiles('test').values()].flatMap(text =>
      [...text.matchAll(/(?:\bt\.test|\bonEachEngine)\(\s*(?:t,\s*)?(['"`])([^\n]+?)\1/g)].map(([, , title]) => title!),
    ),
  )

  t.ok(rows.length >= 10)
  for (const [threat = '', measure = '', tests = ''] of rows) {
    t.ok(measure.length > 0, threat)
    const named = [...tests.matchAll(/\*([^*]+)\*/g)].map(([, title]) => title!)
    t.ok(named.length > 0, `${threat}: some tests`)
    for (const title of named) t.ok(titles.has(title), `there is a test '${title}'`)
  }
})

t.test('every runtime dependency has its reason in ARCHITECTURE.md, and no other is listed', async t => {
  const { dependencies } = JSON.parse(projectText('package.json') ?? '') as { readonly dependencies: object }
  const rows = tableRows(section(projectText('ARCHITECTURE.md') ?? '', '## Dependencies'))
  const listed = rows.flatMap(([names = '']) => namesIn(names))

  t.same([...listed].sort(), Object.keys(dependencies).sort())
  for (const [names = '', purpose = ''] of rows) t.ok(purpose.length > 0, names)
})

t.test('every answer carries the headers that keep browsers from doing harm', async t => {
  const { url: databaseUrl } = await withDatabase(t, 'sqlite')
  const server = await startServerChild(t, { databaseUrl })
  for (const [method, path] of [
    ['GET', '/health/live'],
    ['GET', '/metrics'],
    ['GET', '/docs'],
    ['GET', '/v1/openapi.json'],
    ['GET', '/v1/people'],
    ['POST', '/v1/checks'],
    ['GET', '/nothing'],
    ['GET', '/one-click/AAAA'],
    ['GET', '/soap/mktows/3_1?WSDL'],
    ['POST', '/soap/mktows/3_1'],
    ['GET', '/soap/mktows/9_9'],
  ] as const) {
    const { headers } = await fetch(server.url + path, { method, redirect: 'manual' })
    isSafe(t, headers, `${method} ${path}`)
  }
  const raw = await answerTo(server.url, 'this is not HTTP\r\n\r\n')
  isSafe(t, new Headers(fieldsOf(raw)), 'what is not HTTP')
})

function isSafe(t: Test, headers: Headers, what: string): void {
  t.equal(headers.get('x-content-type-options'), 'nosniff', what)
  t.match(headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/, what)
  t.equal(headers.get('x-frame-options'), 'DENY', what)
  t.equal(headers.get('referrer-policy'), 'no-referrer', what)
  t.equal(headers.get('cross-origin-resource-policy'), 'same-origin', what)
  t.ok(headers.has('cache-control'), what)
  t.notOk(headers.has('access-control-allow-origin'), what)
  t.notOk(headers.has('x-powered-by') || headers.has('server'), `${what}: nothing says what runs here`)
}

/** The cells of each row behind the heading and the line under it. */
function tableRows(text: string): string[][] {
  const lines = text.split('\n').filter(line => line.startsWith('|'))
  return lines.slice(2).map(line =>
    line
      .slice(1, -1)
      .split('|')
      .map(cell => cell.trim()),
  )
}

/** A scope is written once, before the first of its packages. */
function namesIn(cell: string): string[] {
  let scope = ''
  return cell.split(', ').map(name => {
    if (name.startsWith('@')) scope = `${name.split('/')[0]}/`
    return name.startsWith('@') || scope !== '@opentelemetry/' ? name : scope + name
  })
}

function answerTo(url: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(text))
    socket.on('data', chunk => {
      answer += chunk
    })
    socket.once('close', () => resolve(answer)).once('error', reject)
  })
}

const fieldsOf = (answer: string): [string, string][] =>
  answer
    .split('\r\n\r\n')[0]!
    .split('\r\n')
    .slice(1)
    .map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
