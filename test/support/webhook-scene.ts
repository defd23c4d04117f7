// Webhooks delivered for real over a store of any kind, with time running fast where a test wants it: the worker, the
// feed and the admin's verbs of one process.
import type { Test } from 'tap'
import { readNetworks } from '../../src/http/networks.js'
import { createOutgoing } from '../../src/http/outgoing.js'
import { webhookPayload } from '../../src/rest/webhooks.js'
import { createSeal } from '../../src/service/access/seal.js'
import { ChangeFeed } from '../../src/service/changes/change-feed.js'
import type { Change } from '../../src/service/changes/changes.js'
import type { WebhookFilter } from '../../src/service/webhooks/webhook-ports.js'
import { WebhookWorker } from '../../src/service/webhooks/webhook-worker.js'
import { Webhooks } from '../../src/service/webhooks/webhooks.js'
import { openStore, type Store } from '../../src/store/store.js'
import { aHashAddress, aSubmission, aSubscription } from './builders.js'
import { aGroupCommit } from './group-commits.js'

export interface WebhookScene {
  readonly store: Store
  readonly webhooks: Webhooks
  readonly worker: WebhookWorker
  readonly defects: unknown[]
  /** Opts addresses out and in again, so that each gets so many versions. */
  change(names: readonly string[], versions?: number): Promise<void>
  /** A webhook from the beginning of the log on; its id and secret. */
  subscribe(url: string, filter?: Partial<WebhookFilter>): Promise<{ readonly id: number; readonly secret: string }>
}

export interface WebhookSceneOptions {
  readonly url: string
  readonly timeoutMs?: number
  readonly giveUpMs?: number
  /** How much faster than real time its clock runs. */
  readonly speed?: number
  readonly networks?: readonly string[]
}

export async function aWebhookScene(t: Test, options: WebhookSceneOptions): Promise<WebhookScene> {
  const { url, timeoutMs = 20_000, giveUpMs = 3_600_000, speed = 1, networks = ['127.0.0.1'] } = options
  const store = openStore(url)
  await store.migrate()
  const changes = new ChangeFeed(store, cause => void defects.push(cause))
  const defects: unknown[] = []
  const outgoing = createOutgoing({ allowed: readNetworks(networks).networks, timeoutMs })
  const startedAt = Date.now()
  const now = (): number => startedAt + (Date.now() - startedAt) * speed
  const messenger = { post: outgoing.post, seal: createSeal(null), now, present: webhookPayload }
  const queueOf = (change: Change): string =>
    change.type === 'status-changed' ? aHashAddress(change.key) : `person ${change.personId}`
  const worker = new WebhookWorker({
    ...{ store, changes, messenger, queueOf, giveUpMs },
    // Of the fast clock as well.
    leaseMs: 15_000 * speed,
    onDisabled() {},
    onDead() {},
    onDefect: cause => void defects.push(cause),
  })
  const { refusedTarget } = outgoing
  const webhooks = new Webhooks({ store, changes, messenger, refusedTarget, nudge: () => worker.nudge() })
  const { writes } = aGroupCommit(store)
  worker.start()
  t.teardown(async () => {
    changes.release()
    await worker.stop()
    outgoing.close()
    await store.close()
  })
  return {
    ...{ store, webhooks, worker, defects },
    async change(names, versions = 1) {
      for (let version = 1; version <= versions; version++) {
        const to = version % 2 === 1 ? 'unsubscribed' : 'subscribed'
        const commands = names.map(name => aSubmission({ command: aSubscription(to, `${name}@example.org`) }))
        await writes.submitAll(commands)
      }
      changes.nudge()
    },
    async subscribe(target, filter = {}) {
      const whole: WebhookFilter = { kinds: ['status-changed'], to: null, source: null, ...filter }
      const given = { url: target, description: '', filter: whole, from: 'beginning', actor: 'the admin' } as const
      const made = await webhooks.add(given)
      if (made.type !== 'made') throw new Error(`refused: ${JSON.stringify(made)}`)
      return { id: made.view.webhook.id, secret: made.secret }
    },
  }
}
