// The whole loop: a change in Salesforce reaches this side by a message, from here the other records of the address by
// a call, and the messages that the call causes end here. All of it over HTTP, with the server as it runs.
import t from 'tap'
import { openStore } from '../../src/store/store.js'
import { startSalesforce } from '../fixtures/salesforce/salesforce.js'
import { anAddress } from '../support/builders.js'
import { withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { account, startServerChild } from '../support/server-child.js'
import { readLog } from '../support/store-inspection.js'

t.test('an opt-out there, and a re-subscribe here, go around once and end', async t => {
  const { url: databaseUrl } = await withDatabase(t, 'sqlite')
  const { records, api, sender, env } = await startSalesforce(t, { random: () => 0.5 })
  const rules = { SALESFORCE_PRECEDENCE: 'latest', JSON_RESUBSCRIBE: 'compatible' }
  const server = await startServerChild(t, { databaseUrl, env: { ...env, ...rules } })
  const store = openStore(databaseUrl)
  t.teardown(() => store.close())
  const email = 'ada@example.org'
  const status = async () => (await store.status(anAddress(email).key)).status

  /** Until both sides say so, and what was caused by that has come back and is looked at. */
  const settled = (optedOut: boolean, version: number): Promise<unknown> =>
    eventually(
      async () => {
        await sender.deliver(`${server.url}/soap/salesforce/outbound`)
        const isSaid = records.all().every(record => record.optedOut === optedOut)
        const waiting = [await store.countOutbox(), await store.countInbox()].map(counts => counts.waiting)
        const isHere = (await status()).version === version
        return isSaid && isHere && sender.waiting === 0 && waiting.every(count => count === 0)
      },
      { withinMs: 60_000, what: `both sides say ${optedOut}` },
    )

  const contact = records.add({ email, type: 'Contact' })
  const lead = records.add({ email, type: 'Lead' })
  await settled(false, 0)
  t.same(api.updates, [], 'where both sides say the same, nothing is written')

  records.edit(contact.id, { optedOut: true })
  await settled(true, 1)
  t.same(api.updates, [[lead.id]], 'the other record is told, and the one that said it is not')

  const headers = { authorization: `Bearer ${account.apiKey}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ status: 'subscribed', reason: 'asked-by-phone', evidence: 'call 4711' })
  const url = `${server.url}/v1/addresses/${email}/subscription`
  t.equal((await fetch(url, { method: 'PUT', headers, body })).status, 200)
  await settled(false, 2)
  t.same(api.updates.flat().sort(), [lead.id, lead.id, contact.id].sort(), 'both are told of a re-subscribe here')

  records.edit(lead.id, {})
  await settled(false, 2)
  t.same(
    (await store.statusHistory(anAddress(email).key)).map(each => [each.version, each.status, each.source]),
    [
      [1, 'unsubscribed', 'Salesforce sync'],
      [2, 'subscribed', 'JSON API'],
    ],
  )
  const commands = (await readLog(databaseUrl)).map(({ entry }) => entry.source)
  t.same(commands.slice(-1), ['JSON API'], 'nothing that came back became a command')
  t.same(await store.salesforceConflicts({}, { before: null, limit: 9 }), [])
  t.same(await store.countOutbox(), { waiting: 0, failed: 0 })
  t.same(server.errors(), [])
})
