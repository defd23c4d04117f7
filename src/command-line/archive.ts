// `archive`: old parts of the log to files. Declares the command; administer/archive.ts does it.

import type { Command } from 'commander'
import { readConfig } from '../config.js'
import { wholeDays } from './options.js'

export function register(program: Command): void {
  program
    .command('archive')
    .description(
      'Move log entries and activities that are older than LOG_DAYS to files, and drop them from the store. Servers ' +
        'may go on meanwhile; where LOG_DAYS is set they do the same by themselves.',
    )
    .option('--days <n>', 'in place of LOG_DAYS', wholeDays)
    .option('--dir <dir>', 'in place of ARCHIVE_DIR')
    .option('--new-folder', 'the archive up to now is elsewhere: begin another folder')
    .action(async (options: { readonly days?: number; readonly dir?: string; readonly newFolder?: true }) => {
      const { archiveStore } = await import('../administer/archive.js')
      await archiveStore(readConfig(), options)
    })
}
