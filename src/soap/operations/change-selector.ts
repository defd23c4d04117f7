// Whose activities getLeadChanges is asked for, and from which time, by the three forms of a leadSelector
// (legacy-soap-contract 3.9). Must not know how activities are found.

import type { PersonId } from '../../domain/person.js'
import type { ActivityOwners } from '../../service/ports.js'
import type { Call } from '../call.js'
import { type Answered, fault, faulted, faultKinds, quoted } from '../faults.js'
import type { LeadKeySelector, LeadSelector, Received, StaticListSelector } from '../messages/messages.js'
import { readKeyType } from './get-lead.js'
import { selectorKeysMax } from './lead-selector.js'
import { readPersonId } from './person-id.js'
import { readTime, type TimeWindow } from './stream-position.js'

export interface SelectorRead {
  readonly owners: ActivityOwners
  readonly window: TimeWindow
}

const always: TimeWindow = { from: null, to: null }

export async function readChangeSelector(
  selector: Received<LeadSelector> | undefined,
  service: Call['service'],
): Promise<Answered<SelectorRead>> {
  switch (selector?.$type) {
    case undefined:
      return { type: 'result', result: { owners: null, window: always } }
    case 'LastUpdateAtSelector': {
      const window = { from: readTime(selector.oldestUpdatedAt), to: readTime(selector.latestUpdatedAt) }
      return { type: 'result', result: { owners: null, window } }
    }
    case 'LeadKeySelector':
      return withoutWindow(await readKeys(selector, service))
    case 'StaticListSelector':
      return withoutWindow(await readList(selector, service))
  }
}

function withoutWindow(owners: Answered<ActivityOwners>): Answered<SelectorRead> {
  return owners.type === 'fault' ? owners : { type: 'result', result: { owners: owners.result, window: always } }
}

// Keys that nobody has are silently missing, as in getMultipleLeads.
async function readKeys(
  { keyType = '', keyValues }: Received<LeadKeySelector>,
  { reads }: Call['service'],
): Promise<Answered<ActivityOwners>> {
  const values = (keyValues?.stringItem ?? []).filter(value => value.trim() !== '')
  if (keyType === '' || values.length === 0) {
    return faulted(faultKinds.leadKeyRequired, 'leadSelector: expected a keyType and keyValues, at least one')
  }
  if (values.length > selectorKeysMax) {
    return faulted(
      faultKinds.inputError,
      `leadSelector: expected at most ${selectorKeysMax} keyValues, got ${values.length}`,
    )
  }
  const read = readKeyType(keyType)
  if (read.type === 'fault') return read
  const { name, lookUp } = read.result
  // Not looked up: what happened to somebody who was deleted since can still be asked for.
  if (name === 'IDNUM') return { type: 'result', result: distinct(values.flatMap(idIn)) }
  const found = await Promise.all(values.map(value => lookUp(value, reads)))
  return { type: 'result', result: distinct(found.flat().map(({ person }) => person.id)) }
}

function idIn(text: string): PersonId[] {
  const read = readPersonId(text)
  return read.type === 'id' ? [read.id] : []
}

const distinct = (ids: readonly PersonId[]): readonly PersonId[] => [...new Set(ids)]

// An unknown list is a fault and no empty stream: who reads changes would take it for "nothing happened".
async function readList(
  { staticListId: id, staticListName }: Received<StaticListSelector>,
  { lists }: Call['service'],
): Promise<Answered<ActivityOwners>> {
  const name = (staticListName ?? '').trim()
  if (id === undefined && name === '') {
    return faulted(faultKinds.parameterRequired, 'leadSelector: expected staticListName or staticListId, got neither')
  }
  const list = name === '' ? await lists.listById(id!) : await lists.listByName(name)
  if (list === undefined) {
    const named = name === '' ? `the id ${id}` : `the name ${quoted(name)}`
    return { type: 'fault', fault: fault(faultKinds.listNotFound, `No static list found with ${named}`) }
  }
  return { type: 'result', result: { listId: list.id } }
}
