// `secrets`: what lies sealed in the store. Declares the command; what it does is in administer/secrets.ts.

import type { Command } from 'commander'
import { readConfig } from '../config.js'

export function register(program: Command): void {
  const secrets = program.command('secrets').description('The secrets that lie sealed in the store.')
  secrets
    .command('reseal')
    .description(
      'Seal every secret with SECRET_KEY that lies there in clear, or sealed with SECRET_KEY_PREVIOUS. Servers go on ' +
        'meanwhile. Exit code 1 where something is sealed with neither.',
    )
    .action(async () => {
      const { resealSecrets } = await import('../administer/secrets.js')
      await resealSecrets(readConfig())
    })
}
