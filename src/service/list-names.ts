// The names of static lists and workspaces: which ones there can be, whoever makes them.

import type { ListStore, NamedList, Workspace } from './lists.js'

/** A history names the list, and holds no more. */
export const listNameLengthMax = 255

export type ListMade =
  | { readonly type: 'made'; readonly list: NamedList }
  | { readonly type: 'taken' }
  | { readonly type: 'refused'; readonly problem: string }

export async function makeList(lists: ListStore, name: string, program: string | null): Promise<ListMade> {
  const problem = nameProblem(name) ?? (program === null ? undefined : nameProblem(program))
  if (problem !== undefined) return { type: 'refused', problem }
  const length = program === null ? name.length : program.length + 1 + name.length
  if (length > listNameLengthMax) {
    const limit = `expected at most ${listNameLengthMax} characters in program and name together, got ${length}`
    return { type: 'refused', problem: limit }
  }
  const list = await lists.addList(name, program)
  return list === undefined ? { type: 'taken' } : { type: 'made', list }
}

/** A sentence about what keeps this from being the name of a list, a program, a workspace or a partition. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'expected a name, got none'
  if (name.trim() !== name) return 'expected a name without blanks at its ends'
  if (/\p{Cc}/u.test(name)) return 'expected a name without line breaks and control characters'
  if (name.length <= listNameLengthMax) return undefined
  return `expected at most ${listNameLengthMax} characters, got ${name.length}`
}

/** The one that is always there, with the partition of the same name. */
export const defaultWorkspace = 'Default'

/** A sentence about what kept the workspace from being made. */
export async function makeWorkspace(lists: ListStore, { name, partition }: Workspace): Promise<string | undefined> {
  const problem = nameProblem(name) ?? nameProblem(partition)
  if (problem !== undefined) return problem
  const isDefault = name.toLowerCase() === defaultWorkspace.toLowerCase()
  if (isDefault) return `the workspace ${defaultWorkspace} is always there, with the partition ${defaultWorkspace}`
  return (await lists.addWorkspace({ name, partition })) ? undefined : `there is a workspace '${name}'`
}

/** By its name in any letter case, as callers write it; the default one is not among them. */
export async function findWorkspace(lists: ListStore, name: string): Promise<Workspace | undefined> {
  const folded = name.toLowerCase()
  return (await lists.workspaces()).find(workspace => workspace.name.toLowerCase() === folded)
}
