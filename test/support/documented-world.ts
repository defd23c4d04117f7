// The world in which the examples of the routes work: a real server over an embedded store that holds what they name.
// Whoever documents a request about something that must exist already puts it there.
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Config, readConfig } from '../../src/config.js'
import type { Role } from '../../src/domain/command.js'
import { open } from '../../src/opening.js'
import { serve } from '../../src/serve.js'
import { planUndo } from '../../src/service/jobs/undo.js'
import { drawSecret } from '../../src/service/webhooks/webhook-signature.js'
import { GroupCommit } from '../../src/service/writes/group-commit.js'
import { aSave, aSubmission, aSubscription } from './builders.js'

const keys: Readonly<Record<Role, string>> = { reader: 'reader-key', writer: 'writer-key', admin: 'admin-key' }

export interface World {
  readonly url: string
  readonly keys: Readonly<Record<Role, string>>
}

export interface Worlds {
  /** A world of its own, as it was prepared. It ends when `close` is called, or with the test. */
  start(): Promise<World & { close(): Promise<void> }>
}

export async function prepareWorlds(t: Test): Promise<Worlds> {
  const folder = await mkdtemp(join(tmpdir(), 'documented-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const template = join(folder, 'template')
  await prepare(configOf(template))
  let count = 0
  return {
    async start() {
      const copy = join(folder, String(++count))
      // The journal was emptied when the store was closed; it goes when the last connection is collected, some day.
      await cp(template, copy, { recursive: true, filter: path => !/-(?:wal|shm)$/.test(path) })
      const server = await serve(configOf(copy))
      let closing: Promise<void> | null = null
      const close = (): Promise<void> => (closing ??= server.close())
      t.teardown(close)
      return { url: server.url, keys, close }
    },
  }
}

const configOf = (folder: string): Config =>
  readConfig({
    ...{ PUBLIC_URL: 'https://example.org', DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'silent' },
    // Where nobody listens.
    SALESFORCE_LOGIN_URL: 'http://127.0.0.1:1',
    ...{ SALESFORCE_CLIENT_ID: 'a', SALESFORCE_CLIENT_SECRET: 'b' },
  })

async function prepare(config: Config): Promise<void> {
  const { store, credentials, seal, hashAddress } = await open(config)
  try {
    for (const [role, key] of Object.entries(keys) as [Role, string][])
      await credentials.addApi(`the ${role}`, role, key)
    await credentials.addSoap('the old sync', 'writer')
    await credentials.addSoap('the traced one', 'writer')
    const trace = { startedBy: 'the admin', startedAt: Date.now(), until: Date.now(), callsMax: 10 }
    await store.putTrace({ caller: 'the traced one', ...trace })
    // Its id is 1.
    const part = { headers: [], bytes: 9, text: '<a>[text 2]</a>' }
    const call = { at: Date.now(), requestId: 'r-1', isProven: true, target: 'POST /soap/mktows/3_1', ms: 1.5 }
    const answer = { operation: 'getLead', status: 200, fault: null, request: part, reply: part }
    await store.addTracedCalls('the traced one', [{ ...call, ...answer }], { calls: 10, characters: 10_000 })
    const events = { batch() {}, command() {}, retry() {}, defect() {} }
    const writes = new GroupCommit(store, { hashAddress, events })
    const commands = [
      // Drawn ids start here: Ada is 1000000001, Bob 1000000002.
      aSave({ address: 'ada@example.org', fields: { FirstName: 'Ada' } }),
      aSave({ address: 'bob@example.org', fields: { FirstName: 'Bob' } }),
      aSubscription('unsubscribed', 'ada@example.org'),
    ]
    for (const command of commands) await writes.submit(aSubmission({ command }))

    const list = (await store.addList('Visitors', 'Fair'))!
    const joining = { type: 'change-list', list, people: [1_000_000_002], isMember: true, strict: true } as const
    await writes.submit(aSubmission({ command: joining }))
    const steps = [
      { field: 'Unsubscribed', value: 'true' },
      { field: 'UnsubscribedReason', value: '{{my.reason}}' },
    ]
    const named = { name: 'Opt out', program: null, description: '', listId: list.id }
    const flow = (await store.addFlow({ ...named, steps }))!
    // Run 1, of a time that no test sees.
    const changes = { unsubscribed: true, fields: {} }
    const by = { reason: 'planned', actor: 'the writer', role: 'writer', runAt: Date.UTC(2099, 0, 1) } as const
    await store.scheduleFlowRun({ flowId: flow.id, listId: list.id, changes, total: 1, ...by }, { type: 'none' })
    // Its id is 1. Paused, and to where nothing may be sent: an example must not call anybody.
    await store.addWebhook({
      ...{ url: 'https://127.0.0.1/changes', description: '', position: { seq: 0, activityId: 0 } },
      filter: { kinds: ['status-changed'], to: null, source: null },
      ...{ secret: seal.close(drawSecret()), createdAt: Date.now(), createdBy: 'the admin' },
    })
    await store.editWebhook(1, { state: 'paused' })
    // Its id is 1.
    const compared = await store.askForSync({ isDryRun: false, askedBy: 'schedule', name: '2026-03-01' }, Date.now())
    await store.recordSync({ ...compared, state: 'complete', startedAt: compared.askedAt, endedAt: Date.now() })
    const undo = { isDryRun: true, command: '3', by: { actor: 'the admin', role: 'admin' } } as const
    const planned = await planUndo(store, undo)
    if (planned.type === 'plan') await store.takeJob({ plan: planned.plan, rows: [], replay: { type: 'none' } })
  } finally {
    await store.close()
  }
}
