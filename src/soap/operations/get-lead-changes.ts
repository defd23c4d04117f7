// getLeadChanges: the activities of everybody, or of some, oldest first (legacy-soap-contract 3.9). A cursor is the id
// of the last record. Ids follow the order of commits, so whoever goes on behind one misses nothing and gets nothing
// twice, however much is written meanwhile.

import type { ActivityPage, ActivitySelection } from '../../service/ports.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds } from '../faults.js'
import type { ParamsGetLeadChanges, Received, SuccessGetLeadChanges } from '../messages/messages.js'
import { readActivityFilters } from './activity-filter.js'
import { presentChange } from './activity-record.js'
import { readBatchSize } from './batch-size.js'
import { readChangeSelector, type SelectorRead } from './change-selector.js'
import { type Cursor, offsetAt, overlap, presentStreamPosition, readStreamPosition } from './stream-position.js'

export const changesShownMax = 1_000

// Several clients subtract from the first count until nothing is left, so that one is exact as far as it can be
// afforded. Behind it a count only has to say whether to go on, and must not cost more than the page.
const firstCountMax = 1_000_000
const laterCountMax = 10_000

// An offset this far past everything was not given out here, not even by a server that is ahead of this one: the client
// brought it along from the old service, and all that there is here has happened since.
const foreignOffsetMin = 100_000

export async function getLeadChanges(
  params: Received<ParamsGetLeadChanges>,
  call: Call,
): Promise<Answered<SuccessGetLeadChanges>> {
  const size = readBatchSize(params.batchSize, changesShownMax)
  if (size.type === 'fault') return size
  const kinds = readActivityFilters(params)
  if (kinds.type === 'fault') return kinds
  const position = readStreamPosition(params.startPosition)
  if (position.type === 'fault') return position
  const selector = await readChangeSelector(params.leadSelector, call.service)
  if (selector.type === 'fault') return selector
  const { owners, window: selected } = selector.result
  if (params.startPosition === undefined && selected.from === null && selected.to === null) {
    return faulted(faultKinds.parameterRequired, 'expected a startPosition with an oldestCreatedAt or an offset')
  }

  const { cursor, offset } = position.result
  const window = overlap(position.result.window, selected)
  const { activities, remaining } = await readBehind(
    cursor,
    { ...window, kinds: kinds.result, owners },
    size.result,
    call,
  )
  const last = activities.at(-1)
  const { dictionary } = call.service.fields
  const result = {
    returnCount: activities.length,
    remainingCount: remaining,
    newStartPosition: presentStreamPosition(window, last === undefined ? offset : offsetAt(last.id)),
    leadChangeRecordList: { leadChangeRecord: activities.map(each => presentChange(each, dictionary)) },
  }
  return { type: 'result', result: { result } }
}

async function readBehind(
  cursor: Cursor,
  selection: ActivitySelection & Pick<SelectorRead, 'owners'>,
  limit: number,
  { service: { reads } }: Call,
): Promise<ActivityPage> {
  const after = idOf(cursor)
  const first = { limit, countMax: firstCountMax }
  if (after === 0) return reads.activitiesAfter(0, selection, first)
  const page = await reads.activitiesAfter(after, selection, { limit, countMax: laterCountMax })
  if (page.activities.length > 0) return page
  // Only now, so that nobody who goes on here pays for it.
  const { activityId } = await reads.head()
  return after > activityId + foreignOffsetMin ? reads.activitiesAfter(0, selection, first) : page
}

/** A bare number is an id too: some clients take the prefix off. */
function idOf(cursor: Cursor): number {
  switch (cursor.type) {
    case 'start':
      return 0
    case 'record':
      return cursor.id
    case 'number':
      return cursor.number
  }
}
