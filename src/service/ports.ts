// What the service needs of a store, as types: the SQL store fills them, and so does the model in the tests. The
// words here are those of the batch's life (read, lock the head, append), not of tables.

import type { AddressKey } from '../domain/address.js'
import type { Difference, Membership } from '../domain/batch-rows.js'
import type { ActivityKind, Command } from '../domain/command.js'
import type { Origin } from '../domain/origin.js'
import type { EmailStatus, FanOut, ForeignId, Person, PersonId, Status } from '../domain/person.js'
import type { WorkingSet } from '../domain/working-set.js'
import type { CommandId, LogDetail, LogEntry } from './log/log-entry.js'
import type { RefusalRecord } from './refusals.js'
import type { FoundAnswer, KeptAnswer } from './writes/kept-answer.js'

export type { CommandId, LogDetail, LogEntry } from './log/log-entry.js'

/** With more people than this on one address, a status change tells only the direct one at once, the others later. */
export const peopleToldAtOnceMax = 100
/** People that one step of such a fan-out tells at most. */
export const fanOutChunkSize = 500

/** What the commands of a batch name. The store adds the addresses of the people that it finds. */
export interface Wanted {
  readonly keys: ReadonlySet<AddressKey>
  readonly ids: ReadonlySet<PersonId>
  readonly foreignIds: readonly ForeignId[]
  readonly cookies: ReadonlySet<string>
  /** People of whom every foreign id, cookie and list is read. */
  readonly links: ReadonlySet<PersonId>
  /** Lists, and the people who may be on them. */
  readonly members: readonly { readonly listId: number; readonly ids: readonly PersonId[] }[]
  /** Addresses whose fan-out goes on in this batch, and how many people it tells. */
  readonly fanOuts: ReadonlyMap<AddressKey, number>
}

/** End of the log: the last position and hash, and the last id that an activity got. */
export interface LogHead {
  readonly seq: number
  readonly activityId: number
  readonly hash: string
}

/** Where the log begins in the store: the last entry that was archived (0: none), its hash and time, and the last
 * activity that was. */
export interface LogCut {
  readonly seq: number
  readonly activityId: number
  readonly hash: string
  readonly at: number
}

/** What a batch knows before its rules are asked. */
export interface Opening {
  readonly found: ReadonlyMap<string, FoundAnswer>
  readonly situation: WorkingSet
  /** Null where it was not to be locked yet. */
  readonly head: LogHead | null
}

/** Everything that one batch writes. `details[i]` belongs to `entries[i]`. */
export interface Append {
  readonly entries: readonly LogEntry[]
  readonly details: readonly LogDetail[]
  readonly difference: Difference
  readonly answers: readonly KeptAnswer[]
  readonly head: LogHead
}

/** The steps of a batch inside its one transaction, in the order in which they must be taken. */
export interface BatchTransaction {
  /** The next three together, in as few round trips as the database allows. */
  open(replayKeys: readonly string[], wanted: Wanted, locksHead: boolean): Promise<Opening>
  findAnswers(replayKeys: readonly string[]): Promise<ReadonlyMap<string, FoundAnswer>>
  /** Locks every address in key order, made first where it is missing, then reads. */
  read(wanted: Wanted): Promise<WorkingSet>
  /** The last lock of all: from here on this batch has its place in the log. */
  lockHead(): Promise<LogHead>
  append(append: Append): Promise<void>
}

/** Whatever carries a command. */
export interface Commanded {
  readonly command: Command
}

export interface CommandStore {
  /** How many of its transactions of one process may be on their way at a time, without one waiting for another. */
  readonly batchesAtOnce: 1 | 2
  /** Runs the work in one transaction and commits. Throws StoreUnavailable, CommitUnknown or what the work threw.
   * `batch` is what the work is about: nothing to the store, but to who watches it. */
  transact<T>(work: (transaction: BatchTransaction) => Promise<T>, batch?: readonly Commanded[]): Promise<T>
  /** Where in the log these commands stand; one that is not in it is left out. */
  findCommands(ids: readonly CommandId[]): Promise<ReadonlyMap<CommandId, number>>
  /** Ids that nobody has, kept for this caller alone. */
  reservePersonIds(count: number): Promise<PersonId[]>
  pendingFanOuts(limit: number): Promise<readonly Pick<FanOut, 'key' | 'version' | 'to'>[]>
  forgetAnswers(expiredAt: number, limit: number): Promise<number>
}

/** A person as readers see it: the flag read through the address. */
export interface PersonView {
  readonly person: Person
  readonly foreignIds: readonly ForeignId[]
  /** Null where the person has no address. */
  readonly status: EmailStatus | null
}

export interface ActivityRecord {
  readonly id: number
  readonly seq: number
  readonly at: number
  readonly personId: PersonId
  readonly kind: ActivityKind
  readonly attribute: string | null
  readonly from: string | null
  readonly to: string | null
  readonly reason: string
  readonly source: string
  readonly statusVersion: number | null
}

/** Which activities are meant. Times are milliseconds since the epoch, both ends belong to the window. */
export interface ActivitySelection {
  readonly from: number | null
  readonly to: number | null
  /** Null: all kinds. */
  readonly kinds: readonly ActivityKind[] | null
}

/** Null: everybody's, also of people that were deleted since. */
export type ActivityOwners = readonly PersonId[] | { readonly listId: number } | null

/** How long a page is, and how far what comes behind it is counted. */
export interface ActivityPageSize {
  readonly limit: number
  readonly countMax: number
}

export interface ActivityPage {
  readonly activities: readonly ActivityRecord[]
  /** How many come behind this page; `countMax` stands for that many or more. Never 0 while there is one. */
  readonly remaining: number
}

/** One version of the status of an address. */
export interface StatusRecord {
  readonly key: AddressKey
  readonly version: number
  readonly status: Status
  readonly at: number
  readonly reason: string
  readonly source: string
  readonly actor: string
  readonly evidence: string | null
  /** Whose word it is; null in records from before origins were kept. */
  readonly origin: Origin | null
  readonly seq: number
}

/** People who are named in one of these ways. Whom nobody can find is simply not among them. */
export type PeopleSelection =
  | { readonly type: 'ids'; readonly ids: readonly PersonId[] }
  | { readonly type: 'addresses'; readonly keys: readonly AddressKey[] }
  | { readonly type: 'foreign-ids'; readonly system: string; readonly values: readonly string[] }
  | { readonly type: 'cookies'; readonly cookies: readonly string[] }
  | { readonly type: 'list'; readonly listId: number }
  | { readonly type: 'everybody' }

/** Whoever has this value of a field, byte for byte. No index has it: people are looked at one after the other. */
export interface FieldSelection {
  readonly field: string
  readonly value: string
}

/** Those who were found among the people that were looked at; `next` is where to go on, null at the end. */
export interface FoundPeople {
  readonly people: readonly PersonView[]
  readonly next: PersonId | null
}

/** Milliseconds since the epoch, both ends included. */
export interface UpdateWindow {
  readonly from: number
  readonly to: number
}

/** One place in the order of `updatedAt` and id. */
export interface UpdateMark {
  readonly at: number
  readonly id: PersonId
}

export interface PeoplePage {
  readonly people: readonly PersonView[]
  readonly hasMore: boolean
}

/** A reader's way to be sure that nothing older is still on its way to being committed. */
export interface ReadBarrier {
  /** Resolves when every command that got its place in the log before this call is committed, or undone. */
  settled(): Promise<void>
}

/** Reads outside of any batch. Each sees only what is committed. */
export interface ReadStore {
  /** In order of id, those behind `after`. */
  selectedPeople(
    selection: PeopleSelection,
    page: { readonly after: PersonId; readonly limit: number },
  ): Promise<PeoplePage>
  countSelected(selection: PeopleSelection): Promise<number>
  /** In order of id, those behind `after`: at most `limit` of them, among at most `lookedAtMax` people, so that a rare
   * value costs many short calls and never a long one. */
  peopleWithValue(
    selection: FieldSelection,
    page: { readonly after: PersonId; readonly limit: number; readonly lookedAtMax: number },
  ): Promise<FoundPeople>
  /** In order of `updatedAt` and id, those behind `after` (null: from the beginning). Who is touched in between moves
   * to the end of that order; everybody else comes exactly once. */
  updatedPeople(
    window: UpdateWindow,
    page: { readonly after: UpdateMark | null; readonly limit: number },
  ): Promise<PeoplePage>
  countUpdated(window: UpdateWindow): Promise<number>
  peopleByIds(ids: readonly PersonId[]): Promise<readonly PersonView[]>
  peopleByForeignId(foreignId: ForeignId): Promise<readonly PersonView[]>
  peopleByCookie(cookie: string): Promise<readonly PersonView[]>
  /** Newest id first, at most `limit`. */
  peopleByAddress(key: AddressKey, limit: number): Promise<readonly PersonView[]>
  status(key: AddressKey): Promise<{ readonly status: EmailStatus; readonly people: number }>
  statusHistory(key: AddressKey): Promise<readonly StatusRecord[]>
  activitiesOf(
    personId: PersonId,
    page: { readonly after: number; readonly limit: number },
  ): Promise<readonly ActivityRecord[]>
  /** The stream of activities behind an id, oldest first. Ids follow commits: who goes on at the last misses none. */
  activitiesAfter(
    id: number,
    selection: ActivitySelection & { readonly owners: ActivityOwners },
    size: ActivityPageSize,
  ): Promise<ActivityPage>
  /** Newest first, from below an id (null: from the newest) and without the first `skip`. */
  latestActivitiesOf(
    personId: PersonId,
    selection: ActivitySelection,
    page: ActivityPageSize & { readonly before: number | null; readonly skip: number },
  ): Promise<ActivityPage>
  log(page: { readonly after: number; readonly limit: number }): Promise<readonly LogEntry[]>
  head(): Promise<LogHead>
  cut(): Promise<LogCut>
}

/** The store cannot take this now; trying the same again may work. Nothing was written. */
export class StoreUnavailable extends Error {
  override readonly name: string = 'StoreUnavailable'
}

/** Another writer was first with a row that this batch wanted to make. Nothing was written; reading again decides. */
export class StoreConflict extends StoreUnavailable {
  override readonly name = 'StoreConflict'
}

/** The connection was lost while committing, or the store took too long: it may or may not have been written. Trying
 * the same again is safe, and shows what became of it. */
export class CommitUnknown extends Error {
  override readonly name = 'CommitUnknown'
}

/** Whole tables in order of their keys, a page at a time; what `verify` compares. `after: null` is the beginning. */
export interface TableScan {
  people(after: PersonId | null, limit: number): Promise<readonly Person[]>
  /** Those that somebody set or somebody has. */
  statuses(
    after: AddressKey | null,
    limit: number,
  ): Promise<readonly { readonly status: EmailStatus; readonly people: number }[]>
  statusHistory(after: Pick<StatusRecord, 'key' | 'version'> | null, limit: number): Promise<readonly StatusRecord[]>
  activities(after: number | null, limit: number): Promise<readonly ActivityRecord[]>
  foreignIds(after: ForeignId | null, limit: number): Promise<readonly (ForeignId & { readonly personId: PersonId })[]>
  cookies(
    after: string | null,
    limit: number,
  ): Promise<readonly { readonly cookie: string; readonly personId: PersonId }[]>
  members(after: Membership | null, limit: number): Promise<readonly Membership[]>
  refusals(after: number | null, limit: number): Promise<readonly RefusalRecord[]>
}

/** All reads of one snapshot see the store at the same position of the log, while others go on writing. */
export interface SnapshotStore {
  snapshot<T>(work: (snapshot: ReadStore & { readonly tables: TableScan }) => Promise<T>): Promise<T>
}
