// Outbound messages over HTTP: stored and acknowledged once for all (scenarios 31 and 32), and everything else refused
// so that Salesforce tries again.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createClientAsync } from 'soap'
import t, { type Test } from 'tap'
import { defaultBodyLimits, readBody } from '../../src/http/body.js'
import { StoreUnavailable } from '../../src/service/ports.js'
import type { InboxStore } from '../../src/service/salesforce/inbox.js'
import { loadOutboundContract } from '../../src/soap/salesforce/outbound-endpoint.js'
import {
  createOutboundHandler,
  type OutboundHandlerOptions,
  outboundPath,
} from '../../src/soap/salesforce/outbound-handler.js'
import { openStore } from '../../src/store/store.js'
import { OutboundSender } from '../fixtures/salesforce/sender.js'
import { withDatabase } from '../support/database.js'
import { projectRoot } from '../support/project.js'
import { contactId, orgId, salesforceId } from '../support/salesforce-values.js'

const contract = await loadOutboundContract(join(projectRoot, 'wsdl'))
const store = openStore((await withDatabase(t, 'sqlite')).url)
t.teardown(() => store.close())
await store.migrate()

async function listen(t: Test, given: Partial<OutboundHandlerOptions> = {}) {
  const told = { stored: 0, unknownOrgs: [] as string[], defects: [] as unknown[] }
  const handle = createOutboundHandler({
    contract,
    inbox: store,
    orgs: new Set([orgId]),
    isCertified: () => true,
    now: () => 1_000,
    readBody: request => readBody(request, defaultBodyLimits),
    publicUrl: () => url,
    requestIdOf: () => 'a-request',
    onStored: () => void told.stored++,
    onUnknownOrg: id => void told.unknownOrgs.push(id),
    onDefect: cause => void told.defects.push(cause),
    ...given,
  })
  const server = createServer((request, response) => {
    if (!handle(request, response)) response.writeHead(404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const endpoint = url + outboundPath
  const post = async (body: string) => {
    const response = await fetch(endpoint, { method: 'POST', headers: { 'Content-Type': 'text/xml' }, body })
    return { status: response.status, text: await response.text() }
  }
  return { told, endpoint, post }
}

const sender = new OutboundSender(orgId, () => 0.5)
const one = (number: number, fields: Record<string, string> = {}, id = contactId(number)) => ({
  notificationId: salesforceId('04l', number),
  record: { objectType: 'Contact' as const, id, fields: { Email: 'ada@example.org', ...fields } },
})
const kept = async () => (await store.waitingNotifications(1_000, 1_000)).map(each => each.notificationId)

t.test('scenario 31: of 100 notifications 40 came before; 60 are new, and one Ack is for all', async t => {
  const { post, told } = await listen(t)
  const all = Array.from({ length: 100 }, (_, index) => one(index + 1))

  const first = await post(sender.envelope(all.slice(0, 40)))
  const second = await post(sender.envelope(all))
  const third = await post(sender.envelope(all))

  const ack =
    '<ns1:notificationsResponse><ns1:Ack>true</ns1:Ack></ns1:notificationsResponse></SOAP-ENV:Body></SOAP-ENV:Envelope>'
  for (const { status, text } of [first, second, third]) {
    t.equal(status, 200)
    t.ok(text.trimEnd().endsWith(ack), text)
    t.match(text, 'xmlns:ns1="http://soap.sforce.com/2005/09/outbound"')
  }
  t.same(
    await kept(),
    all.map(({ notificationId }) => notificationId),
  )
  t.equal(told.stored, 2)
})

t.test('scenario 32: what could not be stored is not acknowledged, and applied once when it comes again', async t => {
  let isDown = true
  const receiveNotifications: InboxStore['receiveNotifications'] = async (...given) => {
    if (isDown) throw new StoreUnavailable('the database is away')
    return store.receiveNotifications(...given)
  }
  const { post } = await listen(t, { inbox: { receiveNotifications } })
  const message = sender.envelope([one(500)])

  const failed = await post(message)
  isDown = false
  const again = await post(message)

  t.match(failed, { status: 500, text: /Fault>.*try again/ })
  t.notMatch(failed.text, /Ack>true/)
  t.equal(again.status, 200)
  t.equal((await kept()).filter(id => id === salesforceId('04l', 500)).length, 1)
})

t.test('fields are kept as sent, those of the contract and others, and what has no record is passed over', async t => {
  const { post } = await listen(t)
  const full = one(600, {
    HasOptedOutOfEmail: 'true',
    Level__c: '04828 <x>',
    LastModifiedDate: '2026-01-31T09:30:00.000Z',
  })
  const message = sender
    .envelope([full, one(601)])
    .replace(
      /<sObject xsi:type="sf:Contact" [^>]*><sf:Id>[^<]*<\/sf:Id><sf:Email>[^<]*<\/sf:Email><\/sObject><\/Notif/,
      '<sObject xsi:nil="true"/></Notif',
    )

  t.equal((await post(message)).status, 200)

  const found = (await store.waitingNotifications(1_000, 1_000)).filter(each => each.recordId === contactId(600))
  t.match(found, [{ objectType: 'Contact', orgId, fields: full.record.fields }])
  t.notOk((await kept()).includes(salesforceId('04l', 601)))
})

t.test('another organization is refused with a fault, and told by name', async t => {
  const { post, told } = await listen(t)
  const other = salesforceId('00D', 9)
  const { status, text } = await post(new OutboundSender(other, () => 0).envelope([one(700)]))

  t.equal(status, 500)
  t.match(text, new RegExp(`Fault>.*${other}`))
  t.same(told.unknownOrgs, [other])
})

t.test('what is no outbound message gets a fault that names it, and stores nothing', async t => {
  const { post, told } = await listen(t)
  const before = await kept()
  const good = sender.envelope([one(800)])
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /well-formed/],
    [good.slice(0, -40), /well-formed/],
    [good.replace('?>', '?><!DOCTYPE a [<!ENTITY b "c">]>'), /DOCTYPE/i],
    [good.replaceAll('notifications', 'getLead'), /expected notifications/],
    [good.replace('soapenv:Body>', 'soapenv:Other>').replace('</soapenv:Body', '</soapenv:Other'), /Body/],
    [sender.envelope([]), /1 to 100/],
    [sender.envelope(Array.from({ length: 101 }, (_, index) => one(index + 1))), /1 to 100.*101/],
    [good.replace(/<Id>[^<]*</, "<Id>' or 1=1 --<"), /Notification\.Id/],
    [good.replace('sf:Contact', 'sf:Account'), /xsi:type/],
    [sender.envelope([one(801, { HasOptedOutOfEmail: 'maybe' })]), /HasOptedOutOfEmail.*maybe/],
    [good.replace('<SessionId', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}<SessionId`), /deep|depth|nested|open/],
  ]

  for (const [message, expected] of refused) {
    const { status, text } = await post(message)
    t.equal(status, 500, String(expected))
    t.match(text, expected)
    t.notMatch(text, /Ack/)
  }
  t.same(await kept(), before)
  t.same(told.defects, [])
})

t.test('without a certificate where one is needed, nothing is taken', async t => {
  const { post } = await listen(t, { isCertified: () => false })
  const { status, text } = await post(sender.envelope([one(900)]))
  t.equal(status, 500)
  t.match(text, /client certificate/)
  t.notOk((await kept()).includes(salesforceId('04l', 900)))
})

t.test('the WSDL is served with this address, and a client made from it is understood', async t => {
  const { endpoint } = await listen(t)

  const client = await createClientAsync(`${endpoint}?wsdl`)
  const sObject = {
    attributes: { xsi_type: { type: 'Contact', xmlns: 'urn:sobject.enterprise.soap.sforce.com' } },
    Id: contactId(950),
  }
  const Notification = [{ Id: salesforceId('04l', 950), sObject }]
  const [reply] = await client.notificationsAsync({ OrganizationId: orgId, ActionId: 'x', Notification })

  t.same(reply, { Ack: true })
  t.equal((await fetch(endpoint)).status, 405)
  t.equal((await fetch(`${endpoint}/other`)).status, 404)
  t.ok((await kept()).includes(salesforceId('04l', 950)))
})
