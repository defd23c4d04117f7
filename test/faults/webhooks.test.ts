// Webhooks while processes die: what a receiver was not told, it is told by the next process; what it was told already
// may come again, but never behind something newer of the same address.
import t, { type Test } from 'tap'
import { onEachEngine, withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { outOfOrder, type Receiver, startReceiver } from '../support/receiver.js'
import { requires } from '../support/requirements.js'
import { type ServerChild, startServerChild } from '../support/server-child.js'
import { isVerified } from '../support/store-inspection.js'

// A lease of the dead process has to end first, on a machine that may be busy.
const delivered = { withinMs: 100_000, what: 'every change at the receiver' }
const addresses = ['a', 'b', 'c', 'd', 'e'].map(name => `${name}@example.org`)
const versions = 6

onEachEngine(
  t,
  'scenario 26: after a kill in the middle of deliveries each change arrives, in order for each address',
  async (t, { url: databaseUrl }) => {
    const receiver = await startReceiver(t)
    const server = await startServer(t, databaseUrl)
    await subscribe(server, receiver)
    // Some fail, and one is never answered: that is the moment of the kill.
    let count = 0
    receiver.answer(() => {
      count++
      if (count === 8) return 'never'
      return count % 5 === 0 ? 503 : 204
    })

    await changeAll(server, 1, versions / 2)
    await eventually(() => receiver.received.length >= 8, delivered)
    await server.kill()
    receiver.answer(() => (count++ % 7 === 0 ? 500 : 204))
    const next = await startServer(t, databaseUrl)
    await changeAll(next, versions / 2 + 1, versions)

    await eventually(() => distinct(receiver) === addresses.length * versions, delivered)
    t.same(outOfOrder(receiver.taken), [])
    t.same(next.errors(), [])
    await isVerified(t, databaseUrl, 'after all deliveries')
  },
)

t.test('two servers share a webhook: nothing is missed, and nothing overtakes', async t => {
  if (!requires(t, 'mysql')) return
  const { url: databaseUrl } = await withDatabase(t, 'mysql')
  const receiver = await startReceiver(t)
  const first = await startServer(t, databaseUrl)
  const second = await startServer(t, databaseUrl)
  await subscribe(first, receiver)

  for (let version = 1; version <= versions; version++) await changeAll(version % 2 ? first : second, version, version)

  await eventually(() => distinct(receiver) === addresses.length * versions, delivered)
  t.same(outOfOrder(receiver.taken), [])
  t.same([...first.errors(), ...second.errors()], [])
})

function startServer(t: Test, databaseUrl: string): Promise<ServerChild> {
  return startServerChild(t, { databaseUrl, env: { WEBHOOK_NETWORKS: '127.0.0.1', JSON_RESUBSCRIBE: 'compatible' } })
}

async function subscribe(server: ServerChild, { url }: Receiver): Promise<void> {
  const { status } = await server.client().json('POST', '/v1/webhooks', { url, filter: { kinds: ['status-changed'] } })
  if (status !== 201) throw new Error(`the webhook was answered ${status}`)
}

/** Odd versions opt out, even ones back in. */
async function changeAll(server: ServerChild, from: number, to: number): Promise<void> {
  const client = server.client()
  for (let version = from; version <= to; version++) {
    for (const address of addresses) {
      const status = version % 2 ? 'unsubscribed' : 'subscribed'
      const answer = await client.json('PUT', `/v1/addresses/${address}/subscription`, { status, reason: 'a test' })
      if (answer.status !== 200) throw new Error(`${address}: ${JSON.stringify(answer)}`)
    }
  }
}

const distinct = (receiver: Receiver): number => new Set(receiver.taken.map(({ id }) => id)).size
