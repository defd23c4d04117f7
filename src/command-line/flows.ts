// `flows`: named changes of fields. Declares the commands; what they do is in administer/flows.ts.

import type { Command } from 'commander'
import type { FlowOptions, FlowRunOptions } from '../administer/flows.js'
import { readConfig } from '../config.js'
import { repeated } from './options.js'

export function register(program: Command): void {
  const flows = program
    .command('flows')
    .description('Change Data Value flows, which SOAP callers know as campaigns: named sets of values for fields.')
  flows
    .command('add <name>')
    .description('Define a flow. A value may hold tokens such as {{my.reason}}, which each run fills.')
    .option('--program <program>', 'the program that callers name it with')
    .option('--set <FIELD=VALUE>', 'set a field; may be repeated', repeated, [])
    .option('--clear <FIELD>', 'clear a field; may be repeated', repeated, [])
    .option('--list <list>', 'full name of the static list that it runs on when it is scheduled')
    .option('--description <text>', 'what callers read about it')
    .action(async (name: string, options: FlowOptions) => {
      const { addFlow } = await import('../administer/flows.js')
      await addFlow(readConfig(), name, options)
    })
  flows
    .command('list')
    .description('List flows: id, name, what they set, and on which list.')
    .action(async () => {
      const { listFlows } = await import('../administer/flows.js')
      await listFlows(readConfig())
    })
  flows
    .command('run <name>')
    .description('Run a flow now, on everybody who has an address or who is on a list.')
    .option('--program <program>', 'the program that it is in')
    .option('--email <address>', 'everybody who has this address')
    .option('--list <list>', 'everybody who is on the static list of this full name')
    .option('--token <NAME=VALUE>', 'the value of a token; may be repeated', repeated, [])
    .action(async (name: string, options: FlowRunOptions) => {
      const { runFlow } = await import('../administer/flows.js')
      await runFlow(readConfig(), name, options)
    })
}
