// What a store must do for static lists and workspaces. Which lists there are is set up by admins and by imports; who
// is on them changes by commands and stands in the log.

import type { PersonId, StaticList } from '../domain/person.js'

/** `name` is the full one: `List`, or `Program.List`. */
export interface NamedList extends StaticList {
  readonly program: string | null
}

/** A part of the people that one group of callers works in; new ones go to its partition. */
export interface Workspace {
  readonly name: string
  readonly partition: string
}

export interface ListStore {
  listByName(name: string): Promise<NamedList | undefined>
  listById(id: number): Promise<NamedList | undefined>
  lists(): Promise<readonly NamedList[]>
  /** Undefined where the full name is taken. */
  addList(name: string, program: string | null): Promise<NamedList | undefined>
  /** Ids of members, ascending. */
  membersOf(listId: number, page: { readonly after: PersonId; readonly limit: number }): Promise<readonly PersonId[]>
  membersAmong(listId: number, ids: readonly PersonId[]): Promise<ReadonlySet<PersonId>>
  workspaces(): Promise<readonly Workspace[]>
  /** False where the name is taken, in whatever letter case. */
  addWorkspace(workspace: Workspace): Promise<boolean>
}
