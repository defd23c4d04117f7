// What a history is asked for, and what it answers: each change with who made it, why, and by which command. The store
// fills the port; the words here know nothing of tables.

import type { AddressKey } from '../domain/address.js'
import type { PersonId, Status } from '../domain/person.js'
import type { ActivityRecord, CommandId, LogDetail, StatusRecord } from './ports.js'

/** Which lines are meant; null: all. Times are milliseconds since the epoch, both ends belong to the window. */
export interface HistoryFilter {
  readonly source: string | null
  readonly reason: string | null
  readonly from: number | null
  readonly to: number | null
}

export interface HistoryLine extends ActivityRecord {
  readonly actor: string
  readonly commandId: CommandId
}

export interface StatusChangeLine extends StatusRecord {
  /** Of the version before. The same where only the cause changed. */
  readonly from: Status
  /** Null where the log of then was archived; versions of statuses stay. */
  readonly commandId: CommandId | null
}

export interface HistoryPage<Line> {
  readonly lines: readonly Line[]
  readonly hasMore: boolean
}

/** Pages are newest first; `before` is the id or the version that they go on below (null: from the newest). */
export interface HistoryPageAsked {
  readonly before: number | null
  readonly limit: number
}

export interface HistoryStore {
  personHistory(
    personId: PersonId,
    filter: HistoryFilter & { readonly attribute: string | null },
    page: HistoryPageAsked,
  ): Promise<HistoryPage<HistoryLine>>
  addressHistory(key: AddressKey, filter: HistoryFilter, page: HistoryPageAsked): Promise<HistoryPage<StatusChangeLine>>
  /** The last version that the address had at a time; undefined where nobody had set it by then. */
  statusAt(key: AddressKey, at: number): Promise<StatusChangeLine | undefined>
  /** The last line of a person about being made or deleted, by a time. */
  lifeAt(personId: PersonId, at: number): Promise<HistoryLine | undefined>
  /** The last change of an attribute of a person by a time, behind the line `after`. */
  changeAt(
    personId: PersonId,
    attribute: string,
    when: { readonly at: number; readonly after: number },
  ): Promise<HistoryLine | undefined>
  /** The first line of a person about being made or deleted, behind a time. */
  lifeAfter(personId: PersonId, at: number): Promise<HistoryLine | undefined>
  /** The first change of an attribute of a person behind a time. */
  changeAfter(personId: PersonId, attribute: string, at: number): Promise<HistoryLine | undefined>
  /** What the command at this position of the log did; undefined where there is none, or it was erased. */
  commandDetail(seq: number): Promise<LogDetail | undefined>
}
