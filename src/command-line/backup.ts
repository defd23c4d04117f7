// `backup`: a copy of the embedded store. Declares the command; what it does is in administer/backup.ts.

import type { Command } from 'commander'
import { readConfig } from '../config.js'

export function register(program: Command): void {
  program
    .command('backup <file>')
    .description(
      'Copy the embedded store as it is at this moment into a new file, while servers go on. A database server is ' +
        'backed up with its own tools.',
    )
    .action(async (file: string) => {
      const { backUp } = await import('../administer/backup.js')
      await backUp(readConfig(), file)
    })
}
