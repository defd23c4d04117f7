// `import`, `export`, `undo` and `jobs`: work on many rows. Declares the commands; what they do is in
// administer/bulk.ts and administer/jobs.ts.

import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import type { ImportOptions, UndoOptions } from '../administer/bulk.js'
import {
  type BulkSubject,
  bulkSubjects,
  delimiters,
  type ExportForm,
  encodings,
  flagModes,
  forms,
  unknownColumnsModes,
} from '../administer/bulk-words.js'
import { readConfig } from '../config.js'

const choice = (flags: string, description: string, choices: readonly string[]): Option =>
  new Option(flags, description).choices([...choices])

const subject = (): Argument => new Argument('<subject>').choices([...bulkSubjects])

export function register(program: Command): void {
  program
    .command('import')
    .addArgument(subject())
    .argument('<file>')
    .description(
      'Load people (with the ids they had) or suppressions (addresses that must not be mailed, nobody is made) from ' +
        'a CSV or NDJSON file, also packed as .gz. Nothing is changed unless the whole file can be read. A cut ' +
        'import goes on when the same command is given again. Exit code 2: some rows were not carried out.',
    )
    .addOption(
      choice(
        '--flag <mode>',
        'what a column about the flag does: ignore, suppress: opt-outs count, correct: both',
        flagModes,
      ).default('ignore'),
    )
    .option('--dry-run', 'say what would happen and change nothing')
    .option('--again', 'import a file that was imported before')
    .option('--reason <text>', 'why, for the history; a row of a suppression list may have its own')
    .option('--evidence <text>', 'what proves it, for the history')
    .addOption(
      choice(
        '--unknown <what>',
        'columns that no field has: refuse the file, pass over, add fields',
        unknownColumnsModes,
      ).default('refuse'),
    )
    .addOption(choice('--format <format>', 'what the file holds', forms).default('auto'))
    .addOption(choice('--encoding <encoding>', 'what the text is encoded in', encodings).default('auto'))
    .addOption(choice('--delimiter <delimiter>', 'what stands between values', Object.keys(delimiters)).default('auto'))
    .action(async (subject: BulkSubject, file: string, options: ImportOptions) => {
      const { runImport } = await import('../administer/bulk.js')
      await runImport(readConfig(), subject, file, options)
    })
  program
    .command('export')
    .addArgument(subject())
    .argument('[file]')
    .description(
      'Write all people or suppressions as CSV or NDJSON, as of one moment, to a file (packed if named .gz) or ' +
        'to the standard output. `import` reads it again.',
    )
    .addOption(choice('--format <format>', 'by the name of the file, else csv', ['csv', 'ndjson']))
    .action(async (subject: BulkSubject, file: string | undefined, options: { format?: ExportForm }) => {
      const { runExport } = await import('../administer/bulk.js')
      await runExport(readConfig(), subject, file, options)
    })
  program
    .command('undo')
    .description(
      'Take back what a command or a job did to the status of addresses, with the reason `correction`. Where ' +
        'something newer has happened since, it is left alone and listed. An undo is a job: it can be undone.',
    )
    .option('--command <id>', 'the command: its 32 hex digits, or its position in the log')
    .option('--job <id>', 'the job', jobId)
    .option('--evidence <text>', 'what proves that it has to be taken back')
    .option('--dry-run', 'say what would happen and change nothing')
    .action(async (options: UndoOptions) => {
      const { runUndo } = await import('../administer/bulk.js')
      await runUndo(readConfig(), options)
    })
  registerJobs(program)
}

function registerJobs(program: Command): void {
  const jobs = program.command('jobs').description('Imports and undos: which there are, and how far they are.')
  jobs
    .command('list')
    .description('List the newest jobs.')
    .action(async () => (await import('../administer/jobs.js')).listJobs(readConfig()))
  jobs
    .command('show')
    .argument('<id>', 'the number of the job', jobId)
    .description('What a job has done.')
    .action(async (id: number) => (await import('../administer/jobs.js')).showJob(readConfig(), id))
  jobs
    .command('errors')
    .argument('<id>', 'the number of the job', jobId)
    .description('The rows that were not carried out, or not all of them: line, kind and reason, with tabs between.')
    .action(async (id: number) => (await import('../administer/jobs.js')).showErrors(readConfig(), id))
  jobs
    .command('cancel')
    .argument('<id>', 'the number of the job', jobId)
    .description('End a job where it is. What it did stays; `undo --job` takes it back.')
    .action(async (id: number) => (await import('../administer/jobs.js')).cancelJob(readConfig(), id))
}

function jobId(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected the number of a job')
}
