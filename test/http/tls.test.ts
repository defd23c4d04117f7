// TLS on the server's own port: who is let in, what a renewed certificate does, and files that do not fit. The
// certificates are fixtures that nothing outside of tests trusts.
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { createHttpServer } from '../../src/http/server.js'
import { readTls, type TlsFiles, watchTls } from '../../src/http/tls.js'
import { eventually } from '../support/eventually.js'
import { projectRoot } from '../support/project.js'

const fixture = (name: string): string => join(projectRoot, 'test/fixtures/tls', name)
const pair = (name: 'first' | 'second'): TlsFiles => ({
  certFile: fixture(`${name}-cert.pem`),
  keyFile: fixture(`${name}-key.pem`),
})

async function start(t: Test) {
  const server = createHttpServer({
    handle: () => false,
    fallback: (request, response) => response.end(`you asked for ${request.url}`),
    tls: readTls(pair('first')),
    onDefect: cause => t.fail(String(cause)),
  })
  const port = await server.listen(0, '127.0.0.1')
  t.teardown(() => server.close(0))
  return { server, port }
}

t.test('calls go over TLS, and the client is told to stay with it', async t => {
  const { port } = await start(t)

  const { body, headers } = await get(port, 'first')

  t.equal(body, 'you asked for /x')
  t.match(headers['strict-transport-security'], /^max-age=\d{7,}$/)
})

t.test('plain HTTP, and TLS older than 1.2, are not answered', async t => {
  const { port } = await start(t)

  await t.rejects(fetch(`http://127.0.0.1:${port}/x`))
  await t.rejects(handshake(port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }))
  t.equal((await get(port, 'first')).body, 'you asked for /x', 'the next one is')
})

t.test('a renewed certificate is used by the next connection, and the ones that are open go on', async t => {
  const { server, port } = await start(t)
  const open = await handshake(port)
  t.teardown(() => open.destroy())

  server.renewTls(readTls(pair('second')))

  t.equal((await get(port, 'second')).body, 'you asked for /x')
  open.write('GET /open HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  let text = ''
  for await (const chunk of open) text += chunk
  t.match(text, /you asked for \/open/)
})

t.test('changed files are read again; a pair that does not fit is reported and passed over', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'durable-unsubscribe-tls-'))
  const files = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  copyFileSync(pair('first').certFile, files.certFile)
  copyFileSync(pair('first').keyFile, files.keyFile)
  const seen: string[] = []
  const problems: string[] = []
  const watch = watchTls(
    files,
    ({ cert }) => seen.push(cert.toString()),
    cause => problems.push(String(cause)),
  )
  t.teardown(() => watch.stop())

  writeFileSync(files.certFile, 'half a certificate')
  await eventually(() => problems.length > 0, { withinMs: 60_000, what: 'a report' })
  t.match(problems[0], /the certificate .*cert\.pem and the key .*key\.pem cannot be used/)
  t.same(seen, [])

  copyFileSync(pair('second').certFile, files.certFile)
  copyFileSync(pair('second').keyFile, files.keyFile)
  await eventually(() => seen.length > 0, { withinMs: 60_000, what: 'the new certificate' })
})

t.test('a certificate with the key of another is refused at the start', async t => {
  const mixed = { certFile: pair('first').certFile, keyFile: pair('second').keyFile }
  t.throws(() => readTls(mixed), /first-cert\.pem and the key .*second-key\.pem cannot be used/)
  t.throws(() => readTls({ ...mixed, keyFile: '/nowhere/key.pem' }), /ENOENT/)
})

function get(
  port: number,
  issuer: 'first' | 'second',
): Promise<{ body: string; headers: Record<string, string | string[] | undefined> }> {
  return new Promise((resolve, reject) => {
    const ca = readTls(pair(issuer)).cert
    const asked = request({ host: '127.0.0.1', port, path: '/x', ca, agent: false }, response => {
      let body = ''
      response.on('data', chunk => {
        body += chunk
      })
      response.on('end', () => resolve({ body, headers: response.headers }))
    })
    asked.on('error', reject).end()
  })
}

function handshake(port: number, options: object = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const ca = readTls(pair('first')).cert
    const socket = connect({ host: '127.0.0.1', port, ca, ...options }, () => resolve(socket))
    socket.on('error', reject)
  })
}
