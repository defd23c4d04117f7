// Is the store what its log says? First the chain of hashes, entry by entry; then every table against what the log
// makes of an empty store. The first broken position is reported, with what was expected and what is there.

import type { ForeignId, Person } from '../domain/person.js'
import { type ChainedFacts, entryHash, genesisHash, sha256 } from './log-chain.js'
import type { CommandStore, LogEntry, LogHead, ReadStore, SnapshotStore, StatusRecord, TableScan } from './ports.js'
import { detailOf, replay } from './replay.js'

export interface VerifyReport {
  readonly entries: number
  /** Entries whose detail was erased. With any of them the tables cannot be compared. */
  readonly erased: number
  readonly tablesCompared: boolean
  /** The first thing that is wrong; null where all is as it should be. */
  readonly broken: string | null
}

export interface VerifyOptions {
  /** An empty store that may be filled and thrown away. */
  readonly scratch: CommandStore & SnapshotStore
  /** Called now and then with how far the log is read. */
  readonly onProgress?: (done: number, all: number) => void
}

const logPage = 500
const tablePage = 1_000

export async function verify(store: SnapshotStore, { scratch, onProgress }: VerifyOptions): Promise<VerifyReport> {
  return store.snapshot(async snapshot => {
    const head = await snapshot.head()
    const walked = await walkLog(snapshot, head, scratch, onProgress ?? (() => {}))
    if (walked.broken !== null || walked.erased > 0) return { ...walked, tablesCompared: false }
    const broken = await scratch.snapshot(expected => compareTables(snapshot.tables, expected.tables))
    return { ...walked, tablesCompared: true, broken }
  })
}

type Walked = Omit<VerifyReport, 'tablesCompared'>

async function walkLog(
  log: ReadStore,
  head: LogHead,
  scratch: CommandStore,
  onProgress: (done: number, all: number) => void,
): Promise<Walked> {
  let previous = { seq: 0, hash: genesisHash }
  let erased = 0
  let activities = 0
  for (;;) {
    const page = await log.log({ after: previous.seq, limit: logPage })
    for (const entry of page) {
      const broken = brokenEntry(entry, previous)
      if (broken !== null) return { entries: previous.seq, erased, broken }
      if (entry.detail === null) erased++
      else activities += detailOf(entry).effects.filter(effect => effect.type === 'activity').length
      previous = entry
    }
    if (page.length === 0) break
    if (erased === 0) await replay(page, scratch)
    onProgress(previous.seq, head.seq)
  }
  const walked = { entries: previous.seq, erased }
  if (previous.seq !== head.seq || previous.hash !== head.hash) {
    return {
      ...walked,
      broken:
        `the head says that the log ends at ${head.seq}, but its last entry is ${previous.seq}: the ` +
        'end was cut or changed',
    }
  }
  if (erased === 0 && activities !== head.activityId) {
    return { ...walked, broken: `the head says ${head.activityId} activities, the log tells ${activities}` }
  }
  return { ...walked, broken: null }
}

function brokenEntry(entry: LogEntry, previous: { readonly seq: number; readonly hash: string }): string | null {
  const at = `log entry ${entry.seq}`
  if (entry.seq !== previous.seq + 1)
    return `log entry ${previous.seq + 1} is missing: after ${previous.seq} comes ${entry.seq}`
  if (entry.previousHash !== previous.hash)
    return `${at}: it does not follow on entry ${previous.seq}, one of the two was changed`
  const { detail, hash, ...facts } = entry
  if (entryHash(facts satisfies ChainedFacts) !== hash)
    return `${at}: it was changed, its hash does not fit what it says`
  if (detail !== null && sha256(detail) !== entry.detailHash) return `${at}: its detail was changed`
  return null
}

type Reader<Row, Key> = (after: Key | null, limit: number) => Promise<readonly Row[]>

async function compareTables(actual: TableScan, expected: TableScan): Promise<string | null> {
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
    (await compare('activities', actual.activities.bind(actual), expected.activities.bind(expected), ({ id }) => id)) ??
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
