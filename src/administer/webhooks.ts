// What the command line does about webhooks: the same as the JSON face lets admins do. A running server delivers, and
// sees within a second what was changed here. Prints plain lines for people, and sets the exit code.

import { userInfo } from 'node:os'
import type { Config } from '../config.js'
import { OperatorError } from '../operator-error.js'
import { ChangeFeed } from '../service/changes/change-feed.js'
import { type ChangeKind, changeKinds } from '../service/changes/changes.js'
import type { DeliveryState, WebhookFilter } from '../service/webhooks/webhook-ports.js'
import { secretOverlapMs, type Webhooks, type WebhookView, webhooksMax } from '../service/webhooks/webhooks.js'
import { webhooksOf } from '../webhook-work.js'
import { print, refuse, withStore } from './store-work.js'

const urlLengthMax = 2_000
const descriptionLengthMax = 500
const deliveriesAtOnce = 500

export interface WebhookFilterOptions {
  readonly kind?: readonly string[]
  readonly status?: 'subscribed' | 'unsubscribed'
  readonly source?: string
}

export interface WebhookOptions extends WebhookFilterOptions {
  readonly url?: string
  readonly description?: string
  readonly fromBeginning?: boolean
  readonly state?: 'active' | 'paused'
}

export interface DeliveriesOptions {
  readonly state: DeliveryState
}

export async function listWebhooks(config: Config): Promise<void> {
  await withWebhooks(config, async webhooks => {
    for (const { webhook, deliveries } of await webhooks.list()) {
      const { id, state, delivered, url } = webhook
      const counts = `${delivered} delivered, ${deliveries.waiting} waiting, ${deliveries.dead} dead`
      print([id, state.padEnd(8), counts, url].join('  '))
    }
  })
}

export async function addWebhook(config: Config, url: string, options: WebhookOptions): Promise<void> {
  const { description = '', fromBeginning = false } = options
  refuseLong(url, description)
  const filter = filterOf(options) ?? { kinds: ['status-changed'], to: null, source: null }
  await withWebhooks(config, async webhooks => {
    const from = fromBeginning ? 'beginning' : 'now'
    const actor = `command line (${userInfo().username})`.slice(0, 255)
    const made = await webhooks.add({ url, description: description.trim(), filter, from, actor })
    if (made.type === 'target-refused') return refuse(`webhooks: ${made.problem}`)
    if (made.type === 'too-many') return refuse(`webhooks: there are ${webhooksMax} already, the most there can be`)
    print(`added ${made.view.webhook.id}`)
    print(`secret (shown this once): ${made.secret}`)
  })
}

export async function showWebhook(config: Config, number: string): Promise<void> {
  const id = numberOf(number)
  await withWebhooks(config, async webhooks => {
    const view = await webhooks.find(id)
    if (view === undefined) return nothingThere(id)
    for (const [name, value] of factsOf(view)) if (value !== null) print(`${name.padEnd(16)}${value}`)
  })
}

export async function changeWebhook(config: Config, number: string, options: WebhookOptions): Promise<void> {
  const id = numberOf(number)
  const { url, description, state } = options
  refuseLong(url ?? '', description ?? '')
  const filter = filterOf(options)
  const edit = {
    ...(url === undefined ? {} : { url }),
    ...(description === undefined ? {} : { description: description.trim() }),
    ...(filter === null ? {} : { filter }),
    ...(state === undefined ? {} : { state }),
  }
  if (Object.keys(edit).length === 0) throw new OperatorError('webhooks: expected something to change; see --help')
  await withWebhooks(config, async webhooks => {
    const changed = await webhooks.change(id, edit)
    if (changed.type === 'not-found') return nothingThere(id)
    if (changed.type === 'target-refused') return refuse(`webhooks: ${changed.problem}`)
    print(`webhook ${id} is ${changed.view.webhook.state}`)
  })
}

export async function rotateSecret(config: Config, number: string): Promise<void> {
  const id = numberOf(number)
  await withWebhooks(config, async webhooks => {
    const secret = await webhooks.rotateSecret(id)
    if (secret === undefined) return nothingThere(id)
    print(`secret (shown this once): ${secret}`)
    print(`the one before signs along for ${secretOverlapMs / 3_600_000} hours`)
  })
}

export async function pingWebhook(config: Config, number: string): Promise<void> {
  const id = numberOf(number)
  await withWebhooks(config, async webhooks => {
    const attempt = await webhooks.ping(id, new AbortController().signal)
    if (attempt === undefined) return nothingThere(id)
    if (attempt.type === 'delivered') print(`the receiver answered ${attempt.status}`)
    else refuse(`the receiver did not take it: ${attempt.error}`)
  })
}

export async function listDeliveries(config: Config, number: string, { state }: DeliveriesOptions): Promise<void> {
  const id = numberOf(number)
  await withWebhooks(config, async webhooks => {
    if ((await webhooks.find(id)) === undefined) return nothingThere(id)
    for (let after: Parameters<Webhooks['deliveries']>[2]['after'] = null; ; ) {
      const page = await webhooks.deliveries(id, state, { after, limit: deliveriesAtOnce })
      for (const { delivery, change } of page) {
        const { changeId, attempts, storedAt, lastError } = delivery
        const said = change === null ? 'erased since' : (lastError ?? 'waits for an older one')
        print([changeId, `${attempts} attempts`, `since ${timeText(storedAt)}`, said].join('  '))
      }
      const last = page.at(-1)?.delivery
      if (last === undefined || page.length < deliveriesAtOnce) return
      after = { seq: last.position.seq, changeId: last.changeId }
    }
  })
}

export async function replayDead(config: Config, number: string, changes: readonly string[]): Promise<void> {
  const id = numberOf(number)
  await withWebhooks(config, async webhooks => {
    const replayed = await webhooks.replay(id, changes.length === 0 ? null : changes)
    if (replayed === undefined) return nothingThere(id)
    print(`${replayed} wait again; a running server sends them`)
  })
}

export async function removeWebhook(config: Config, number: string): Promise<void> {
  const id = numberOf(number)
  await withWebhooks(config, async webhooks => {
    if (await webhooks.remove(id)) print(`removed ${id}`)
    else nothingThere(id)
  })
}

async function withWebhooks(config: Config, work: (webhooks: Webhooks) => Promise<void>): Promise<void> {
  await withStore(config, async opened => {
    const { webhooks, close } = webhooksOf(opened, new ChangeFeed(opened.store, fail), config, () => {})
    try {
      await work(webhooks)
    } finally {
      close()
    }
  })
}

// Nobody waits for a change here, which is all that could fail behind a command's back.
function fail(cause: unknown): never {
  throw cause
}

function numberOf(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new OperatorError(`webhooks: expected the number of a webhook, got '${text}'; \`webhooks list\` shows them`)
}

const nothingThere = (id: number): void => refuse(`there is no webhook ${id}; \`webhooks list\` shows them`)

function refuseLong(url: string, description: string): void {
  if (url.length > urlLengthMax) throw new OperatorError(`webhooks: a URL has at most ${urlLengthMax} characters`)
  if (description.length > descriptionLengthMax)
    throw new OperatorError(`webhooks: a description has at most ${descriptionLengthMax} characters`)
}

/** Null where nothing of a filter was given. */
function filterOf({ kind = [], status, source }: WebhookFilterOptions): WebhookFilter | null {
  if (kind.length === 0 && status === undefined && source === undefined) return null
  const kinds = kind.map(name => {
    const known = changeKinds.find(each => each === name)
    if (known !== undefined) return known
    throw new OperatorError(`webhooks: expected --kind ${changeKinds.join(', ')}; got '${name}'`)
  })
  const wanted: readonly ChangeKind[] = kinds.length === 0 ? ['status-changed'] : kinds
  if (status !== undefined && wanted.some(each => each !== 'status-changed'))
    throw new OperatorError('webhooks: --status goes with the kind status-changed alone')
  return { kinds: wanted, to: status ?? null, source: source ?? null }
}

function factsOf({ webhook, deliveries }: WebhookView): readonly (readonly [string, string | null])[] {
  const { filter, state, stateReason } = webhook
  const { kinds, to, source } = filter
  const only = [...(to === null ? [] : [`to ${to}`]), ...(source === null ? [] : [`from ${source}`])]
  return [
    ['number', String(webhook.id)],
    ['url', webhook.url],
    ['description', webhook.description === '' ? null : webhook.description],
    ['changes', [kinds.join(', '), ...only].join(', ')],
    ['state', stateReason === null ? state : `${state}: ${stateReason}`],
    ['delivered', String(webhook.delivered)],
    ['waiting', String(deliveries.waiting)],
    ['dead', String(deliveries.dead)],
    ['last delivered', webhook.lastDeliveredAt === null ? null : timeText(webhook.lastDeliveredAt)],
    ['failing since', webhook.failingSince === null ? null : timeText(webhook.failingSince)],
    ['last error', webhook.lastError],
    ['added', `${timeText(webhook.createdAt)} by ${webhook.createdBy}`],
  ]
}

const timeText = (at: number): string => new Date(at).toISOString()
