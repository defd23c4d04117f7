// Which kinds of activities a call asks for (legacy-soap-contract 3.8, 3.9). Knows the two filters of the wire; must
// not know how activities are found.

import type { ActivityKind } from '../../domain/command.js'
import { type Answered, fault, faulted, faultKinds, quoted } from '../faults.js'
import type { ActivityTypeFilter, ArrayOfString, Received } from '../messages/messages.js'
import { activityKinds, kindByName, kindByToken, type NamedKind } from './activity-names.js'

export interface ActivityFilters {
  readonly activityFilter?: Received<ActivityTypeFilter> | undefined
  readonly activityNameFilter?: Received<ArrayOfString> | undefined
}

/** The kinds that are asked for; null: all of them. Names go before tokens where a call has both. */
export function readActivityFilters(given: ActivityFilters): Answered<readonly ActivityKind[] | null> {
  const names = textsIn(given.activityNameFilter?.stringItem)
  if (names.length > 0) return kindsOf(names, kindByName, 'activityNameFilter')
  const included = textsIn(given.activityFilter?.includeTypes?.activityType)
  const excluded = textsIn(given.activityFilter?.excludeTypes?.activityType)
  if (included.length > 0 && excluded.length > 0) {
    return faulted(faultKinds.inputError, 'activityFilter: expected either includeTypes or excludeTypes, got both')
  }
  if (included.length > 0) return kindsOf(included, kindByToken, 'activityFilter.includeTypes')
  if (excluded.length === 0) return { type: 'result', result: null }
  const unwanted = kindsOf(excluded, kindByToken, 'activityFilter.excludeTypes')
  if (unwanted.type === 'fault') return unwanted
  const kinds = activityKinds.filter(kind => !unwanted.result.includes(kind))
  return { type: 'result', result: kinds.length === activityKinds.length ? null : kinds }
}

const textsIn = (texts: readonly string[] = []): string[] => texts.filter(text => text.trim() !== '')

function kindsOf(
  words: readonly string[],
  kindOf: (word: string) => NamedKind,
  place: string,
): Answered<readonly ActivityKind[]> {
  const kinds = new Set<ActivityKind>()
  for (const word of words) {
    const kind = kindOf(word)
    if (kind === undefined) {
      return {
        type: 'fault',
        fault: fault(faultKinds.activityKeyBad, `${place}: no activity is called ${quoted(word)}`),
      }
    }
    if (kind !== null) kinds.add(kind)
  }
  return { type: 'result', result: [...kinds] }
}
