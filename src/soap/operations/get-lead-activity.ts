// getLeadActivity: what happened to one lead, newest first (legacy-soap-contract 3.8). A page goes on below the last
// record of the one before it, so that what happens in between is neither repeated nor moves anything.

import type { PersonView } from '../../service/ports.js'
import type { Call } from '../call.js'
import type { Answered } from '../faults.js'
import type { ParamsGetLeadActivity, Received, SuccessGetLeadActivity } from '../messages/messages.js'
import { readActivityFilters } from './activity-filter.js'
import { presentActivity } from './activity-record.js'
import { readBatchSize } from './batch-size.js'
import { findLeads } from './get-lead.js'
import { type Cursor, offsetAt, presentStreamPosition, readStreamPosition } from './stream-position.js'

export const activitiesShownMax = 100

// Clients subtract what they got from the first count; nobody's history is longer than this.
const countMax = 100_000

export async function getLeadActivity(
  params: Received<ParamsGetLeadActivity>,
  call: Call,
): Promise<Answered<SuccessGetLeadActivity>> {
  const { reads, fields } = call.service
  const size = readBatchSize(params.batchSize, activitiesShownMax)
  if (size.type === 'fault') return size
  const kinds = readActivityFilters({ activityFilter: params.activityFilter })
  if (kinds.type === 'fault') return kinds
  const position = readStreamPosition(params.startPosition)
  if (position.type === 'fault') return position
  const leads = await findLeads(params.leadKey, reads)
  if (leads.type === 'fault') return leads

  const { window, cursor, offset } = position.result
  const page = await reads.latestActivitiesOf(
    lastSaved(leads.result).person.id,
    { ...window, kinds: kinds.result },
    { ...placeOf(cursor), limit: size.result, countMax },
  )
  const { activities, remaining } = page
  const last = activities.at(-1)
  const leadActivityList = {
    returnCount: activities.length,
    remainingCount: remaining,
    newStartPosition: presentStreamPosition(window, last === undefined ? offset : offsetAt(last.id)),
    activityRecordList: { activityRecord: activities.map(each => presentActivity(each, fields.dictionary)) },
  }
  return { type: 'result', result: { leadActivityList } }
}

// The last documented form of an offset is a bare number, which counts what was read already.
function placeOf(cursor: Cursor): { readonly before: number | null; readonly skip: number } {
  switch (cursor.type) {
    case 'start':
      return { before: null, skip: 0 }
    case 'record':
      return { before: cursor.id, skip: 0 }
    case 'number':
      return { before: null, skip: cursor.number }
  }
}

// The reply is about one lead. Where several have the key it is the one that a save by this key would mean.
function lastSaved(views: readonly PersonView[]): PersonView {
  return views.reduce((last, view) => (isLater(view, last) ? view : last))
}

function isLater({ person: one }: PersonView, { person: other }: PersonView): boolean {
  return one.savedAt > other.savedAt || (one.savedAt === other.savedAt && one.id > other.id)
}
