// Is the store what its log says? First the chain of hashes, entry by entry, the archived ones before those that are
// kept; then every table against what the log makes of an empty store. The first broken position is reported, with
// what was expected and what is there.

import type { ForeignId, Person } from '../../domain/person.js'
import type { CommandStore, LogCut, LogHead, ReadStore, SnapshotStore, StatusRecord, TableScan } from '../ports.js'
import { brokenActivities, brokenArchive } from './archive-check.js'
import { LogWalk } from './log-walk.js'

export interface VerifyReport {
  /** The last position. */
  readonly entries: number
  /** Where the log begins in the store: what came up to there was archived. */
  readonly cut: LogCut
  /** Whether that was looked at too. */
  readonly archiveChecked: boolean
  /** Entries whose detail is gone altogether. With any of them the tables cannot be compared. */
  readonly erased: number
  /** Entries out of which an erasure took personal data: what it left is checked, and replayed. */
  readonly redacted: number
  readonly tablesCompared: boolean
  /** The first thing that is wrong; null where all is as it should be. */
  readonly broken: string | null
}

export interface VerifyOptions {
  /** An empty store that may be filled and thrown away. */
  readonly scratch: CommandStore & SnapshotStore
  /** Folder of what was archived; without it the log is looked at from the cut on. */
  readonly archive?: string | undefined
  /** Called now and then with how far the log is read. */
  readonly onProgress?: (done: number, all: number) => void
}

const logPage = 500
const tablePage = 1_000

export async function verify(
  store: SnapshotStore,
  { scratch, archive, onProgress = () => {} }: VerifyOptions,
): Promise<VerifyReport> {
  return store.snapshot(async snapshot => {
    const [head, cut] = [await snapshot.head(), await snapshot.cut()]
    const walk = new LogWalk(cut.seq > 0 && archive === undefined ? null : scratch)
    const report = (broken: string | null, tablesCompared: boolean): VerifyReport => {
      const { previous, erased, redactions } = walk
      const facts = { entries: previous.seq, cut, archiveChecked: archive !== undefined, erased }
      return { ...facts, redacted: redactions.count, tablesCompared, broken }
    }
    if (archive === undefined) walk.beginAt(cut)
    else {
      const onPage = (): void => onProgress(walk.previous.seq, head.seq)
      const broken = await brokenArchive(archive, cut, walk, onPage)
      if (broken !== null) return report(broken, false)
    }
    const broken = await brokenLog(snapshot, head, walk, onProgress)
    if (broken !== null || !walk.isReplayed) return report(broken, false)
    return scratch.snapshot(async ({ tables: expected }) => {
      const different =
        (archive === undefined ? null : await brokenActivities(archive, cut, expected)) ??
        (await compareTables(snapshot.tables, expected, cut))
      return report(different, true)
    })
  })
}

async function brokenLog(
  log: ReadStore,
  head: LogHead,
  walk: LogWalk,
  onProgress: (done: number, all: number) => void,
): Promise<string | null> {
  for (;;) {
    const page = await log.log({ after: walk.previous.seq, limit: logPage })
    const broken = await walk.take(page)
    if (broken !== null) return broken
    if (page.length === 0) break
    onProgress(walk.previous.seq, head.seq)
  }
  const { previous, activityId, erased } = walk
  if (previous.seq !== head.seq || previous.hash !== head.hash) {
    return (
      `the head says that the log ends at ${head.seq}, but its last entry is ${previous.seq}: the ` +
      'end was cut or changed'
    )
  }
  if (erased === 0 && activityId !== head.activityId)
    return `the head says ${head.activityId} activities, the log tells ${activityId}`
  return walk.redactions.unanswered()
}

type Reader<Row, Key> = (after: Key | null, limit: number) => Promise<readonly Row[]>

async function compareTables(actual: TableScan, expected: TableScan, cut: LogCut): Promise<string | null> {
  // What was archived may be there for a while yet; it counts no more.
  const behindCut =
    ({ activities }: TableScan): TableScan['activities'] =>
    (after, limit) =>
      activities(after ?? cut.activityId, limit)
  const inAnyOrder = (person: Person): unknown => ({ ...person, fields: Object.entries(person.fields).sort() })
  return (
    (await compare(
      'email_status',
      actual.statuses.bind(actual),
      expected.statuses.bind(expected),
      row => row.status.key,
    )) ??
    (await compare(
      'status_history',
      actual.statusHistory.bind(actual),
      expected.statusHistory.bind(expected),
      versionKey,
    )) ??
    (await compare(
      'people',
      actual.people.bind(actual),
      expected.people.bind(expected),
      person => person.id,
      inAnyOrder,
    )) ??
    (await compare('activities', behindCut(actual), behindCut(expected), ({ id }) => id)) ??
    (await compare('foreign_ids', actual.foreignIds.bind(actual), expected.foreignIds.bind(expected), foreignIdKey)) ??
    (await compare('cookies', actual.cookies.bind(actual), expected.cookies.bind(expected), ({ cookie }) => cookie)) ??
    (await compare('list_members', actual.members.bind(actual), expected.members.bind(expected), member => member)) ??
    (await compare('refusals', actual.refusals.bind(actual), expected.refusals.bind(expected), ({ seq }) => seq))
  )
}

const versionKey = ({ key, version }: StatusRecord): Pick<StatusRecord, 'key' | 'version'> => ({ key, version })
const foreignIdKey = ({ system, value }: ForeignId): ForeignId => ({ system, value })

// Both sides are read in the same order, so the first row that differs is the first broken one.
async function compare<Row, Key>(
  table: string,
  readActual: Reader<Row, Key>,
  readExpected: Reader<Row, Key>,
  keyOf: (row: Row) => Key,
  normalise: (row: Row) => unknown = row => row,
): Promise<string | null> {
  let after: Key | null = null
  for (;;) {
    const actual: readonly Row[] = await readActual(after, tablePage)
    const expected: readonly Row[] = await readExpected(after, tablePage)
    for (let index = 0; index < Math.max(actual.length, expected.length); index++) {
      const found = actual[index]
      const wanted = expected[index]
      if (found === undefined)
        return `table ${table}: the row ${JSON.stringify(keyOf(wanted!))} is missing, the log makes one`
      if (wanted === undefined)
        return `table ${table}: the row ${JSON.stringify(keyOf(found))} is there, the log makes none`
      if (JSON.stringify(normalise(found)) !== JSON.stringify(normalise(wanted)))
        return difference(table, keyOf, found, wanted)
    }
    const last = actual.at(-1)
    if (last === undefined) return null
    after = keyOf(last)
  }
}

function difference<Row, Key>(table: string, keyOf: (row: Row) => Key, found: Row, wanted: Row): string {
  const foundKey = JSON.stringify(keyOf(found))
  const wantedKey = JSON.stringify(keyOf(wanted))
  if (foundKey !== wantedKey)
    return `table ${table}: expected the row ${wantedKey}, found ${foundKey}: one is missing or one too many is there`
  const names = Object.keys(wanted as object) as (keyof Row)[]
  const columns = names.filter(name => JSON.stringify(found[name]) !== JSON.stringify(wanted[name]))
  return `table ${table}: the row ${foundKey} is not what the log makes of it (${columns.join(', ')})`
}
