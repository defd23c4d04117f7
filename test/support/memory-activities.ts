// The stream of activities over the maps in memory: looked through from one end to the other, as no real store may.
import type { ActivityOwners, ActivityRecord, ActivitySelection, ReadStore } from '../../src/service/ports.js'
import { memberKey, type Tables } from './memory-tables.js'

export function activityStream(tables: Tables): Pick<ReadStore, 'activitiesAfter' | 'latestActivitiesOf'> {
  const matching = (selection: ActivitySelection, owners: ActivityOwners): ActivityRecord[] =>
    tables.activities.filter(activity => isSelected(activity, selection) && isOwned(tables, activity, owners))
  const pageOf = (found: readonly ActivityRecord[], limit: number, countMax: number) => ({
    activities: found.slice(0, limit),
    remaining: Math.min(Math.max(found.length - limit, 0), countMax),
  })
  return {
    async activitiesAfter(id, { owners, ...selection }, { limit, countMax }) {
      const behind = matching(selection, owners).filter(activity => activity.id > id)
      return pageOf(behind, limit, countMax)
    },
    async latestActivitiesOf(personId, selection, { before, skip, limit, countMax }) {
      const below = matching(selection, [personId]).filter(({ id }) => before === null || id < before)
      return pageOf(below.reverse().slice(skip), limit, countMax)
    },
  }
}

function isSelected({ at, kind }: ActivityRecord, { from, to, kinds }: ActivitySelection): boolean {
  return (from === null || at >= from) && (to === null || at <= to) && (kinds === null || kinds.includes(kind))
}

function isOwned(tables: Tables, { personId }: ActivityRecord, owners: ActivityOwners): boolean {
  if (owners === null) return true
  if ('listId' in owners) return tables.members.has(memberKey({ listId: owners.listId, personId }))
  return owners.includes(personId)
}
