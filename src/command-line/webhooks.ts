// `webhooks`: URLs that changes are sent to, and what could not be delivered. Declares the commands; what they do is in
// administer/webhooks.ts.

import { type Command, Option } from 'commander'
import type { DeliveriesOptions, WebhookFilterOptions, WebhookOptions } from '../administer/webhooks.js'
import { readConfig } from '../config.js'
import { repeated } from './options.js'

const administer = () => import('../administer/webhooks.js')

export function register(program: Command): void {
  const webhooks = program.command('webhooks').description('Webhooks: URLs that changes are sent to, signed, in order.')
  webhooks
    .command('list')
    .description('List webhooks: number, state, what was delivered, waits and is dead, URL.')
    .action(async () => (await administer()).listWebhooks(readConfig()))
  filtered(
    webhooks
      .command('add <url>')
      .description('Have changes sent to a URL. Prints the number and the secret, which is shown this once.')
      .option('--description <text>', 'what it is for')
      .option('--from-beginning', 'also the changes that were there before; without it those from now on'),
  ).action(async (url: string, options: WebhookOptions) => (await administer()).addWebhook(readConfig(), url, options))
  webhooks
    .command('show <number>')
    .description('Show a webhook: its filter, its state and why, what was delivered and what failed last.')
    .action(async (number: string) => (await administer()).showWebhook(readConfig(), number))
  filtered(
    webhooks
      .command('change <number>')
      .description('Change a webhook. Options of the filter take the place of the whole filter.')
      .option('--url <url>', 'another URL')
      .option('--description <text>', 'what it is for'),
  ).action(async (number: string, options: WebhookOptions) =>
    (await administer()).changeWebhook(readConfig(), number, options),
  )
  webhooks
    .command('pause <number>')
    .description('Send nothing more; changes wait in the log.')
    .action(async (number: string) => (await administer()).changeWebhook(readConfig(), number, { state: 'paused' }))
  webhooks
    .command('resume <number>')
    .description('Go on where it stopped, also after it was disabled.')
    .action(async (number: string) => (await administer()).changeWebhook(readConfig(), number, { state: 'active' }))
  webhooks
    .command('rotate <number>')
    .description('Draw a new secret and print it this once. For a day messages carry a signature by each of the two.')
    .action(async (number: string) => (await administer()).rotateSecret(readConfig(), number))
  webhooks
    .command('ping <number>')
    .description('Send a message of the type ping now, and say what the receiver answered.')
    .action(async (number: string) => (await administer()).pingWebhook(readConfig(), number))
  webhooks
    .command('deliveries <number>')
    .description('List changes that could not be delivered: id, attempts, since when, what it said last.')
    .addOption(new Option('--state <state>', 'which').choices(['dead', 'waiting']).default('dead'))
    .action(async (number: string, options: DeliveriesOptions) =>
      (await administer()).listDeliveries(readConfig(), number, options),
    )
  webhooks
    .command('replay <number>')
    .description('Send again what was given up. It comes late: receivers drop what is not newer.')
    .option('--change <id>', 'this one; may be repeated. All of them without it', repeated, [])
    .action(async (number: string, { change }: { readonly change: readonly string[] }) =>
      (await administer()).replayDead(readConfig(), number, change),
    )
  webhooks
    .command('remove <number>')
    .description('Remove a webhook with all that waits for it.')
    .action(async (number: string) => (await administer()).removeWebhook(readConfig(), number))
}

const filtered = (command: Command): Command =>
  command
    .option('--kind <kind>', 'a kind of change; may be repeated. status-changed alone without it', repeated, [])
    .addOption(new Option('--status <status>', 'changes of a status to this one only').choices(statuses))
    .option('--source <source>', 'only what came through this: SOAP API, JSON API ...')

const statuses: readonly NonNullable<WebhookFilterOptions['status']>[] = ['subscribed', 'unsubscribed']
