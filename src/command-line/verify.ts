// `verify`: whether the log and the tables are what they say. Declares the command; administer/verify.ts does it.

import type { Command } from 'commander'
import { readConfig } from '../config.js'

export function register(program: Command): void {
  program
    .command('verify')
    .description(
      'Check the log against its chain of hashes and every table against the log. ' +
        'Exit code 1 where something is broken.',
    )
    .option('--archive <dir>', 'check the archive in this folder too, and that the store goes on where it ends')
    .action(async (options: { readonly archive?: string }) => {
      const { verifyStore } = await import('../administer/verify.js')
      await verifyStore(readConfig(), options)
    })
}
