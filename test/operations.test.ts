// The dashboard and the alert rules ask for metrics that there are, by labels that they have; and every metric of ours
// is somewhere to be seen.
import t from 'tap'
import { parse } from 'yaml'
import { createMetrics } from '../src/http/metrics.js'
import { waitingWork } from '../src/observing.js'
import { openEngine } from '../src/store/engine.js'
import { openStore } from '../src/store/store.js'
import { onEachEngine } from './support/database.js'
import { projectText } from './support/project.js'
import { aNotification, contactId, orgId } from './support/salesforce-values.js'

const dashboard = JSON.parse(projectText('operations/grafana-dashboard.json') ?? '') as {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[]
}
const alerts = parse(projectText('operations/prometheus-alerts.yaml') ?? '') as {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[]
}
const panelQueries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
const queries = [...panelQueries, ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr))]
const text = await everythingCounted()
const metrics = new Set([...text.matchAll(/^([a-z_0-9]+)(?:\{| )/gm)].map(([, name]) => name!))
const labels = new Set([...text.matchAll(/[{,]([a-z_]+)="/g)].map(([, name]) => name!))

t.test('every query asks for metrics and labels that there are', async t => {
  t.ok(queries.length > 20)
  for (const query of queries) {
    const asked = query.match(/\b(?:durable_unsubscribe|process|nodejs)_\w+/g) ?? []
    t.ok(asked.length > 0, query)
    for (const name of asked) t.ok(metrics.has(name), name)
    const named = [...query.matchAll(/by \(([^)]*)\)|[{,]\s*(\w+)\s*[=!]/g)].flatMap(([, by, one]) =>
      (by ?? one ?? '').split(/\s*,\s*/),
    )
    for (const name of named) t.ok(labels.has(name), `${name} in ${query}`)
  }
})

t.test('every metric of ours is on the dashboard', async t => {
  const shown = panelQueries.join('\n')
  const families = [...text.matchAll(/^# TYPE (durable_unsubscribe_\w+) /gm)].map(([, name]) => name!)
  t.ok(families.length >= 14)
  t.same(
    families.filter(name => !shown.includes(name)),
    [],
  )
})

t.test('the panels have places of their own', async t => {
  const places = (dashboard.panels as unknown as { readonly gridPos: object }[]).map(panel =>
    JSON.stringify(panel.gridPos),
  )
  t.equal(new Set(places).size, places.length)
})

await onEachEngine(t, 'what waits is counted in the store', async (t, { url }) => {
  const store = openStore(url)
  await store.migrate()
  t.teardown(() => store.close())

  t.same(await waitingWork(store), {
    waiting: {
      ...{ jobs: 0, 'flow runs': 0, histories: 0, 'webhook deliveries': 0, 'dead webhook deliveries': 0 },
      ...{ 'Salesforce messages': 0, 'Salesforce writes': 0, 'dead Salesforce writes': 0 },
    },
    webhookLag: 0,
    webhookOldestMs: 0,
    salesforceInboxMs: 0,
  })

  const { writer, close } = openEngine(url)
  await writer('log_head').where({ id: 1 }).update({ seq: 5 })
  for (const [id, state, seq] of [
    [1, 'active', 4],
    [2, 'active', 2],
    [3, 'disabled', 0],
  ] as const) {
    const counts = { previous_until: 0, activity_id: 0, delivered: 0, created_at: 0, held_until: 0 }
    const texts = { url: '', description: '', filter: '{}', secret: '', created_by: '' }
    await writer('webhooks').insert({ id, state, seq, ...counts, ...texts })
  }
  for (const [changeId, state] of Object.entries({ a: 'waiting', b: 'waiting', c: 'dead' })) {
    const counts = { seq: 1, activity_id: 0, attempts: 1, stored_at: Date.now() - 3_600_000 }
    await writer('webhook_deliveries').insert({ webhook_id: 1, change_id: changeId, queue: 'q', state, ...counts })
  }
  const found = await waitingWork(store)
  t.match(found, { waiting: { 'webhook deliveries': 2, 'dead webhook deliveries': 1 }, webhookLag: 3 })
  t.ok(found.webhookOldestMs >= 3_600_000 && found.webhookOldestMs < 7_200_000, 'what was put aside an hour ago')

  const hash = '0'.repeat(64)
  const facts = { at: Date.now() - 7_200_000, kind: 'k', actor: 'a', source: 's' }
  const hashes = { detail_hash: hash, previous_hash: hash, hash }
  await writer('log').insert({ seq: 3, command_id: '0'.repeat(32), ...facts, ...hashes })
  t.ok((await waitingWork(store)).webhookOldestMs >= 7_200_000, 'what the hindmost has not looked at')
  await writer('webhooks').update({ state: 'paused' })
  t.equal((await waitingWork(store)).webhookOldestMs, 0, 'nobody waits for a webhook that was paused')

  const hourAgo = Date.now() - 3_600_000
  await store.receiveNotifications([aNotification(1)], hourAgo)
  await store.receiveNotifications([aNotification(2)], Date.now())
  const wish = { orgId, optedOut: true, cause: 'status-changed', statusVersion: 1 } as const
  await store.queueWrites(
    [1, 2, 3].map(number => ({ ...wish, recordId: contactId(number) })),
    hourAgo,
  )
  await writer('salesforce_outbox')
    .where({ record_id: contactId(3) })
    .update({ state: 'failed' })
  const waiting = await waitingWork(store)
  t.match(waiting, {
    waiting: { 'Salesforce messages': 2, 'Salesforce writes': 2, 'dead Salesforce writes': 1 },
  })
  t.ok(waiting.salesforceInboxMs >= 3_600_000, 'the first one counts')
  await close()
})

async function everythingCounted(): Promise<string> {
  const counted = createMetrics()
  counted.command('save-person', 'carried-out', 1)
  counted.batch(1, 1)
  counted.soapCall('syncLead', null, 1)
  counted.httpRequest('/v1/people', 'GET', 200)
  counted.webhookMessage('delivered')
  counted.unknownElement('leadRecrd')
  counted.watchQueue(() => 0)
  counted.watchBacklog(async () => ({ waiting: { jobs: 0 }, webhookLag: 0, webhookOldestMs: 0, salesforceInboxMs: 0 }))
  return (await counted.read()).text
}
