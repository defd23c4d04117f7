// `migrate`: the schema of the store, brought up to date by hand.

import type { Command } from 'commander'
import { readConfig } from '../config.js'

export function register(program: Command): void {
  program
    .command('migrate')
    .description('Bring the schema of the store up to date, as `serve` does at start unless MIGRATE=off.')
    .option('--unlock', 'first free the lock that a crashed migration left behind')
    .action(async ({ unlock }: { unlock?: boolean }) => {
      const { migrateStore } = await import('../administer/migrate.js')
      await migrateStore(readConfig(), unlock === true)
    })
}
