// Webhooks over the maps in memory, as far as administering them goes; delivering is tested over real stores.

import { createSeal } from '../../src/service/access/seal.js'
import type { ChangeFeed } from '../../src/service/changes/change-feed.js'
import type { Delivery, DeliveryState, Webhook, WebhookStore } from '../../src/service/webhooks/webhook-ports.js'
import { Webhooks } from '../../src/service/webhooks/webhooks.js'

type Kept = Delivery & { readonly state: DeliveryState }

export function memoryWebhooks(): WebhookStore {
  const webhooks = new Map<number, Webhook>()
  const deliveries = new Map<number, Kept[]>()
  let lastId = 0
  return {
    async addWebhook(given) {
      const none = {
        stateReason: null,
        previousSecret: null,
        lastDeliveredAt: null,
        failingSince: null,
        lastError: null,
      }
      const webhook: Webhook = { ...given, ...none, id: ++lastId, state: 'active', previousUntil: 0, delivered: 0 }
      webhooks.set(webhook.id, webhook)
      return webhook
    },
    webhooks: async () => [...webhooks.values()],
    webhookById: async id => webhooks.get(id),
    async editWebhook(id, edit) {
      const webhook = webhooks.get(id)
      if (webhook !== undefined) webhooks.set(id, { ...webhook, ...edit })
      return webhook !== undefined
    },
    removeWebhook: async id => webhooks.delete(id),
    deliveries: async (id, state) => (deliveries.get(id) ?? []).filter(delivery => delivery.state === state),
    countDeliveries: async () => ({ waiting: 0, dead: 0 }),
    replayDead: async () => 0,
    wakeQueues: async () => {},
  }
}

/** Webhooks that every target is good for, and every receiver answers. */
export function someWebhooks(changes: ChangeFeed): Webhooks {
  const messenger = {
    post: async () => ({ status: 200 }),
    seal: createSeal(null),
    now: Date.now,
    present: (change: unknown) => change,
  }
  return new Webhooks({ store: memoryWebhooks(), changes, messenger, refusedTarget: async () => null, nudge() {} })
}
