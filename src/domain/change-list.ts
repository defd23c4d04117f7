// People onto a static list, or off it. It never touches a status: being on a list is no consent.

import type { ActivityKind, ChangeList, Decision, Effect, Facts, Situation } from './command.js'
import type { PersonId, StaticList } from './person.js'

export function changeList(command: ChangeList, situation: Situation, facts: Facts): Decision {
  const { list, isMember, strict } = command
  const people = [...new Set(command.people)]
  // Adding somebody again is success; taking off who is not on the list is not (legacy-soap-contract 3.10).
  const fails = (id: PersonId): boolean =>
    situation.person(id) === undefined || (!isMember && !situation.isMember(list.id, id))
  const failed = people.filter(fails)
  const outcome = { type: 'list-changed', listId: list.id, failed } as const
  if (strict && failed.length > 0) return { type: 'carried-out', outcome, effects: [] }

  const changing = people.filter(id => !fails(id) && situation.isMember(list.id, id) !== isMember)
  return { type: 'carried-out', outcome, effects: changing.flatMap(id => membership(list, id, isMember, facts)) }
}

function membership(list: StaticList, personId: PersonId, isMember: boolean, { cause }: Facts): Effect[] {
  const kind: ActivityKind = isMember ? 'list-joined' : 'list-left'
  const { reason, source } = cause
  return [
    { type: kind, listId: list.id, personId },
    {
      type: 'activity',
      personId,
      kind,
      attribute: list.name,
      from: null,
      to: null,
      reason,
      source,
      statusVersion: null,
    },
  ]
}
