// `lists` and `workspaces`: the small registries that SOAP callers name. What they do is in administer/lists.ts.

import type { Command } from 'commander'
import { readConfig } from '../config.js'

export function register(program: Command): void {
  const lists = program.command('lists').description('Static lists, which SOAP callers put people on.')
  lists
    .command('add <name>')
    .description('Make a static list. Callers name it by its full name: NAME, or PROGRAM.NAME.')
    .option('--program <program>', 'the program that it is in')
    .action(async (name: string, options: { program?: string }) => {
      const { addList } = await import('../administer/lists.js')
      await addList(readConfig(), name, options)
    })
  lists
    .command('list')
    .description('List static lists: id, full name, how many people are on it, program.')
    .action(async () => {
      const { listLists } = await import('../administer/lists.js')
      await listLists(readConfig())
    })

  const workspaces = program.command('workspaces').description('Workspaces that SOAP callers may name; Default is one.')
  workspaces
    .command('add <name>')
    .description('Make a workspace. Callers name it in any letter case.')
    .requiredOption('--partition <partition>', 'where its new people go, and where those must be that are found by id')
    .action(async (name: string, { partition }: { partition: string }) => {
      const { addWorkspace } = await import('../administer/lists.js')
      await addWorkspace(readConfig(), name, partition)
    })
  workspaces
    .command('list')
    .description('List workspaces, each with its partition.')
    .action(async () => {
      const { listWorkspaces } = await import('../administer/lists.js')
      await listWorkspaces(readConfig())
    })
}
