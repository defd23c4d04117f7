// Outbound messages over TLS with the certificate of Salesforce: taken from whoever has it, and from nobody else. The
// certificates are fixtures that nothing outside of tests trusts.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { OutboundSender } from '../fixtures/salesforce/sender.js'
import { withDatabase } from '../support/database.js'
import { projectRoot } from '../support/project.js'
import { contactId, orgId, salesforceId } from '../support/salesforce-values.js'
import { spawnServer } from '../support/server-child.js'
import { inStore } from '../support/store-inspection.js'

const fixture = (name: string): string => join(projectRoot, 'test/fixtures/tls', name)
const pair = (name: string) => ({
  cert: readFileSync(fixture(`${name}-cert.pem`)),
  key: readFileSync(fixture(`${name}-key.pem`)),
})
const certificates = {
  nobody: {},
  'the pinned one': pair('client'),
  'another of the same authority': pair('other-client'),
  'one of a foreign authority': pair('second'),
} as const
type Holder = keyof typeof certificates

for (const [title, trusted, allowed] of [
  ['the certificate itself, as it is downloaded from Salesforce', 'client-cert.pem', ['the pinned one']],
  ['an authority', 'client-ca-cert.pem', ['the pinned one', 'another of the same authority']],
] as const satisfies readonly (readonly [string, string, readonly Holder[]])[]) {
  t.test(`SALESFORCE_CLIENT_CA_FILE names ${title}`, async t => {
    const { url: databaseUrl } = await withDatabase(t, 'sqlite')
    const env = {
      ...{ TLS_CERT_FILE: fixture('first-cert.pem'), TLS_KEY_FILE: fixture('first-key.pem') },
      ...{ SALESFORCE_ORGS: orgId, SALESFORCE_CLIENT_CA_FILE: fixture(trusted) },
    }
    const server = spawnServer(t, { databaseUrl, env })
    const line = await server.line(/ listens on https/, { withinMs: 60_000 })
    const [url = ''] = /https:\/\/\S+\d/.exec(line) ?? []
    const sender = new OutboundSender(orgId, () => 0)

    const stored: string[] = []
    for (const [index, holder] of (Object.keys(certificates) as Holder[]).entries()) {
      const notificationId = salesforceId('04l', index + 1)
      const record = { objectType: 'Contact' as const, id: contactId(index + 1), fields: {} }
      const body = sender.envelope([{ notificationId, record }])
      const { status, text } = await send(`${url}/soap/salesforce/outbound`, 'POST', body, certificates[holder])

      const isAllowed = (allowed as readonly Holder[]).includes(holder)
      t.equal(status, isAllowed ? 200 : 500, holder)
      t.match(text, isAllowed ? /Ack>true/ : /Fault>.*client certificate of Salesforce/, holder)
      if (isAllowed) stored.push(contactId(index + 1))
    }

    const known = await inStore(databaseUrl, async store => {
      const waiting = await store.waitingNotifications(Date.now() + 60_000, 100)
      const names = [1, 2, 3, 4].map(number => ({ orgId, recordId: contactId(number) }))
      return [...waiting, ...(await store.salesforceRecords(names))].map(({ recordId }) => recordId)
    })
    t.same([...new Set(known)].sort(), stored.sort(), 'and of nobody else anything was stored')
    t.equal((await send(`${url}/health/live`, 'GET', '', {})).status, 200, 'other paths need no certificate')
  })
}

function send(
  url: string,
  method: string,
  body: string,
  certificate: object,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ ...certificate, ca: pair('first').cert, keepAlive: false })
    const headers = { 'Content-Type': 'text/xml; charset=UTF-8', SOAPAction: '""' }
    const outgoing = request(url, { method, headers, agent }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    outgoing.on('error', reject).end(body)
  })
}
