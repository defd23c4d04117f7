// Webhooks put together: what admins do with them, and the worker that delivers. Wires and decides nothing itself.

import { createHash } from 'node:crypto'
import type { Config } from './config.js'
import type { Logger } from './http/logger.js'
import { createOutgoing } from './http/outgoing.js'
import type { Opened } from './opening.js'
import { webhookPayload } from './rest/webhooks.js'
import type { ChangeFeed } from './service/changes/change-feed.js'
import type { Change } from './service/changes/changes.js'
import { WebhookWorker } from './service/webhooks/webhook-worker.js'
import { Webhooks } from './service/webhooks/webhooks.js'

export interface WebhookWork {
  readonly webhooks: Webhooks
  start(): void
  stop(): Promise<void>
}

export function webhookWork(
  { store, seal, hashAddress }: Opened,
  changes: ChangeFeed,
  config: Config,
  logger: Logger,
): WebhookWork {
  const outgoing = createOutgoing({ allowed: config.webhookNetworks, timeoutMs: config.webhookTimeoutMs })
  const messenger = { post: outgoing.post, seal, now: Date.now, present: webhookPayload }
  // What waits is kept under a hash, so that no table of ours holds an address that was erased elsewhere.
  const queueOf = (change: Change): string =>
    change.type === 'status-changed'
      ? hashAddress(change.key)
      : createHash('sha256').update(`person ${change.personId}`).digest('hex')
  const worker = new WebhookWorker({
    ...{ store, changes, messenger, queueOf },
    giveUpMs: config.webhookGiveUpHours * 3_600_000,
    onDisabled: ({ id }, reason) => logger.warn({ webhook: id, reason }, 'a webhook was disabled'),
    onDead: ({ id }, changeId) => logger.warn({ webhook: id, changeId }, 'a change was given up for a webhook'),
    onDefect: cause => logger.error({ err: cause }, 'a webhook could not go on'),
  })
  const { refusedTarget } = outgoing
  const webhooks = new Webhooks({ store, changes, messenger, refusedTarget, nudge: () => worker.nudge() })
  return {
    webhooks,
    start: () => worker.start(),
    async stop() {
      await worker.stop()
      outgoing.close()
    },
  }
}
