// What the command line does about static lists and workspaces. Prints plain lines for people, and sets the exit code.

import type { Config } from '../config.js'
import { makeList, makeWorkspace } from '../service/list-names.js'
import { print, refuse, withStore } from './store-work.js'

export async function addList(config: Config, name: string, { program }: { program?: string }): Promise<void> {
  await withStore(config, async ({ store }) => {
    const made = await makeList(store, name, program ?? null)
    if (made.type === 'made') print(`added ${made.list.name}, id ${made.list.id}`)
    else if (made.type === 'refused') refuse(made.problem)
    else refuse(`there is a list '${program === undefined ? name : `${program}.${name}`}'`)
  })
}

export async function listLists(config: Config): Promise<void> {
  await withStore(config, async ({ store }) => {
    for (const { id, name, program } of await store.lists()) {
      const members = await store.countSelected({ type: 'list', listId: id })
      const place = program === null ? 'in no program' : `in ${program}`
      print([String(id), name.padEnd(40), `${members} people`.padEnd(15), place].join('  '))
    }
  })
}

export async function addWorkspace(config: Config, name: string, partition: string): Promise<void> {
  await withStore(config, async ({ store }) => {
    const problem = await makeWorkspace(store, { name, partition })
    if (problem === undefined) print(`added ${name}: new people go to the partition ${partition}`)
    else refuse(problem)
  })
}

export async function listWorkspaces(config: Config): Promise<void> {
  await withStore(config, async ({ store }) => {
    for (const { name, partition } of await store.workspaces()) print([name.padEnd(40), partition].join('  '))
  })
}
