// `privacy`: what is held about an address, and its erasure. What it does is in administer/privacy.ts.

import type { Command } from 'commander'
import { readConfig } from '../config.js'

export function register(program: Command): void {
  const privacy = program.command('privacy').description('What is held about an address, and its erasure.')
  privacy
    .command('export <address>')
    .description('Print as JSON all that is held about an address.')
    .action(async (address: string) => {
      const { exportAddress } = await import('../administer/privacy.js')
      await exportAddress(readConfig(), address)
    })
  privacy
    .command('erase <address>')
    .description(
      'Erase an address and everybody who has it, for good. Its status goes on under a keyed hash, so that an ' +
        'opt-out holds.',
    )
    .requiredOption('--reason <text>', 'why; it stays in the log, so name nobody')
    .option('--evidence <text>', 'a reference to the request; it stays in the log')
    .action(async (address: string, stated: { readonly reason: string; readonly evidence?: string }) => {
      const { eraseAddress } = await import('../administer/privacy.js')
      await eraseAddress(readConfig(), address, { reason: stated.reason, evidence: stated.evidence })
    })
}
