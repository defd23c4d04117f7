// `check`: may these addresses be mailed? Declares the command; administer/check.ts does it.

import { type Command, Option } from 'commander'
import { readConfig } from '../config.js'
import { type Purpose, purposes } from '../domain/mailing.js'

export function register(program: Command): void {
  program
    .command('check <address...>')
    .description(
      'Check addresses before mail is sent to them. Exit code 0: all may be mailed. 2: some may not, or are no ' +
        'addresses. What is blocked is put on record.',
    )
    .addOption(
      new Option('--purpose <purpose>', 'transactional mail is not stopped by an opt-out')
        .choices(purposes)
        .default('commercial'),
    )
    .action(async (addresses: string[], { purpose }: { purpose: Purpose }) => {
      const { checkAddresses } = await import('../administer/check.js')
      await checkAddresses(readConfig(), addresses, purpose)
    })
}
