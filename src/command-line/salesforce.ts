// `salesforce`: how the exchange does, comparisons with Salesforce, what it is still to be told, and where the two
// sides disagreed. What the commands do is in administer/salesforce.ts.

import type { Command } from 'commander'
import { readConfig } from '../config.js'

export function register(program: Command): void {
  const salesforce = program.command('salesforce').description('The exchange of opt-outs with Salesforce.')
  salesforce
    .command('sync')
    .description(
      'Compare all Leads and Contacts that have an address with what is known here, and mark whichever side is to be ' +
        'marked. One that was cut goes on when the same command is given again. A running server sends what was found.',
    )
    .option('--dry-run', 'say what would happen and change nothing')
    .action(async ({ dryRun: isDryRun = false }: { dryRun?: boolean }) => {
      const { runSync } = await import('../administer/salesforce.js')
      await runSync(readConfig(), isDryRun)
    })
  salesforce
    .command('status')
    .description(
      'Say what is set up in either direction, what waits there, and how the last comparison ended. With an address, ' +
        'also the records that have it, as they were seen last.',
    )
    .option('--address <address>', 'whose records')
    .action(async ({ address }: { address?: string }) => {
      const { showStatus } = await import('../administer/salesforce.js')
      await showStatus(readConfig(), address)
    })
  salesforce
    .command('outbox')
    .description('Say how many records are still to be told, and list those that were given up.')
    .option('--replay', 'let those that were given up be sent again')
    .action(async ({ replay: isReplay = false }: { replay?: boolean }) => {
      const { showOutbox } = await import('../administer/salesforce.js')
      await showOutbox(readConfig(), isReplay)
    })
  salesforce
    .command('conflicts')
    .description('List the newest conflicts: time, record, both sides, what was done, address.')
    .action(async () => {
      const { listConflicts } = await import('../administer/salesforce.js')
      await listConflicts(readConfig())
    })
}
