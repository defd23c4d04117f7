// Webhooks put together: what admins do with them, and the worker that delivers. Wires and decides nothing itself.

import { createHash } from 'node:crypto'
import type { Config } from './config.js'
import type { Logger } from './http/logger.js'
import { createOutgoing } from './http/outgoing.js'
import type { Opened } from './opening.js'
import { webhookPayload } from './rest/webhooks.js'
import type { ChangeFeed } from './service/changes/change-feed.js'
import type { Change } from './service/changes/changes.js'
import type { Messenger, Post } from './service/webhooks/webhook-message.js'
import { WebhookWorker } from './service/webhooks/webhook-worker.js'
import { Webhooks } from './service/webhooks/webhooks.js'

export interface WebhookWork {
  readonly webhooks: Webhooks
  start(): void
  stop(): Promise<void>
}

export interface WebhookMetrics {
  /** One message that was sent, by what came of it. */
  webhookMessage(result: 'delivered' | 'refused' | 'unanswered'): void
}

/** What admins do, without anybody who delivers in this process. */
export function webhooksOf(
  { store, seal }: Pick<Opened, 'store' | 'seal'>,
  changes: ChangeFeed,
  config: Pick<Config, 'webhookNetworks' | 'webhookTimeoutMs'>,
  nudge: () => void,
) {
  const outgoing = createOutgoing({ allowed: config.webhookNetworks, timeoutMs: config.webhookTimeoutMs })
  const messenger: Messenger = { post: outgoing.post, seal, now: Date.now, present: webhookPayload }
  const { refusedTarget } = outgoing
  const webhooks = new Webhooks({ store, changes, messenger, refusedTarget, nudge })
  return { webhooks, messenger, close: () => outgoing.close() }
}

export function webhookWork(
  opened: Opened,
  changes: ChangeFeed,
  config: Config,
  logger: Logger,
  metrics: WebhookMetrics,
): WebhookWork {
  const { store, hashAddress } = opened
  const { webhooks, messenger, close } = webhooksOf(opened, changes, config, () => worker.nudge())
  // What waits is kept under a hash, so that no table of ours holds an address that was erased elsewhere.
  const queueOf = (change: Change): string =>
    change.type === 'status-changed'
      ? hashAddress(change.key)
      : createHash('sha256').update(`person ${change.personId}`).digest('hex')
  const worker = new WebhookWorker({
    ...{ store, changes, queueOf, messenger: { ...messenger, post: counted(messenger.post, metrics) } },
    giveUpMs: config.webhookGiveUpHours * 3_600_000,
    onDisabled: ({ id }, reason) => logger.warn({ webhook: id, reason }, 'a webhook was disabled'),
    onDead: ({ id }, changeId) => logger.warn({ webhook: id, changeId }, 'a change was given up for a webhook'),
    onDefect: cause => logger.error({ err: cause }, 'a webhook could not go on'),
  })
  return {
    webhooks,
    start: () => worker.start(),
    async stop() {
      await worker.stop()
      close()
    },
  }
}

function counted(post: Post, metrics: WebhookMetrics): Post {
  return async (request, signal) => {
    try {
      const answer = await post(request, signal)
      metrics.webhookMessage(answer.status >= 200 && answer.status < 300 ? 'delivered' : 'refused')
      return answer
    } catch (cause) {
      // What the end of this process cut short says nothing of the receiver.
      if (!signal.aborted) metrics.webhookMessage('unanswered')
      throw cause
    }
  }
}
