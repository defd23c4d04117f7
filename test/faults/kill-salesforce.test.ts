// Salesforce delivers, the process dies between the Ack and the processing, and messages come late, twice and out of
// order: in the end every opt-out that was acknowledged is here, once.
import t from 'tap'
import { OutboundSender } from '../fixtures/salesforce/sender.js'
import { type Engine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { requires } from '../support/requirements.js'
import { contactId, orgId, salesforceId } from '../support/salesforce-values.js'
import { startServerChild } from '../support/server-child.js'
import { inStore, isVerified } from '../support/store-inspection.js'

const recordCount = 400

for (const engine of ['sqlite', 'mysql'] satisfies Engine[]) {
  t.test(`what was acknowledged is processed after SIGKILL, once (${engine})`, async t => {
    if (engine === 'mysql' && !requires(t, 'mysql')) return
    const { url: databaseUrl } = await withDatabase(t, engine)
    const env = { SALESFORCE_ORGS: orgId.slice(0, 15), SALESFORCE_PRECEDENCE: 'salesforce' }
    let seed = 1
    const sender = new OutboundSender(orgId, () => {
      seed = (seed * 48271) % 2147483647
      return seed / 2147483647
    })
    const opts = (index: number): boolean => index % 3 === 0
    for (let index = 0; index < recordCount; index++) {
      const fields = { Email: `reader${index}@example.org`, HasOptedOutOfEmail: String(opts(index)) }
      if (index % 2 === 0) sender.edit('Contact', contactId(index), fields)
      else sender.edit('Lead', salesforceId('00Q', index), fields)
    }
    const first = await startServerChild(t, { databaseUrl, env })

    const delivered = await sender.deliver(`${first.url}/soap/salesforce/outbound`)
    await first.kill()
    t.ok(delivered.some(({ isAcknowledged }) => isAcknowledged))
    const left = await inStore(databaseUrl, store => store.countInbox())
    t.ok(left.waiting > 0, `the kill came before all was processed: ${left.waiting} wait`)
    await inStore(databaseUrl, async store => {
      // As if as much time had passed as a dead process holds the work.
      const muchLater = Date.now() + 3_600_000
      const holder = 'f'.repeat(32)
      await store.holdSalesforceWork('inbox', holder, muchLater, muchLater)
      await store.releaseSalesforceWork('inbox', holder)
    })

    const second = await startServerChild(t, { databaseUrl, env })
    await eventually(
      async () => {
        await sender.deliver(`${second.url}/soap/salesforce/outbound`)
        return sender.waiting === 0 && (await inStore(databaseUrl, store => store.countInbox())).waiting === 0
      },
      { withinMs: 60_000, everyMs: 200 },
    )

    await inStore(databaseUrl, async store => {
      const statuses = new Map<string, number>()
      const page = await store.selectedPeople({ type: 'everybody' }, { after: 0, limit: 2 * recordCount })
      for (const { status } of page.people)
        if (status?.status === 'unsubscribed') statuses.set(status.key, status.version)
      const expected = Array.from({ length: recordCount }, (_, index) => index).filter(opts)
      t.same([...statuses.keys()].sort(), expected.map(index => `reader${index}@example.org`).sort())
      t.same(new Set(statuses.values()), new Set([1]), 'each status changed once')
      t.equal(page.people.length, recordCount, 'and each record made one person')
    })
    t.same(second.errors(), [])
    await isVerified(t, databaseUrl, 'after the messages')
  })
}
