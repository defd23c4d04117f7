// What a store keeps, as maps: the model that a real store is measured by. It knows how a difference is written and
// what must stay unique; of transactions, locks and faults it knows nothing.

import type { AddressKey } from '../../src/domain/address.js'
import type { Difference, Membership } from '../../src/domain/batch-rows.js'
import type { Field } from '../../src/domain/field.js'
import { type EmailStatus, type FanOut, type ForeignId, type Person, untouchedStatus } from '../../src/domain/person.js'
import type { Credential } from '../../src/service/access/credentials.js'
import type { NamedList, Workspace } from '../../src/service/lists.js'
import {
  type ActivityRecord,
  type Append,
  type LogDetail,
  type LogEntry,
  type LogHead,
  type PersonView,
  type StatusRecord,
  StoreConflict,
} from '../../src/service/ports.js'
import type { RefusalRecord } from '../../src/service/refusals.js'
import type { KeptAnswer } from '../../src/service/writes/kept-answer.js'

export interface ForeignLink {
  readonly foreignId: ForeignId
  readonly personId: number
}

export interface StatusRow {
  readonly status: EmailStatus
  readonly people: number
}

export interface Tables {
  readonly people: Map<number, Person>
  readonly statuses: Map<AddressKey, StatusRow>
  readonly statusHistory: StatusRecord[]
  readonly foreignIds: Map<string, ForeignLink>
  readonly cookies: Map<string, number>
  /** `listId personId` of everybody who is on a list. */
  readonly members: Map<string, Membership>
  readonly lists: NamedList[]
  readonly workspaces: Workspace[]
  readonly fanOuts: Map<AddressKey, FanOut>
  readonly activities: ActivityRecord[]
  readonly refusals: RefusalRecord[]
  readonly log: LogEntry[]
  readonly commandIds: Set<string>
  readonly answers: Map<string, KeptAnswer>
  readonly credentials: Map<string, Credential>
  readonly fields: Field[]
  head: LogHead
}

export function emptyTables(head: LogHead): Tables {
  return {
    people: new Map(),
    statuses: new Map(),
    statusHistory: [],
    foreignIds: new Map(),
    cookies: new Map(),
    members: new Map(),
    lists: [],
    workspaces: [],
    fanOuts: new Map(),
    activities: [],
    refusals: [],
    log: [],
    commandIds: new Set(),
    answers: new Map(),
    credentials: new Map(),
    fields: [],
    head,
  }
}

export const memberKey = ({ listId, personId }: Membership): string => `${listId} ${personId}`
export const linkKey = ({ system, value }: ForeignId): string => JSON.stringify([system, value])

/** The row of an address; one that nobody ever named reads like one that nobody ever touched. */
export function statusRow(tables: Tables, key: AddressKey): StatusRow {
  return tables.statuses.get(key) ?? { status: untouchedStatus(key), people: 0 }
}

/** Everybody that has the address, by id. */
export function peopleAt(tables: Tables, key: AddressKey): Person[] {
  return byId([...tables.people.values()].filter(person => person.address?.key === key))
}

export const byId = (people: readonly Person[]): Person[] => [...people].sort((a, b) => a.id - b.id)

export function viewOf(tables: Tables, person: Person): PersonView {
  const links = [...tables.foreignIds.values()].filter(({ personId }) => personId === person.id)
  const foreignIds = links.map(({ foreignId }) => foreignId).sort((a, b) => (linkKey(a) < linkKey(b) ? -1 : 1))
  return { person, foreignIds, status: person.address && statusRow(tables, person.address.key).status }
}

/** Refuses what unique keys would refuse, before anything is changed. */
export function checkAppend(tables: Tables, { entries, answers, difference }: Append): void {
  const deleted = new Set(difference.deleted)
  for (const { id } of difference.created) {
    if (tables.people.has(id) && !deleted.has(id)) throw new StoreConflict(`person ${id} exists`)
  }
  for (const { id } of difference.changed) {
    if (!tables.people.has(id)) throw new Error(`person ${id} was to be changed and does not exist`)
  }
  for (const { foreignId, isNew } of difference.foreignIds) {
    const owner = tables.foreignIds.get(linkKey(foreignId))?.personId
    if (isNew && owner !== undefined && !deleted.has(owner)) throw new StoreConflict(`${linkKey(foreignId)} is taken`)
  }
  for (const { cookie, isNew } of difference.cookies) {
    const owner = tables.cookies.get(cookie)
    if (isNew && owner !== undefined && !deleted.has(owner)) throw new StoreConflict(`cookie ${cookie} is taken`)
  }
  for (const { seq, commandId } of entries) {
    if (seq <= tables.head.seq) throw new StoreConflict(`log position ${seq} is taken`)
    if (tables.commandIds.has(commandId)) throw new StoreConflict(`command ${commandId} is in the log`)
  }
  for (const { replayKey } of answers) {
    if (tables.answers.has(replayKey)) throw new StoreConflict(`answer ${replayKey} is kept already`)
  }
}

/** Writes what one batch made. The order matters: an id, a foreign id or a cookie may be given anew when free. */
export function applyAppend(tables: Tables, append: Append): void {
  const { entries, details, answers, head } = append
  let activityId = tables.head.activityId
  applyDifference(tables, append.difference)
  entries.forEach((entry, index) => {
    tables.log.push({ ...entry })
    tables.commandIds.add(entry.commandId)
    activityId = applyHistory(tables, entry, details[index]!, activityId)
  })
  for (const answer of answers) tables.answers.set(answer.replayKey, { ...answer })
  if (activityId !== head.activityId) throw new Error(`the head says activity ${head.activityId}, it is ${activityId}`)
  tables.head = { ...head }
}

function applyDifference(tables: Tables, difference: Difference): void {
  for (const id of difference.deleted) {
    tables.people.delete(id)
    for (const [key, { personId }] of tables.foreignIds) if (personId === id) tables.foreignIds.delete(key)
    for (const [cookie, personId] of tables.cookies) if (personId === id) tables.cookies.delete(cookie)
    for (const [key, { personId }] of tables.members) if (personId === id) tables.members.delete(key)
  }
  for (const person of [...difference.created, ...difference.changed]) tables.people.set(person.id, { ...person })
  for (const { status, people } of difference.statuses) tables.statuses.set(status.key, { status, people })
  for (const { foreignId, personId } of difference.foreignIds)
    tables.foreignIds.set(linkKey(foreignId), { foreignId: { ...foreignId }, personId })
  for (const { cookie, personId } of difference.cookies) tables.cookies.set(cookie, personId)
  for (const foreignId of difference.foreignIdsFreed) tables.foreignIds.delete(linkKey(foreignId))
  for (const cookie of difference.cookiesFreed) tables.cookies.delete(cookie)
  for (const membership of difference.left) tables.members.delete(memberKey(membership))
  for (const membership of difference.joined) tables.members.set(memberKey(membership), { ...membership })
  for (const key of difference.fanOutsEnded) tables.fanOuts.delete(key)
  for (const fanOut of difference.fanOuts) tables.fanOuts.set(fanOut.key, { ...fanOut })
}

function applyHistory(tables: Tables, { seq, at }: LogEntry, { cause, effects }: LogDetail, lastId: number): number {
  let id = lastId
  for (const effect of effects) {
    if (effect.type === 'activity') {
      const { type: _, ...activity } = effect
      tables.activities.push({ id: ++id, seq, at, ...activity })
    } else if (effect.type === 'status-changed' || effect.type === 'cause-strengthened') {
      const { key, version, reason, evidence, origin = null } = effect
      const status = effect.type === 'status-changed' ? effect.to : 'unsubscribed'
      const { source, actor } = cause
      tables.statusHistory.push({ key, version, status, at, reason, source, actor, evidence, origin, seq })
    } else if (effect.type === 'resubscribe-refused') {
      const { key, personId, missing } = effect
      const { source, actor, role, evidence } = cause
      const reason = cause.reasonGiven ? cause.reason : null
      tables.refusals.push({ seq, at, actor, role, source, key, personId, missing, reason, evidence })
    }
  }
  return id
}
