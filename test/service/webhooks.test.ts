// Webhooks against receivers that behave, and against those that do not: nothing is lost, nobody's changes overtake
// each other, and one that fails holds up nobody else.
import t from 'tap'
import { withDatabase } from '../support/database.js'
import { eventually } from '../support/eventually.js'
import { outOfOrder, startReceiver } from '../support/receiver.js'
import { aWebhookScene, type WebhookSceneOptions } from '../support/webhook-scene.js'

const patient = { withinMs: 60_000 } as const
const some = ['a', 'b', 'c', 'd', 'e', 'f']

async function aScene(t: Parameters<typeof aWebhookScene>[0], options: Omit<WebhookSceneOptions, 'url'> = {}) {
  return aWebhookScene(t, { url: (await withDatabase(t, 'sqlite')).url, ...options })
}

t.test('every change arrives, signed so that the public library accepts it', async t => {
  const receiver = await startReceiver(t)
  const scene = await aScene(t)
  const { id, secret } = await scene.subscribe(receiver.url)

  await scene.change(some, 3)

  await eventually(() => receiver.taken.length >= 18, patient)
  t.same(outOfOrder(receiver.taken), [])
  t.equal(new Set(receiver.taken.map(message => message.id)).size, 18)
  receiver.verify(secret)
  t.throws(() => receiver.verify('whsec_AAAA'), 'and with no other secret')
  t.match(JSON.parse(receiver.taken[0]!.body), {
    ...{ type: 'status-changed', timestamp: /Z$/ },
    data: { address: 'a@example.org', from: 'subscribed', to: 'unsubscribed', version: 1, actor: 'crm' },
  })
  await eventually(async () => (await scene.webhooks.find(id))?.webhook.delivered === 18, patient)
  t.same(scene.defects, [])
})

t.test('a change that fails holds back the later ones of its address only, until it arrives', async t => {
  const receiver = await startReceiver(t)
  const scene = await aScene(t)
  let isFailing = true
  receiver.answer(({ address }) => (isFailing && address === 'c@example.org' ? 500 : 200))
  const { id } = await scene.subscribe(receiver.url)

  await scene.change(some, 3)
  await eventually(() => receiver.taken.length >= 15, patient)
  await eventually(async () => (await scene.webhooks.find(id))?.deliveries.waiting === 3, patient)
  t.same(
    receiver.received.filter(({ address, version }) => address === 'c@example.org' && version !== 1),
    [],
    'what comes after it was not even tried',
  )
  const [first] = await scene.webhooks.deliveries(id, 'waiting', { after: null, limit: 10 })
  t.match(first, { delivery: { lastError: 'answered 500' }, change: { key: 'c@example.org', version: 1 } })

  isFailing = false
  await eventually(() => receiver.taken.length >= 18, patient)
  t.same(outOfOrder(receiver.taken), [])
  // Opted out already, so only the second of them is a change.
  await scene.change(['c'], 2)
  await eventually(() => receiver.taken.length >= 19, patient)
  t.same(outOfOrder(receiver.taken), [], 'and what comes now comes at once')
  await eventually(async () => (await scene.webhooks.find(id))?.deliveries.waiting === 0, patient)
})

for (const how of ['cut', 'never', 301, 'redirect'] as const) {
  t.test(`a receiver that answers a change with ${how} gets it again`, async t => {
    const receiver = await startReceiver(t)
    const elsewhere = await startReceiver(t)
    const scene = await aScene(t, { timeoutMs: 1_000 })
    const seen = new Set<string>()
    receiver.answer(({ id }) => {
      if (seen.has(id)) return 200
      seen.add(id)
      return how === 'redirect' ? { redirectTo: elsewhere.url } : how
    })
    await scene.subscribe(receiver.url)

    await scene.change(['a', 'b'], 2)

    await eventually(() => receiver.taken.length >= 4, patient)
    t.same(outOfOrder(receiver.taken), [])
    t.equal(elsewhere.received.length, 0, 'no redirect is followed')
  })
}

t.test('a change that fails for too long is dead, its address goes on, and it can be replayed', async t => {
  const receiver = await startReceiver(t)
  const scene = await aScene(t, { speed: 200, giveUpMs: 60_000 })
  let isPoison = true
  receiver.answer(({ address, version }) => (isPoison && address === 'b@example.org' && version === 1 ? 400 : 200))
  const { id } = await scene.subscribe(receiver.url)

  await scene.change(['a', 'b'], 2)
  await eventually(async () => (await scene.webhooks.find(id))?.deliveries.dead === 1, patient)
  await eventually(() => receiver.taken.length >= 3, patient)
  const [dead] = await scene.webhooks.deliveries(id, 'dead', { after: null, limit: 10 })
  t.match(dead, { delivery: { lastError: 'answered 400' }, change: { key: 'b@example.org', version: 1 } })
  t.ok(dead!.delivery.attempts > 1)

  isPoison = false
  t.equal(await scene.webhooks.replay(id, null), 1)
  await eventually(() => receiver.taken.length >= 4, patient)
  t.match(receiver.taken.at(-1), { address: 'b@example.org', version: 1 })
  await eventually(async () => {
    const { waiting, dead } = (await scene.webhooks.find(id))!.deliveries
    return waiting === 0 && dead === 0
  }, patient)
})

t.test('a receiver at which nothing gets through is probed, not flooded, and nothing dies meanwhile', async t => {
  const receiver = await startReceiver(t)
  const scene = await aScene(t, { speed: 20 })
  receiver.answer(() => 503)
  const names = Array.from({ length: 60 }, (_, index) => `person${index}`)
  const { id } = await scene.subscribe(receiver.url)

  await scene.change(names)
  await eventually(async () => (await scene.webhooks.find(id))?.webhook.failingSince, patient)
  const { webhook, deliveries } = (await scene.webhooks.find(id))!
  t.match(webhook, { state: 'active', lastError: 'answered 503' })
  t.ok(deliveries.waiting < 20, `${deliveries.waiting} are stored: the log keeps the rest`)

  receiver.answer(() => 200)
  await eventually(() => receiver.taken.length >= 60, patient)
  t.equal(new Set(receiver.taken.map(message => message.id)).size, 60)
  await eventually(async () => (await scene.webhooks.find(id))?.webhook.failingSince === null, patient)
})

t.test('a webhook that nothing gets through to for too long is disabled; an admin sets it going again', async t => {
  const receiver = await startReceiver(t)
  const scene = await aScene(t, { speed: 200, giveUpMs: 60_000 })
  receiver.answer(() => 503)
  const { id } = await scene.subscribe(receiver.url)

  await scene.change(some)
  await eventually(async () => (await scene.webhooks.find(id))?.webhook.state === 'disabled', patient)
  t.match((await scene.webhooks.find(id))!.webhook.stateReason, /nothing got through since .*answered 503/)

  receiver.answer(() => 200)
  await scene.webhooks.change(id, { state: 'active' })
  await eventually(() => new Set(receiver.taken.map(message => message.id)).size >= 6, patient)
  t.match((await scene.webhooks.find(id))!.webhook, { state: 'active', stateReason: null })
})

t.test('a receiver that is gone (410) gets nothing more, and nothing is lost', async t => {
  const receiver = await startReceiver(t)
  const scene = await aScene(t)
  receiver.answer(() => 410)
  const { id } = await scene.subscribe(receiver.url)

  await scene.change(['a'])
  await eventually(async () => (await scene.webhooks.find(id))?.webhook.state === 'disabled', patient)
  await scene.change(['b'])
  receiver.answer(() => 200)
  await scene.webhooks.change(id, { state: 'active' })

  await eventually(() => receiver.taken.length >= 2, patient)
  t.same(
    receiver.taken.map(({ address }) => address),
    ['a@example.org', 'b@example.org'],
  )
})

t.test('a paused webhook rests, a changed filter holds for what comes, a removed one is forgotten', async t => {
  const receiver = await startReceiver(t)
  const scene = await aScene(t)
  const { id } = await scene.subscribe(receiver.url, { to: 'subscribed' })

  await scene.change(['a'], 2)
  await eventually(() => receiver.taken.length >= 1, patient)
  await scene.webhooks.change(id, { state: 'paused' })
  await eventually(async () => (await scene.store.webhookById(id))?.position.seq === 2, patient)
  await scene.change(['b'], 2)
  await scene.webhooks.change(id, { state: 'active', filter: { kinds: ['status-changed'], to: null, source: null } })

  await eventually(() => receiver.taken.length >= 3, patient)
  t.same(
    receiver.taken.map(({ address, version }) => `${address} ${version}`),
    ['a@example.org 2', 'b@example.org 1', 'b@example.org 2'],
  )
  t.equal(await scene.webhooks.remove(id), true)
  t.equal(await scene.webhooks.remove(id), false)
})

t.test('a new secret and the one before it both sign for a while', async t => {
  const receiver = await startReceiver(t)
  const scene = await aScene(t)
  const { id, secret } = await scene.subscribe(receiver.url)

  const rotated = await scene.webhooks.rotateSecret(id)
  t.match(await scene.webhooks.ping(id, new AbortController().signal), { type: 'delivered', status: 204 })

  t.not(rotated, secret)
  receiver.verify(secret)
  receiver.verify(rotated!)
  t.equal(receiver.received[0]!.type, 'ping')
})
