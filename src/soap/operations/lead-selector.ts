// Which leads getMultipleLeads is asked for: the three forms of a leadSelector, and the one parameter from before there
// were any (legacy-soap-contract 3.4). Must not know pages.

import type { PeopleSelection, UpdateWindow } from '../../service/ports.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds } from '../faults.js'
import type {
  LastUpdateAtSelector,
  LeadKeySelector,
  ParamsGetMultipleLeads,
  Received,
  StaticListSelector,
} from '../messages/messages.js'
import { readKeyType } from './get-lead.js'
import { readTime } from './stream-position.js'

/** Keys that one selector may have; getMultipleLeads does not look at those behind them, as documented. */
export const selectorKeysMax = 100

const dayMs = 24 * 3_600_000
// An hour more than documented: clients count days in their own time, over the change of a clock, and are fast or slow.
const windowMsMax = 30 * dayMs + 3_600_000

export type LeadSelection =
  | { readonly type: 'updated'; readonly window: UpdateWindow }
  | { readonly type: 'list'; readonly listId: number }
  | { readonly type: 'keys'; readonly people: PeopleSelection }
  /** A list that there is not. */
  | { readonly type: 'nobody' }

/** `isContinued`: a stream position goes along, and it says what the window is. */
export async function readLeadSelector(
  { leadSelector, lastUpdatedAt }: Received<ParamsGetMultipleLeads>,
  isContinued: boolean,
  { service, now }: Call,
): Promise<Answered<LeadSelection>> {
  switch (leadSelector?.$type) {
    case undefined: {
      const from = readTime(lastUpdatedAt)
      if (from === null) return faulted(faultKinds.parameterRequired, 'expected a leadSelector, got none')
      return { type: 'result', result: { type: 'updated', window: { from: Math.max(from, 0), to: now() } } }
    }
    case 'LastUpdateAtSelector':
      return readWindow(leadSelector, isContinued, now())
    case 'LeadKeySelector':
      return readKeys(leadSelector)
    case 'StaticListSelector':
      return readList(leadSelector, service)
  }
}

function readWindow(
  { oldestUpdatedAt, latestUpdatedAt }: Received<LastUpdateAtSelector>,
  isContinued: boolean,
  now: number,
): Answered<LeadSelection> {
  const from = readTime(oldestUpdatedAt)
  if (from === null) return faulted(faultKinds.parameterRequired, 'leadSelector: expected oldestUpdatedAt, got none')
  const to = readTime(latestUpdatedAt) ?? now
  if (to - from > windowMsMax && !isContinued) {
    const days = Math.ceil((to - from) / dayMs)
    const sentence = `leadSelector: expected oldestUpdatedAt at most 30 days before latestUpdatedAt, got ${days}`
    return faulted(faultKinds.timeRangeExceeded, sentence)
  }
  if (to < from && latestUpdatedAt !== undefined) {
    return faulted(faultKinds.inputError, 'leadSelector: expected oldestUpdatedAt before latestUpdatedAt')
  }
  // What is still to come is no part of it: a stream that grows while it is read might have no end.
  return { type: 'result', result: { type: 'updated', window: { from: Math.max(from, 0), to: Math.min(to, now) } } }
}

function readKeys({ keyType = '', keyValues }: Received<LeadKeySelector>): Answered<LeadSelection> {
  const values = (keyValues?.stringItem ?? []).filter(value => value.trim() !== '')
  if (keyType === '' || values.length === 0) {
    return faulted(faultKinds.leadKeyRequired, 'leadSelector: expected a keyType and keyValues, at least one')
  }
  const read = readKeyType(keyType)
  if (read.type === 'fault') return read
  return { type: 'result', result: { type: 'keys', people: read.result.select(values.slice(0, selectorKeysMax)) } }
}

async function readList(
  { staticListId: id, staticListName }: Received<StaticListSelector>,
  { lists }: Call['service'],
): Promise<Answered<LeadSelection>> {
  const name = (staticListName ?? '').trim()
  if (id === undefined && name === '') {
    return faulted(faultKinds.parameterRequired, 'leadSelector: expected staticListName or staticListId, got neither')
  }
  const list = name === '' ? await lists.listById(id!) : await lists.listByName(name)
  return { type: 'result', result: list === undefined ? { type: 'nobody' } : { type: 'list', listId: list.id } }
}
