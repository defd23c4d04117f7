// `traces`: keep the calls of a caller for support, redacted. What it does is in administer/traces.ts.

import type { Command } from 'commander'
import { readConfig } from '../config.js'
import { wholeNumber } from './options.js'

export function register(program: Command): void {
  const traces = program
    .command('traces')
    .description('Calls of one caller, kept for support with every value taken out. Ends by itself.')
  traces
    .command('start <caller>')
    .description('Keep the calls of a SOAP credential from now on.')
    .option('--minutes <count>', 'for how long, a day at most', wholeNumber, 60)
    .option('--calls <count>', 'the newest so many, 1000 at most', wholeNumber, 100)
    .action(async (caller: string, bounds: { readonly minutes: number; readonly calls: number }) => {
      const { startTrace } = await import('../administer/traces.js')
      await startTrace(readConfig(), caller, bounds)
    })
  traces
    .command('list')
    .description('List callers that are traced, or were until lately.')
    .action(async () => {
      const { listTraces } = await import('../administer/traces.js')
      await listTraces(readConfig())
    })
  traces
    .command('show <caller>')
    .description('List the calls that were kept, the newest first, or print one of them.')
    .argument('[call]', 'the number of one', wholeNumber)
    .action(async (caller: string, call: number | undefined) => {
      const { showTrace } = await import('../administer/traces.js')
      await showTrace(readConfig(), caller, call ?? null)
    })
  traces
    .command('end <caller>')
    .description('Keep no more calls; what was kept stays for a week.')
    .action(async (caller: string) => {
      const { endTrace } = await import('../administer/traces.js')
      await endTrace(readConfig(), caller)
    })
  traces
    .command('delete <caller>')
    .description('End a trace and delete what it has kept.')
    .action(async (caller: string) => {
      const { deleteTrace } = await import('../administer/traces.js')
      await deleteTrace(readConfig(), caller)
    })
}
