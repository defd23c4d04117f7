// Where webhooks may go, and how long a receiver is put up with.
// It declares variables and reads no environment.

import { networks, type Variable, whole } from './reading.js'

export const webhooks = {
  webhookNetworks: {
    name: 'WEBHOOK_NETWORKS',
    description:
      'Networks that webhooks may go to although they are not public, and to which plain http:// is allowed, ' +
      'separated by commas: 10.1.2.0/24. Without it only https:// to public addresses.',
    read: networks,
  },
  webhookTimeoutMs: {
    name: 'WEBHOOK_TIMEOUT_MS',
    default: '15000',
    description: 'How long a receiver of a webhook may take to answer before it is tried again.',
    read: whole(15_000, 100, 120_000),
  },
  webhookGiveUpHours: {
    name: 'WEBHOOK_GIVE_UP_HOURS',
    default: '72',
    description:
      'After so long a change that one webhook could not deliver is put aside as dead, and a webhook that ' +
      'nothing gets through to is disabled.',
    read: whole(72, 1, 24 * 30),
  },
} satisfies Record<string, Variable<unknown>>
