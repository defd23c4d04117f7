// getMultipleLeads: leads by keys, by static list or by when they were updated, a page at a time (legacy-soap-contract
// 3.4). Knows the order of pages and what their counts promise; which leads are meant is read in lead-selector.ts.

import type { PeoplePage, PeopleSelection, PersonView, UpdateWindow } from '../../service/ports.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds } from '../faults.js'
import type { ParamsGetMultipleLeads, Received, SuccessGetMultipleLeads } from '../messages/messages.js'
import { readBatchSize } from './batch-size.js'
import { presentLead } from './lead-record.js'
import { type LeadSelection, readLeadSelector } from './lead-selector.js'
import { type LeadStreamPosition, readLeadStreamPosition, writeLeadStreamPosition } from './lead-stream-position.js'

export const leadsShownMax = 1_000

/** A page, and where the next one goes on; undefined where there is none. */
interface Page {
  readonly people: readonly PersonView[]
  readonly next: LeadStreamPosition | undefined
}

export async function getMultipleLeads(
  params: Received<ParamsGetMultipleLeads>,
  call: Call,
): Promise<Answered<SuccessGetMultipleLeads>> {
  const size = readBatchSize(params.batchSize, leadsShownMax)
  if (size.type === 'fault') return size
  const position = readLeadStreamPosition(params.streamPosition)
  if (position.type === 'fault') return position
  const selection = await readLeadSelector(params, position.result !== undefined, call)
  if (selection.type === 'fault') return selection
  const page = await readPage(selection.result, position.result, size.result, call)
  if (page === undefined) {
    return faulted(faultKinds.badStreamPosition, 'streamPosition: expected one that was given for this leadSelector')
  }

  const { people, next } = page
  const { dictionary } = call.service.fields
  const included = includedNames(params.includeAttributes?.stringItem ?? [], call)
  const result = {
    returnCount: people.length,
    remainingCount: next?.remaining ?? 0,
    newStreamPosition: next === undefined ? '' : writeLeadStreamPosition(next),
    leadRecordList: { leadRecord: people.map(view => presentLead(view, dictionary, included)) },
  }
  return { type: 'result', result: { result } }
}

/** Undefined where the position is that of another selection. */
async function readPage(
  selection: LeadSelection,
  position: LeadStreamPosition | undefined,
  size: number,
  call: Call,
): Promise<Page | undefined> {
  switch (selection.type) {
    case 'nobody':
      return { people: [], next: undefined }
    case 'updated':
      if (position !== undefined && position.type !== 'updated') return undefined
      return readUpdated(selection.window, position, size, call)
    case 'list': {
      const { listId } = selection
      if (position !== undefined && (position.type !== 'list' || position.listId !== listId)) return undefined
      return readSelected({ type: 'list', listId }, position, size, call, rest => ({ type: 'list', listId, ...rest }))
    }
    case 'keys':
      if (position !== undefined && position.type !== 'keys') return undefined
      // Callers by key expect everybody at once, whatever batchSize says, as it was; only many that share an address
      // need a second page.
      return readSelected(selection.people, position, leadsShownMax, call, rest => ({ type: 'keys', ...rest }))
  }
}

async function readUpdated(
  asked: UpdateWindow,
  position: (LeadStreamPosition & { readonly type: 'updated' }) | undefined,
  limit: number,
  { service: { reads }, now }: Call,
): Promise<Page> {
  // The window of the first page holds for all: some clients move its end to the present with every call.
  const window = position?.window ?? asked
  // Who asks up to now, and next time from now on, must not miss what was timed before and is committed after.
  if (position === undefined && window.to > now() - settlingMs) await reads.settled()
  const page = await reads.updatedPeople(window, { after: position?.after ?? null, limit })
  const remaining = await remainingOf(page, position, () => reads.countUpdated(window))
  const last = page.people.at(-1)?.person
  if (remaining === 0 || last === undefined) return { people: page.people, next: undefined }
  return {
    people: page.people,
    next: { type: 'updated', window, after: { at: last.updatedAt, id: last.id }, remaining },
  }
}

// Far longer than a batch can be between its time and its commit.
const settlingMs = 60_000

async function readSelected(
  selection: PeopleSelection,
  position: { readonly after: number; readonly remaining: number } | undefined,
  limit: number,
  { service: { reads } }: Call,
  positionAt: (rest: { readonly after: number; readonly remaining: number }) => LeadStreamPosition,
): Promise<Page> {
  const page = await reads.selectedPeople(selection, { after: position?.after ?? 0, limit })
  const remaining = await remainingOf(page, position, () => reads.countSelected(selection))
  const last = page.people.at(-1)
  if (remaining === 0 || last === undefined) return { people: page.people, next: undefined }
  return { people: page.people, next: positionAt({ after: last.person.id, remaining }) }
}

// Counted once, for the first page, and then counted down: some clients subtract from the first count, and counting
// anew for every page would cost more than the pages. Never 0 while something remains: others go on until it is.
async function remainingOf(
  { people, hasMore }: PeoplePage,
  position: { readonly remaining: number } | undefined,
  count: () => Promise<number>,
): Promise<number> {
  if (!hasMore) return 0
  const before = position?.remaining ?? (await count())
  // The element holds no more than an xs:int.
  return Math.min(Math.max(before - people.length, 1), 2 ** 31 - 1)
}

/** Names of fields, or undefined for all of them. A name that no field has selects nothing. */
function includedNames(names: readonly string[], { service }: Call): ReadonlySet<string> | undefined {
  const given = names.map(name => name.trim()).filter(name => name !== '')
  if (given.length === 0) return undefined
  return new Set(given.flatMap(name => service.fields.dictionary.find(name)?.name ?? []))
}
