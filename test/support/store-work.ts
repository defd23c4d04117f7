// The half of a store's life that goes on in the background: flows, jobs, webhooks, and the exchange with Salesforce,
// each from being taken to its end. It knows the verbs of the ports; what they must answer is said by other tests.
import { unseenRecord } from '../../src/domain/salesforce-record.js'
import type { Lease } from '../../src/service/flows/flows.js'
import { noProgress } from '../../src/service/jobs/jobs.js'
import type { Store } from '../../src/store/store.js'
import { aCause, aKey, anAddress, aPolicy } from './builders.js'

const holder = 'a'.repeat(32)
const other = 'b'.repeat(32)
const named = { type: 'named', replayKey: 'f'.repeat(64), requestHash: 'f'.repeat(64) } as const
const none = { type: 'none' } as const

export async function workThrough(store: Store, people: readonly number[], now: number): Promise<void> {
  const lease: Lease = { holder, until: now + 60_000 }
  await runFlows(store, people, now, lease)
  await takeJobs(store, now, lease)
  await deliver(store, now, lease)
  await exchange(store, now)
  await trace(store, now)
}

async function runFlows(store: Store, people: readonly number[], now: number, lease: Lease): Promise<void> {
  const steps = [{ field: 'Unsubscribed', value: 'true' }]
  const flow = (await store.addFlow({ name: 'Out', program: null, description: '', listId: null, steps }))!
  await store.flows()
  await store.flowById(flow.id)
  for (const program of [null, 'Fair']) await store.flowByName('Out', program)
  const run = {
    ...{ flowId: flow.id, listId: 0, ids: people, changes: { unsubscribed: true, fields: {} }, reason: 'r' },
    ...({ actor: 'crm', role: 'writer', runAt: now - 1_000, total: 3 } as const),
  }
  const ids = [await store.scheduleFlowRun(run, none), await store.scheduleFlowRun(run, named)] as number[]
  await store.scheduleFlowRun(run, named)
  const claimed = (await store.claimFlowRun(now, lease))!
  await store.advanceFlowRun(claimed.id, lease, { upTo: people[0]!, people: 1, changed: 1, refused: 0 })
  await store.flowRunById(claimed.id)
  await store.isFlowRunCancelled(claimed.id)
  await store.endFlowRun(claimed.id, holder, now)
  for (const id of ids) await store.cancelFlowRun(id, now)
  await store.deleteFlow(flow.id)
}

async function takeJobs(store: Store, now: number, lease: Lease): Promise<void> {
  const by = { cause: aCause(), policy: aPolicy() }
  const list = (await store.listByName('Fair.Visitors'))!
  const onto = { type: 'list', list, mode: 'upsert', clearsList: false, columns: [], flow: null, notes: [] } as const
  for (const replay of [none, named]) await store.takeJob({ plan: { ...onto, ...by }, rows: ['a', 'b'], replay })
  await store.lastImportInto(list.id)
  const target = { type: 'command', seq: 1, commandId: null } as const
  const undo = { type: 'undo', target, fromSeq: 0, toSeq: 1, isDryRun: true, notes: [], ...by } as const
  const bulk = (await store.openJob(undo, { ...named, replayKey: '1'.repeat(64) }, lease))!
  await store.jobByName({ ...named, replayKey: '1'.repeat(64) })
  await store.addJobRows(bulk.id, lease, [{ upTo: 1, content: 'ada@life.example' }])
  await store.jobsNaming('ada@life.example')
  await store.resumeJob(bulk.id, now, lease)
  await store.startJob(bulk.id, { holder, until: 0 }, named.requestHash)
  const dropped = (await store.openJob(undo, none, lease))!
  await store.discardJob(dropped.id, holder)
  await store.job(bulk.id)
  for (const below of [null, 1_000]) await store.jobs({ before: below, limit: 10 })
  const reports = [{ line: 1, type: 'failed', sentence: 'ada@life.example' }] as const
  for (const queue of ['lists', 'bulk'] as const) {
    const job = (await store.claimJob(now, lease, queue))!
    await store.jobRows(job.id, { after: 0, limit: 10 })
    await store.recordJob(job.id, lease, noProgress, reports)
    await store.jobReports(job.id, 0)
    await store.cancelJob(job.id, now)
    await store.endJob(job.id, holder, { state: 'cancelled', progress: noProgress, reports: [], at: now })
  }
  const [left] = await store.jobs({ before: null, limit: 1 })
  await store.claimJobById(left!.id, now, lease)
  await store.textsNaming(['ada@life.example'])
  await store.sweepJobs(now)
}

async function deliver(store: Store, now: number, lease: Lease): Promise<void> {
  const position = { seq: 0, activityId: 0 }
  const filter = { kinds: ['status-changed'], to: null, source: null } as const
  const given = { url: 'https://receiver.example', description: '', filter, secret: 'sealed', position }
  const hook = await store.addWebhook({ ...given, createdAt: now, createdBy: 'crm' })
  await store.webhooks()
  await store.webhookById(hook.id)
  await store.editWebhook(hook.id, { secret: 'new', previousSecret: 'sealed', previousUntil: now })
  await store.claimWebhook(now, { holder: other, until: now - 1 }, [])
  await store.claimWebhook(now, lease, [1_000])
  await store.holdWebhook(hook.id, lease)
  const queue = { queue: '2'.repeat(64), attempts: 1, failingSince: now, nextAt: now }
  const failed = { lastAt: now, lastError: 'refused' }
  const held = [1, 2, 3].map(n => ({
    ...{ changeId: String(n).repeat(64), queue: queue.queue, position, attempts: 1, storedAt: now },
    ...failed,
  }))
  const progress = { position: { seq: 1, activityId: 1 }, delivered: 2, held, queues: [queue] }
  for (const deliveredAt of [null, now])
    await store.advanceWebhook(hook.id, holder, {
      ...progress,
      deliveredAt,
      ...(deliveredAt && { held: [], queues: [] }),
    })
  await store.queues(hook.id)
  await store.countWaiting(hook.id)
  await store.countDeliveries(hook.id)
  await store.dueQueues(hook.id, now, 10)
  await store.waitingIn(hook.id, queue.queue, 10)
  for (const after of [null, { seq: 0, changeId: '1'.repeat(64) }])
    for (const state of ['waiting', 'dead'] as const) await store.deliveries(hook.id, state, { after, limit: 10 })
  await store.deferQueue(hook.id, queue, { changeId: held[0]!.changeId, ...failed })
  await store.dropDelivery(hook.id, held[0]!.changeId)
  for (const { changeId } of held.slice(1)) await store.buryDelivery(hook.id, queue.queue, { changeId, ...failed })
  for (const ids of [[held[1]!.changeId], null]) await store.replayDead(hook.id, ids, now, 10)
  await store.wakeQueues(hook.id, now)
  await store.closeQueue(hook.id, queue.queue, now)
  for (const { changeId } of held) await store.dropDelivery(hook.id, changeId)
  await store.closeQueue(hook.id, queue.queue, now)
  await store.letGoOfWebhook(hook.id, holder)
  // What an active one has still to tell is not archived.
  await store.editWebhook(hook.id, { state: 'paused' })
  await store.removeWebhook((await store.addWebhook({ ...given, createdAt: now, createdBy: 'crm' })).id)
}

async function exchange(store: Store, now: number): Promise<void> {
  const [orgId, recordId] = ['00D000000000001AAA', '003000000000001AAA']
  const notification = { orgId, recordId, objectType: 'Contact', fields: { Email: 'ada@life.example' } }
  const sent = ['1', '2', '3'].map(n => ({ ...notification, notificationId: `04l00000000000${n}AAA` }))
  await store.receiveNotifications(sent, now)
  const [first, second, third] = await store.waitingNotifications(now, 10)
  await store.postponeNotification(first!.id, 1, now)
  await store.endNotification(second!.id, 'echo', now)
  await store.countInbox()
  const address = anAddress('ada@life.example')
  const key = aKey('ada@life.example')
  const wish = { orgId, recordId, optedOut: true, cause: 'conflict', statusVersion: 1 } as const
  const conflict = {
    ...({ orgId, recordId, objectType: 'Contact', key, theirs: { optedOut: false, at: now } } as const),
    ...({ ours: { optedOut: true, version: 1, since: now }, precedence: 'or', resolution: 'waits' } as const),
  }
  const seen = { ...unseenRecord({ orgId, recordId }, 'Contact'), address, personId: 7 }
  const processed = { id: third!.id, outcome: 'conflict' } as const
  await store.settleSalesforceRecords([{ record: seen, wish, conflict, processed }], now)
  const settled = { record: { ...seen, version: 1 }, wish: null, conflict: null, processed: null }
  await store.settleSalesforceRecords([settled], now)
  await store.salesforceRecords([{ orgId, recordId }])
  const selections = [
    { type: 'address', key },
    { type: 'person', personId: 7 },
    { type: 'org', orgId },
  ] as const
  for (const selection of selections) {
    for (const after of [null, { orgId, recordId }])
      await store.selectedSalesforceRecords(selection, { after, limit: 10 })
  }
  for (const selection of [{}, { orgId }, { recordId }, { orgId, recordId }]) {
    for (const below of [null, 1_000]) await store.salesforceConflicts(selection, { before: below, limit: 10 })
  }
  await store.forgetSalesforceConflicts(now - 60_000, 10)
  await store.forgetSalesforceConflicts(now + 1, 10)
  await store.forgetNotifications(now + 1, 1)
  await store.queueWrites([{ ...wish, statusVersion: 2 }], now)
  const [write] = await store.dueWrites(now, 10)
  await store.recordAttempts([{ ...write!, attempts: 1, state: 'failed', lastError: 'refused' }])
  await store.failedWrites(10)
  await store.countOutbox()
  await store.removeWrites([write!])
  await store.holdSalesforceWork('outbox', holder, now + 60_000, now)
  await store.moveSalesforcePosition('outbox', holder, 3)
  await store.salesforcePosition('outbox')
  await store.releaseSalesforceWork('outbox', holder)
  for (const name of [null, '2026-11-20']) await store.askForSync({ isDryRun: true, askedBy: 'crm', name }, now)
  const next = (await store.nextSync())!
  await store.recordSync({ ...next, state: 'complete', endedAt: now })
  await store.salesforceSync(next.id)
  for (const below of [null, 1_000]) await store.salesforceSyncs({ before: below, limit: 10 })
}

async function trace(store: Store, now: number): Promise<void> {
  const bounds = { calls: 2, characters: 1_000 }
  const part = { headers: [], bytes: 3, text: 'abc' }
  const call = { at: now, requestId: 'r', isProven: true, target: 'POST /', operation: null, status: 200, fault: null }
  const calls = Array.from({ length: 3 }, () => ({ ...call, ms: 1, request: part, reply: part }))
  await store.putTrace({ caller: 'crm', startedAt: now, startedBy: 'admin', until: now + 60_000, callsMax: 2 })
  await store.traces()
  for (let times = 0; times < 2; times++) await store.addTracedCalls('crm', calls, bounds)
  const [kept] = await store.tracedCalls('crm', { before: null, limit: 2 })
  await store.tracedCalls('crm', { before: 1_000, limit: 2 })
  await store.tracedCall('crm', kept!.id)
  await store.forgetTraces(now - 60_000, 1)
  await store.dropTrace('crm')
}
