// The stream of activities a page at a time, forward over everybody and backward over one person. It knows which index
// serves which question: a page costs what the page is long, not what the table is.

import type { Knex } from 'knex'
import type { ActivityKind } from '../domain/command.js'
import type { PersonId } from '../domain/person.js'
import type { ActivityOwners, ActivityPage, ActivitySelection, ReadStore } from '../service/ports.js'
import { clocksApartMaxMs } from './log-positions.js'
import { type ActivityRow, activityFrom } from './rows.js'

// SQLite puts no more than 500 selects together. So many people are only meant where keys are shared by many.
const scansMax = 200

type Stream = ActivitySelection & {
  readonly owners: ActivityOwners
  readonly after: number
  readonly before: number
}

// Said even where nothing bounds the ids: with one end only, SQLite would rather follow a window of time, and sort it.
const idMax = Number.MAX_SAFE_INTEGER

export function createActivityStream(knex: Knex): Pick<ReadStore, 'activitiesAfter' | 'latestActivitiesOf'> {
  return {
    async activitiesAfter(id, selection, { limit, countMax }) {
      const stream = await withinTimes(knex, { ...selection, after: id, before: idMax })
      // One more than was asked for says whether anything is left; counting is for those who have something to count.
      const ids = merged(knex, scans(knex, stream, limit + 1))
      if (ids === null) return { activities: [], remaining: 0 }
      const found = ids.orderBy('id').limit(limit + 1)
      const rows: ActivityRow[] = await knex('activities')
        .join(found.as('page'), 'page.id', 'activities.id')
        .orderBy('activities.id')
        .select('activities.*')
      return pageOf(rows, limit, async last => {
        const rest = merged(knex, scans(knex, { ...stream, after: last }, countMax))
        return countOf(knex, rest!, countMax)
      })
    },

    async latestActivitiesOf(personId, selection, { before, skip, limit, countMax }) {
      const newestFirst = (below: number): Knex.QueryBuilder =>
        between(knex('activities').where({ person_id: personId }), { ...selection, after: 0, before: below })
          .modify(ofKinds, selection.kinds)
          .orderBy('id', 'desc')
      const rows: ActivityRow[] = await newestFirst(before ?? idMax)
        .offset(skip)
        .limit(limit + 1)
        .select('*')
      return pageOf(rows, limit, last => countOf(knex, newestFirst(last).limit(countMax).select('id'), countMax))
    },
  }
}

async function pageOf(
  rows: readonly ActivityRow[],
  limit: number,
  countBehind: (lastId: number) => Promise<number>,
): Promise<ActivityPage> {
  const activities = rows.slice(0, limit).map(activityFrom)
  const last = activities.at(-1)
  const isEnd = rows.length <= limit || last === undefined
  return { activities, remaining: isEnd ? 0 : await countBehind(last.id) }
}

async function countOf(knex: Knex, ids: Knex.QueryBuilder, countMax: number): Promise<number> {
  const [row]: { n?: string | number }[] = await knex.from(ids.as('rest')).count({ n: '*' })
  return Math.min(Number(row!.n), countMax)
}

// Whoever asks for last week must not wait for all the years before it to be looked at: the times are looked up first,
// and what lies outside of them by more than clocks can differ is not read at all.
async function withinTimes(knex: Knex, stream: Stream): Promise<Stream> {
  const { from, to } = stream
  const edge = (): Knex.QueryBuilder => knex('activities').limit(1).select('id')
  const [before]: { id: number }[] =
    from === null
      ? []
      : await edge()
          .where('at', '<', from - clocksApartMaxMs)
          .orderBy(inOrder('desc'))
  const [behind]: { id: number }[] =
    to === null
      ? []
      : await edge()
          .where('at', '>', to + clocksApartMaxMs)
          .orderBy(inOrder('asc'))
  return { ...stream, after: Math.max(stream.after, before?.id ?? 0), before: behind?.id ?? idMax }
}

const inOrder = (order: 'asc' | 'desc'): { column: string; order: 'asc' | 'desc' }[] => [
  { column: 'at', order },
  { column: 'id', order },
]

/** Ids of the stream as scans that each follow one index in the order of ids; none where nothing can be meant. */
function scans(knex: Knex, stream: Stream, limit: number): Knex.QueryBuilder[] {
  const { owners, kinds } = stream
  const scan = (): Knex.QueryBuilder => between(knex('activities'), stream).select('id').orderBy('id').limit(limit)
  if (isPeople(owners) && owners.length > scansMax) {
    return [
      scan()
        .whereIn('person_id', [...owners])
        .modify(ofKinds, kinds),
    ]
  }
  if (isPeople(owners)) {
    return owners.map(person_id => scan().where({ person_id }).modify(ofKinds, kinds))
  }
  const all = kinds === null ? [scan()] : kinds.map(kind => scan().where({ kind }))
  return owners === null ? all : all.map(query => query.whereExists(membership(knex, owners.listId)))
}

const isPeople = (owners: ActivityOwners): owners is readonly PersonId[] => Array.isArray(owners)

function membership(knex: Knex, listId: number): Knex.QueryBuilder {
  return knex('list_members')
    .where({ list_id: listId, person_id: knex.ref('activities.person_id') })
    .select('list_id')
}

function between(query: Knex.QueryBuilder, { after, before, from, to }: Omit<Stream, 'owners' | 'kinds'>) {
  query.where('id', '>', after).andWhere('id', '<', before)
  if (from !== null) query.where('at', '>=', from)
  if (to !== null) query.where('at', '<=', to)
  return query
}

// By what is not wanted: an equality would tempt SQLite to leave the person's index for that of the kind.
function ofKinds(query: Knex.QueryBuilder, kinds: ActivitySelection['kinds']): void {
  if (kinds === null) return
  query.whereNotIn(
    'kind',
    allKinds.filter(kind => !kinds.includes(kind)),
  )
}

const allKinds = Object.keys({
  'person-created': true,
  'person-deleted': true,
  'value-changed': true,
  'people-merged': true,
  'list-joined': true,
  'list-left': true,
} satisfies Record<ActivityKind, true>) as readonly ActivityKind[]

/** One unordered list of ids; null where there are no scans. */
function merged(knex: Knex, parts: readonly Knex.QueryBuilder[]): Knex.QueryBuilder | null {
  const [first, ...rest] = parts.map((part, index) => knex.select('id').from(part.as(`scan_${index}`)))
  return first === undefined ? null : first.unionAll(rest)
}
