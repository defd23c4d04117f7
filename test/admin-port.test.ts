// ADMIN_PORT and TLS as an operator sets them: what strangers can reach, and what only the inner network can.
import { join } from 'node:path'
import t from 'tap'
import { withDatabase } from './support/database.js'
import { projectRoot } from './support/project.js'
import { account, spawnServer, startServerChild } from './support/server-child.js'

const bearer = { headers: { Authorization: `Bearer ${account.apiKey}` } }

t.test('with a port of their own, metrics and what admins do are not on the other one', async t => {
  const { url: databaseUrl } = await withDatabase(t, 'sqlite')
  const { url, script } = await startServerChild(t, { databaseUrl, env: { ADMIN_PORT: '0' } })
  const line = await script.line(/"adminUrl":/)
  const { adminUrl } = JSON.parse(line) as { adminUrl: string }
  const status = async (base: string, path: string): Promise<number> => (await fetch(base + path, bearer)).status

  t.equal(await status(url, '/metrics'), 404)
  t.equal(await status(url, '/health/live'), 200)
  t.equal(await status(url, '/v1/addresses/ada@example.org'), 200)
  t.equal(await status(url, '/soap/mktows/3_1?WSDL'), 200)

  t.equal(await status(adminUrl, '/metrics'), 200)
  t.equal(await status(adminUrl, '/health/ready'), 200)
  t.equal(await status(adminUrl, '/v1/addresses/ada@example.org'), 200)
  t.equal(await status(adminUrl, '/soap/mktows/3_1?WSDL'), 404, 'the legacy face is not there')
  const put = { ...bearer, method: 'PUT', body: '{}' }
  t.equal((await fetch(`${url}/v1/settings/unsubscribe-check`, put)).status, 405, 'it can be read there, not changed')
  t.equal((await fetch(`${adminUrl}/v1/settings/unsubscribe-check`, put)).status, 415)
})

t.test('a certificate that cannot be read is one sentence, and the start is refused', async t => {
  const { url: databaseUrl } = await withDatabase(t, 'sqlite')
  const key = join(projectRoot, 'test/fixtures/tls/first-key.pem')
  const env = { TLS_CERT_FILE: '/nowhere/cert.pem', TLS_KEY_FILE: key }

  const server = spawnServer(t, { databaseUrl, env })
  t.equal((await server.exited).code, 1)
  t.match(server.stderr.at(-1), /^the certificate \/nowhere\/cert\.pem and the key .* cannot be used: ENOENT/)

  const half = spawnServer(t, { databaseUrl, env: { TLS_KEY_FILE: key } })
  t.equal((await half.exited).code, 1)
  t.match(half.stderr.at(-1), /TLS_CERT_FILE and TLS_KEY_FILE: expected both/)
})
