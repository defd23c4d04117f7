// The Partner SOAP API as this server calls it, against a stand-in that answers by npm soap's own server.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CallRefused, RemoteUnreachable, type SalesforceRemote } from '../../src/service/salesforce/remote.js'
import { createSalesforceRemote } from '../../src/soap/salesforce/salesforce-partner.js'
import { createSessions, type SalesforceLogin } from '../../src/soap/salesforce/salesforce-session.js'
import { type PartnerApi, type PartnerApiOptions, startPartnerApi } from '../fixtures/salesforce/partner-api.js'
import { type StandInRecords, standInRecords } from '../fixtures/salesforce/records.js'
import { projectRoot } from '../support/project.js'

interface Scene {
  readonly records: StandInRecords
  readonly api: PartnerApi
  readonly remote: SalesforceRemote
}

async function aScene(t: Test, options: PartnerApiOptions & { login?: Partial<SalesforceLogin> } = {}): Promise<Scene> {
  const records = standInRecords()
  const api = await startPartnerApi(t, records, options)
  const { url: loginUrl, clientId, clientSecret } = api
  const given = { type: 'client-credentials', loginUrl, clientId, clientSecret, ...options.login } as SalesforceLogin
  const sessions = createSessions(given, 20_000)
  const wsdlPath = join(projectRoot, 'wsdl/salesforce-partner.wsdl')
  return { records, api, remote: createSalesforceRemote({ wsdlPath, sessions, apiVersion: '64.0', timeoutMs: 20_000 }) }
}

const write = (recordId: string, optedOut: boolean) => ({ objectType: 'Contact' as const, recordId, optedOut })

t.test('flags are written, and each record is answered for itself', async t => {
  const { records, api, remote } = await aScene(t)
  const ada = records.add({ email: 'ada@example.org' })
  const bob = records.add({ email: 'bob@example.org', optedOut: true })
  records.edit(bob.id, { isDeleted: true })
  const eve = records.add({ email: 'eve@example.org', optedOut: true })

  const results = await remote.write([write(ada.id, true), write(bob.id, false), write(eve.id, false)])

  t.match(results, [{ type: 'written' }, { type: 'refused', code: 'ENTITY_IS_DELETED' }, { type: 'written' }])
  t.match(
    [ada, eve].map(({ id }) => records.get(id)),
    [
      { optedOut: true, lastModifiedBy: records.integrationUser },
      { optedOut: false, lastModifiedBy: records.integrationUser },
    ],
  )
  t.same(api.updates, [[ada.id, bob.id, eve.id]])
  t.equal(await remote.orgId(), records.orgId)
})

t.test('one record is a list of one', async t => {
  const { records, remote } = await aScene(t)
  const ada = records.add({ email: 'ada@example.org' })

  t.same(await remote.write([write(ada.id, true)]), [{ type: 'written' }])
})

t.test('a session that is over is renewed once, and the call repeated', async t => {
  const { records, api, remote } = await aScene(t)
  const ada = records.add({ email: 'ada@example.org' })
  await remote.write([write(ada.id, true)])
  api.expireSessions()

  t.same(await remote.write([write(ada.id, false)]), [{ type: 'written' }])

  t.equal(api.tokensGiven, 2)
  for (const _ of [1, 2]) api.faultNext('INVALID_SESSION_ID')
  await t.rejects(remote.write([write(ada.id, true)]), { name: 'CallRefused', code: 'INVALID_SESSION_ID' })
  t.equal(api.tokensGiven, 3, 'a token that is refused at once is not drawn again and again')
})

t.test('a fault is told by its code, and a lost answer as one', async t => {
  const { records, api, remote } = await aScene(t)
  const ada = records.add({ email: 'ada@example.org' })

  api.faultNext('REQUEST_LIMIT_EXCEEDED')
  await t.rejects(
    remote.write([write(ada.id, true)]),
    new CallRefused('REQUEST_LIMIT_EXCEEDED', 'REQUEST_LIMIT_EXCEEDED: as asked for'),
  )
  api.loseAnswers(true)
  await t.rejects(remote.write([write(ada.id, true)]), RemoteUnreachable)
  t.equal(records.get(ada.id)?.optedOut, true, 'it was carried out')
  api.loseAnswers(false)
  await api.close()
  await t.rejects(remote.write([write(ada.id, true)]), RemoteUnreachable)
})

t.test('who is nobody there is told so, with the reason', async t => {
  const { remote } = await aScene(t, { login: { clientSecret: 'wrong' } })

  await t.rejects(remote.write([]), {
    name: 'CallRefused',
    code: 'invalid_client',
    message: /invalid client credentials/,
  })
})

t.test('a token that was given is used as it is, with its own organisation', async t => {
  const { records, api, remote } = await aScene(t)
  const ada = records.add({ email: 'ada@example.org' })
  await remote.write([write(ada.id, true)])
  const accessToken = `${records.orgId.slice(0, 15)}!token.1`
  const sessions = createSessions({ type: 'token', instanceUrl: api.url, accessToken }, 20_000)

  t.match(await sessions.current(), { orgId: records.orgId, sessionId: accessToken })
  const none = createSessions({ type: 'token', instanceUrl: api.url, accessToken: 'opaque' }, 20_000)
  await t.rejects(none.current(), /the id of an organisation/)
})

t.test('records are read page by page, in order, from behind any of them', async t => {
  const { records, api, remote } = await aScene(t, { recordsPerPage: 2 })
  const contacts = [true, false, true].map((optedOut, i) => records.add({ email: `c${i}@example.org`, optedOut }))
  records.add({ email: null })
  records.add({ type: 'Lead', email: '04828@example.org' })

  const first = await remote.firstPage('Contact', null)
  const second = await remote.nextPage('Contact', first.more ?? '')
  const behind = await remote.firstPage('Contact', contacts[0]!.id)
  const others = await remote.firstPage('Lead', null)

  const seen = contacts.map(({ id: recordId, email, optedOut, lastModified }) => ({
    ...{ objectType: 'Contact', recordId, email, optedOut, lastModified },
  }))
  t.same([first.records, second.records, second.more], [seen.slice(0, 2), seen.slice(2), null])
  t.same(behind.records, seen.slice(1))
  t.match(others, { records: [{ objectType: 'Lead', email: '04828@example.org' }], size: 1, more: null })
  t.equal(api.queries.length, 3)
})
