// `settings`: what admins change at run time. What it does is in administer/settings.ts.

import type { Command } from 'commander'
import { readConfig } from '../config.js'

export function register(program: Command): void {
  const settings = program
    .command('settings')
    .description('Settings of the installation, which take effect without a restart.')
  settings
    .command('list')
    .description('List settings, each with its value and who set it.')
    .action(async () => {
      const { listSettings } = await import('../administer/settings.js')
      await listSettings(readConfig())
    })
  settings
    .command('set <name> <value>')
    .description('Change a setting. The value is a word such as off, or JSON.')
    .action(async (name: string, value: string) => {
      const { setSetting } = await import('../administer/settings.js')
      await setSetting(readConfig(), name, value)
    })
}
