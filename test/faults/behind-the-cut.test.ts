// Subscribers that come back after what they missed was archived: the feed and a webhook each say so, skip nothing
// without a word, and go on where they are told.
import t from 'tap'
import { createSeal } from '../../src/service/access/seal.js'
import { drawSecret } from '../../src/service/webhooks/webhook-signature.js'
import { ada, aFolder, archiveOf, aStoreWithAPast, bob, oldDays, oldEntries } from '../support/archives.js'
import { withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import type { LegacyClient } from '../support/legacy-client.js'
import { startReceiver } from '../support/receiver.js'
import { startServerChild } from '../support/server-child.js'

const patience = { withinMs: 60_000 }

t.test('a reader and a webhook that were away for too long are told so, and lose nothing that is kept', async t => {
  const { url: databaseUrl } = await withDatabase(t, 'sqlite')
  const { store } = await aStoreWithAPast(t, databaseUrl)
  const receiver = await startReceiver(t)
  // Paused before it was told anything; an active one would have been waited for.
  await store.addWebhook({
    ...{
      url: receiver.url,
      description: '',
      position: { seq: 0, activityId: 0 },
      secret: createSeal(null).close(drawSecret()),
    },
    filter: { kinds: ['status-changed'], to: null, source: null },
    ...{ createdAt: Date.now(), createdBy: 'first-admin' },
  })
  await store.editWebhook(1, { state: 'paused' })
  await archiveOf(store, await aFolder(t))
  const { seq } = await store.cut()
  t.equal(seq, oldEntries)
  const server = await startServerChild(t, { databaseUrl, env: { WEBHOOK_NETWORKS: '127.0.0.1' } })
  const client = server.client()

  const oldTime = new Date(Date.now() - (oldDays + 1) * 24 * 3_600_000).toISOString()
  for (const after of ['4.2', oldTime]) {
    const { status, body } = await client.json('GET', `/v1/changes?after=${encodeURIComponent(after)}`)
    t.equal(status, 410, after)
    const [, oldest] = /go on with after=(\S+),/.exec(String(body.detail)) ?? []
    t.same(await changesAfter(client, oldest!), [`${bob} 1`], 'and it says where to go on')
  }
  t.same(await changesAfter(client, 'beginning'), [`${bob} 1`])
  const known = await client.json('GET', `/v1/addresses/${ada}`)
  t.match(known.body, { status: 'unsubscribed', version: 3 }, 'what is true of the others is known all the same')

  const webhook = async () => (await client.json('GET', '/v1/webhooks/1')).body
  const activate = () => client.json('PATCH', '/v1/webhooks/1', { state: 'active' })
  await activate()
  await eventually(async () => (await webhook()).state === 'disabled', { ...patience, what: 'a word about the gap' })
  t.match((await webhook()).stateReason, /^changes behind 0 were not sent in time: .*; activate it to go on$/)
  t.same(receiver.received, [], 'nothing is sent as if nothing were missing')

  await activate()
  await client.json('PUT', '/v1/addresses/eve@example.org/subscription', { status: 'unsubscribed', reason: 'a test' })
  await eventually(() => receiver.taken.length === 2, { ...patience, what: 'what is kept, and what is new' })
  t.same(
    receiver.taken.map(({ address, version }) => `${address} ${version}`),
    [`${bob} 1`, 'eve@example.org 1'],
  )
  t.equal((await webhook()).state, 'active')
  t.same(server.errors(), [])
})

async function changesAfter(client: LegacyClient, after: string): Promise<readonly string[]> {
  const { body } = await client.json('GET', `/v1/changes?after=${after}`)
  const changes = body.changes as readonly { readonly address: string; readonly version: number }[]
  return changes.map(({ address, version }) => `${address} ${version}`)
}
