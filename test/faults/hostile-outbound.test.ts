// Hostile input at the path where Salesforce sends, over real sockets: each attack is refused with a fault, nothing of
// it is stored, and the server goes on taking messages in time and within its memory.
import t, { type Test } from 'tap'
import { outboundPath } from '../../src/soap/salesforce/outbound-handler.js'
import { OutboundSender } from '../fixtures/salesforce/sender.js'
import { withDatabase } from '../support/database.js'
import { contactId, orgId, salesforceId } from '../support/salesforce-values.js'
import { startServerChild } from '../support/server-child.js'
import { inStore } from '../support/store-inspection.js'
import { aBomb, type Sending, send, sendWithoutEnd } from './hostile-callers.js'

const { url: databaseUrl } = await withDatabase(t, 'sqlite')
const server = await startServerChild(t, { databaseUrl, env: { SALESFORCE_ORGS: orgId } })
const sender = new OutboundSender(orgId, () => 0)

// As for the other SOAP face: far above what a message of 10 MiB takes.
const memoryGrowthMax = 400 * 1024 * 1024
const good = (number: number, count = 1, fields: Readonly<Record<string, string>> = {}): string =>
  sender.envelope(
    Array.from({ length: count }, (_, index) => ({
      notificationId: salesforceId('04l', number * 1_000 + index),
      record: { objectType: 'Contact', id: contactId(number * 1_000 + index), fields },
    })),
  )
let taken = 0
const harmless = (): string => good(++taken)
const memory = async (): Promise<number> => {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1])
}
const post = (body: string | Uint8Array, headers = {}) => send(server.url, body, { path: outboundPath, headers })

await post(harmless())
const memoryBefore = await memory()

async function isUnharmed(t: Test): Promise<void> {
  t.match(await post(harmless()), { status: 200, text: /Ack>true/ }, 'the next message is taken')
  t.ok((await memory()) - memoryBefore < memoryGrowthMax, 'the memory is bounded')
  t.same(server.errors(), [], 'nothing is a defect')
}

interface Attack {
  readonly title: string
  readonly body: () => string | Uint8Array
  readonly headers?: Sending['headers']
  readonly says: RegExp
}

const number = 900
const doctype = (declared: string, name = '&x;'): string =>
  good(number, 1, { Email: 'WHO' }).replace('?>', `?>${declared}`).replace('WHO', name)
const laughs = Array.from({ length: 10 }, (_, i) => `<!ENTITY x${i + 1} "${`&x${i};`.repeat(10)}">`).join('')
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const org = (text: string): string => good(number).replace(/<OrganizationId>.*<\/OrganizationId>/, text)
const message = /<notifications.*<\/notifications>/.exec(good(number))![0]

const attacks: readonly Attack[] = [
  {
    title: 'an entity bomb',
    body: () => doctype(`<!DOCTYPE x [<!ENTITY x0 "ha">${laughs}<!ENTITY x "&x9;">]>`),
    says: /DOCTYPE/,
  },
  {
    title: 'a quadratic entity bomb',
    body: () => doctype(`<!DOCTYPE x [<!ENTITY x "${'a'.repeat(100_000)}">]>`, '&x;'.repeat(10_000)),
    says: /DOCTYPE/,
  },
  {
    title: 'an external entity',
    body: () => doctype('<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    says: /DOCTYPE/,
  },
  { title: 'an entity that nobody declared', body: () => doctype(''), says: /not well-formed/ },
  {
    title: 'fields nested 10,000 deep',
    body: () => good(number, 1, { A: 'WHO' }).replace('WHO', '<a>'.repeat(10_000) + '</a>'.repeat(10_000)),
    says: /deep|depth|nested|open/i,
  },
  {
    title: 'start tags without end',
    body: () => good(number, 1, { A: 'WHO' }).replace(/WHO.*/, '<a>'.repeat(3_000_000)),
    says: /deep|depth|nested|open/i,
  },
  {
    title: '1 GiB packed into 1 MiB',
    body: aBomb,
    headers: { 'Content-Encoding': 'gzip' },
    says: /more than 10485760 bytes after inflating/,
  },
  {
    title: 'what says gzip and is not',
    body: () => good(number),
    headers: { 'Content-Encoding': 'gzip' },
    says: /not what its Content-Encoding says/,
  },
  { title: 'more than 10 MiB', body: () => Buffer.alloc(12 * 1024 * 1024, ' '), says: /more than 10485760 bytes/ },
  {
    title: '100,000 attributes on one element',
    body: () =>
      good(number).replace('<sf:Id', `<sf:Id ${Array.from({ length: 100_000 }, (_, i) => `a${i}="1"`).join(' ')}`),
    says: /attributes/,
  },
  { title: 'invalid UTF-8', body: () => latin1(good(number, 1, { Email: 'gr\xfc\xdfe@example.org' })), says: /UTF-8/ },
  { title: 'a NUL byte', body: () => good(number, 1, { Email: 'a\0b' }), says: /not well-formed/ },
  {
    title: 'a NUL by reference',
    body: () => good(number, 1, { Email: 'WHO' }).replace('WHO', '&#0;'),
    says: /not well-formed/,
  },
  { title: 'only NUL bytes', body: () => Buffer.alloc(1_000_000), says: /not well-formed/ },
  {
    title: 'a charset that there is not',
    body: () => good(number),
    headers: { 'Content-Type': 'text/xml; charset=klingon' },
    says: /klingon/,
  },
  {
    title: 'two Bodies',
    body: () => good(number).replace('</soapenv:Body>', '</soapenv:Body><soapenv:Body/>'),
    says: /expected one Body/,
  },
  {
    title: 'two messages in one Body',
    body: () => good(number).replace(message, message.repeat(2)),
    says: /as a second one/,
  },
  {
    title: 'a header that must be understood',
    body: () =>
      good(number).replace(
        '<soapenv:Body>',
        '<soapenv:Header><x xmlns="urn:x" soapenv:mustUnderstand="1"/></soapenv:Header><soapenv:Body>',
      ),
    says: /understand/i,
  },
  { title: '101 notifications', body: () => good(number, 101), says: /1 to 100 notifications, got 101/ },
  { title: '100,000 notifications', body: () => good(number, 20_000), says: /1 to 100 notifications, got 20000/ },
  { title: 'no notification', body: () => good(number, 0), says: /1 to 100 notifications, got 0/ },
  {
    title: 'another organization',
    body: () => org(`<OrganizationId>${salesforceId('00D', 9)}</OrganizationId>`),
    says: /not one that may send here/,
  },
  { title: 'no organization', body: () => org(''), says: /OrganizationId|organization/ },
  {
    title: 'an organization of a megabyte',
    body: () => org(`<OrganizationId>${'0'.repeat(1_000_000)}</OrganizationId>`),
    says: /OrganizationId|organization/,
  },
  {
    title: 'two organizations, the second of which may send',
    body: () =>
      org(`<OrganizationId>${salesforceId('00D', 9)}</OrganizationId><OrganizationId>${orgId}</OrganizationId>`),
    says: /OrganizationId|organization/,
  },
  ...["' or 1=1 --", '04l', '0'.repeat(100_000), '04l00000000001é'].flatMap((id): Attack[] => [
    {
      title: `a notification with the id ${id.slice(0, 20)}`,
      body: () => good(number).replace(/<Id>[^<]*</, `<Id>${id}<`),
      says: /Notification\.Id/,
    },
    {
      title: `a record with the id ${id.slice(0, 20)}`,
      body: () => good(number).replace(/<sf:Id>[^<]*</, `<sf:Id>${id}<`),
      says: /sObject\.Id/,
    },
  ]),
  {
    title: 'an object that is none of ours',
    body: () => good(number).replace('sf:Contact', 'sf:Account'),
    says: /xsi:type/,
  },
  {
    title: 'a flag that is none',
    body: () => good(number, 1, { HasOptedOutOfEmail: 'maybe' }),
    says: /HasOptedOutOfEmail.*maybe/,
  },
  {
    title: 'a time that is none',
    body: () => good(number, 1, { LastModifiedDate: 'soon' }),
    says: /LastModifiedDate.*soon/,
  },
]

for (const { title, body, headers = {}, says } of attacks) {
  t.test(`${title}: a fault, and an unharmed server`, async t => {
    const answer = await post(body(), headers)

    t.equal(answer.status, 500)
    t.match(answer.text, says)
    t.notMatch(answer.text, /Ack/)
    t.ok(answer.text.length < 20_000, 'the fault does not give everything back')
    await isUnharmed(t)
  })
}

t.test('a body that never ends is cut off with a fault', async t => {
  t.match(await sendWithoutEnd(server.url, outboundPath), { status: 500, text: /more than 10485760 bytes/ })
  await isUnharmed(t)
})

t.test('a record of many and long fields is taken, and what is kept of it is bounded', async t => {
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`F${index}__c`, 'x'.repeat(100)]))
  const long = { Email: `${'a'.repeat(100_000)}@example.org`, Long__c: 'x'.repeat(1_000_000) }
  t.match(await post(good(++taken, 1, { ...long, ...many })), { status: 200, text: /Ack>true/ })
  await isUnharmed(t)
})

t.test('of all the attacks nothing was stored', async t => {
  const found = await inStore(databaseUrl, async store => {
    const names = Array.from({ length: 200 }, (_, i) => ({ orgId, recordId: contactId(number * 1_000 + i) }))
    const waiting = await store.waitingNotifications(Date.now() + 60_000, 1_000)
    const ofAttacks = waiting.filter(({ recordId }) => names.some(name => name.recordId === recordId))
    return [...ofAttacks, ...(await store.salesforceRecords(names))]
  })
  t.same(found, [])
})
