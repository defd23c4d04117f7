// The ports filled in memory: the model of what any store must do, and the place where tests make a store fail. One
// transaction runs at a time; what it appends becomes visible at its commit, all of it or nothing.

import type { AddressKey } from '../../src/domain/address.js'
import type { Reading } from '../../src/domain/batch-rows.js'
import type { Person, PersonId } from '../../src/domain/person.js'
import { WorkingSet } from '../../src/domain/working-set.js'
import type { CredentialStore } from '../../src/service/access/credentials.js'
import type { BlockedAttemptStore } from '../../src/service/blocked-attempts.js'
import type { ChangeStore } from '../../src/service/changes/changes.js'
import type { CheckStore } from '../../src/service/checks.js'
import type { FieldStore } from '../../src/service/fields.js'
import type { FlowStore } from '../../src/service/flows/flows.js'
import type { HistoryStore } from '../../src/service/history.js'
import type { JobReads, JobStore, ReceivingStore } from '../../src/service/jobs/jobs.js'
import type { ListStore } from '../../src/service/lists.js'
import { genesisHash } from '../../src/service/log/log-chain.js'
import {
  type Append,
  type BatchTransaction,
  type CommandStore,
  fanOutChunkSize,
  type LogDetail,
  type Opening,
  peopleToldAtOnceMax,
  type ReadBarrier,
  type ReadStore,
  StoreConflict,
  type Wanted,
} from '../../src/service/ports.js'
import type { RefusalStore } from '../../src/service/refusals.js'
import type { SettingStore } from '../../src/service/settings.js'
import type { TraceStore } from '../../src/service/traces/traces.js'
import type { FoundAnswer } from '../../src/service/writes/kept-answer.js'
import { activityStream } from './memory-activities.js'
import { memoryBlockedAttempts } from './memory-blocked-attempts.js'
import { memoryChanges } from './memory-changes.js'
import { memoryFlows } from './memory-flows.js'
import { memoryHistory } from './memory-history.js'
import { memoryJobs } from './memory-jobs.js'
import { peoplePages } from './memory-pages.js'
import { memorySettings } from './memory-settings.js'
import {
  applyAppend,
  byId,
  checkAppend,
  emptyTables,
  linkKey,
  memberKey,
  peopleAt,
  statusRow,
  type Tables,
  viewOf,
} from './memory-tables.js'
import { memoryTraces } from './memory-traces.js'

/** Everything that `Service` and `GroupCommit` need of a store. */
export type AnyStore = CommandStore &
  ReadStore &
  ReadBarrier &
  HistoryStore &
  ChangeStore &
  CredentialStore &
  FieldStore &
  ListStore &
  FlowStore &
  JobStore &
  ReceivingStore &
  JobReads &
  CheckStore &
  BlockedAttemptStore &
  SettingStore &
  TraceStore &
  RefusalStore

export interface MemoryStoreOptions {
  /** An address that more people share is not read as a whole; its fan-out goes on in chunks. */
  readonly inlinePeopleMax?: number
  /** People in one chunk of a fan-out. */
  readonly fanOutChunkMax?: number
}

/**
 * A failure that one transaction meets: instead of its commit, or after it, so that the caller cannot know. `late`: it
 * lands only when the next transaction commits, which then finds that it was not alone.
 */
export interface Fault {
  readonly at: 'before-commit' | 'after-commit' | 'late'
  readonly error: Error
}

export interface MemoryStore extends AnyStore {
  /** The next transaction that gets to its commit meets this fault; called again, the one after it, and so on. */
  failNext(fault: Fault): void
  /** The watcher sees each append before it is taken in, and may throw. It stays until another takes its place. */
  watchAppends(watcher: (append: Append) => void): void
  /** Commits wait from now on, until the function that is returned is called. */
  holdCommits(): () => void
  /** A commit waits to be let go. */
  readonly isHolding: boolean
  /** Transactions begun, and the sizes of the batches that were committed. */
  readonly counted: { readonly transactions: number; readonly committed: readonly number[] }
  /** A copy of all tables. */
  dump(): Tables
}

const firstPersonId = 1_000_000_001

export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { inlinePeopleMax = peopleToldAtOnceMax, fanOutChunkMax = fanOutChunkSize } = options
  const tables = emptyTables({ seq: 0, activityId: 0, hash: genesisHash })
  const faults: Fault[] = []
  const committed: number[] = []
  let watcher: (append: Append) => void = () => {}
  let transactions = 0
  let lastTransaction: Promise<unknown> = Promise.resolve()
  let gate: Promise<void> | null = null
  let late: Append | null = null
  let holding = 0
  let nextPersonId = firstPersonId

  async function commit(append: Append | null): Promise<void> {
    if (gate !== null) {
      holding++
      await gate
      holding--
    }
    if (late !== null) {
      const landing = late
      late = null
      take(landing)
      throw new StoreConflict('another writer was first')
    }
    const fault = faults.shift()
    if (fault?.at === 'late') late = append
    if (fault !== undefined && fault.at !== 'after-commit') throw fault.error
    if (append !== null) take(append)
    if (fault !== undefined) throw fault.error
  }

  function take(append: Append): void {
    applyAppend(tables, append)
    committed.push(append.entries.length)
  }

  async function transact<T>(work: (transaction: BatchTransaction) => Promise<T>): Promise<T> {
    transactions++
    const transaction = new MemoryTransaction(tables, inlinePeopleMax, fanOutChunkMax, append => watcher(append))
    try {
      const result = await work(transaction)
      await commit(transaction.appended)
      return result
    } finally {
      transaction.end()
    }
  }

  return {
    batchesAtOnce: 1,

    transact(work) {
      const turn = lastTransaction.then(() => transact(work))
      // The next transaction waits for this one, whatever becomes of it; its error belongs to its own caller.
      lastTransaction = turn.catch(() => {})
      return turn
    },
    async settled() {
      await lastTransaction
    },
    async findCommands(ids) {
      return new Map(tables.log.flatMap(({ commandId, seq }) => (ids.includes(commandId) ? [[commandId, seq]] : [])))
    },
    async reservePersonIds(count) {
      const ids: PersonId[] = []
      for (; ids.length < count; nextPersonId++) if (!tables.people.has(nextPersonId)) ids.push(nextPersonId)
      return ids
    },
    async pendingFanOuts(limit) {
      return [...tables.fanOuts.values()].slice(0, limit).map(({ key, version, to }) => ({ key, version, to }))
    },
    async forgetAnswers(expiredAt, limit) {
      const expired = [...tables.answers.values()].filter(answer => answer.expiresAt <= expiredAt).slice(0, limit)
      for (const { replayKey } of expired) tables.answers.delete(replayKey)
      return expired.length
    },
    ...reads(tables),
    ...credentials(tables),
    ...lists(tables),
    ...memoryChanges(tables),
    ...memoryHistory(tables),
    ...memoryFlows(),
    ...memoryJobs(tables),
    statusesOf: async keys => new Map(keys.map(key => [key, statusRow(tables, key).status])),
    ...memoryBlockedAttempts(),
    ...memorySettings(),
    ...memoryTraces(),
    async refusals({ after, limit, key }) {
      const found = tables.refusals.filter(({ seq }) => seq > after)
      return found.filter(refusal => key === undefined || refusal.key === key).slice(0, limit)
    },
    async customFields() {
      return [...tables.fields]
    },
    async addField(field) {
      if (tables.fields.some(({ name }) => name === field.name)) return false
      tables.fields.push({ ...field })
      return true
    },
    failNext(fault) {
      faults.push(fault)
    },
    watchAppends(next) {
      watcher = next
    },
    holdCommits() {
      let open = (): void => {}
      gate = new Promise(resolve => {
        open = resolve
      })
      return () => {
        gate = null
        open()
      }
    },
    get isHolding() {
      return holding > 0
    },
    get counted() {
      return { transactions, committed: [...committed] }
    },
    dump() {
      return structuredClone(tables)
    },
  }
}

// The steps come in one order only; a store that locked in another would deadlock with its neighbours.
const steps = ['begun', 'answers', 'read', 'head', 'appended', 'ended'] as const

class MemoryTransaction implements BatchTransaction {
  appended: Append | null = null
  #step: (typeof steps)[number] = 'begun'

  constructor(
    readonly tables: Tables,
    readonly inlinePeopleMax: number,
    readonly fanOutChunkMax: number,
    readonly watch: (append: Append) => void,
  ) {}

  end(): void {
    this.#step = 'ended'
  }

  async open(replayKeys: readonly string[], wanted: Wanted, locksHead: boolean): Promise<Opening> {
    const found = await this.findAnswers(replayKeys)
    const situation = await this.read(wanted)
    return { found, situation, head: locksHead ? await this.lockHead() : null }
  }

  async findAnswers(replayKeys: readonly string[]): Promise<ReadonlyMap<string, FoundAnswer>> {
    this.#advance('answers')
    const found = new Map<string, FoundAnswer>()
    for (const replayKey of replayKeys) {
      const answer = this.tables.answers.get(replayKey)
      const entry = answer && this.tables.log.find(({ seq }) => seq === answer.seq)
      if (!answer || typeof entry?.detail !== 'string') continue
      const { outcome, effects } = JSON.parse(entry.detail) as LogDetail
      found.set(replayKey, { requestHash: answer.requestHash, outcome, effects })
    }
    return found
  }

  async read(wanted: Wanted): Promise<WorkingSet> {
    this.#advance('read')
    return new WorkingSet(readingOf(this.tables, wanted, this.inlinePeopleMax, this.fanOutChunkMax))
  }

  async lockHead(): Promise<Tables['head']> {
    this.#advance('head')
    return { ...this.tables.head }
  }

  async append(append: Append): Promise<void> {
    this.#advance('appended')
    this.watch(append)
    checkAppend(this.tables, append)
    this.appended = append
  }

  #advance(to: (typeof steps)[number]): void {
    if (steps.indexOf(to) <= steps.indexOf(this.#step)) throw new Error(`step '${to}' came after '${this.#step}'`)
    this.#step = to
  }
}

function readingOf(tables: Tables, wanted: Wanted, inlinePeopleMax: number, fanOutChunkMax: number): Reading {
  const foreignIds = [
    ...wanted.foreignIds.flatMap(foreignId => tables.foreignIds.get(linkKey(foreignId)) ?? []),
    ...[...tables.foreignIds.values()].filter(({ personId }) => wanted.links.has(personId)),
  ]
  const cookies = [...tables.cookies].flatMap(([cookie, personId]) =>
    wanted.cookies.has(cookie) || wanted.links.has(personId) ? [{ cookie, personId }] : [],
  )
  const named = [...wanted.ids, ...foreignIds.map(link => link.personId), ...cookies.map(link => link.personId)]
  const people = new Map<PersonId, Person>()
  const take = (person: Person | undefined): void => void (person && people.set(person.id, person))
  for (const id of named) take(tables.people.get(id))

  const keys = new Set<AddressKey>(wanted.keys)
  for (const { address } of people.values()) if (address !== null) keys.add(address.key)
  const statuses = [...keys].sort().map(key => {
    const row = statusRow(tables, key)
    const peopleRead = row.people <= inlinePeopleMax
    const here = peopleAt(tables, key)
    if (peopleRead) here.forEach(take)
    else take(here.reduce((last, person) => (person.savedAt >= last.savedAt ? person : last)))
    return { ...row, peopleRead }
  })

  const fanOuts = [...wanted.fanOuts].flatMap(([key, size]) => {
    const fanOut = tables.fanOuts.get(key)
    if (fanOut === undefined) return []
    const untold = peopleAt(tables, key).filter(({ id, addressSeq }) => id > fanOut.upTo && addressSeq < fanOut.seq)
    const chunk = untold.slice(0, Math.min(size, fanOutChunkMax))
    chunk.forEach(take)
    return [{ fanOut, chunk: chunk.map(({ id }) => id), last: chunk.length === untold.length }]
  })
  const asked = wanted.members.flatMap(({ listId, ids }) => ids.map(personId => memberKey({ listId, personId })))
  const members = [...tables.members].flatMap(([key, membership]) =>
    asked.includes(key) || wanted.links.has(membership.personId) ? [membership] : [],
  )
  return { statuses, people: byId([...people.values()]), foreignIds, cookies, members, fanOuts }
}

function reads(tables: Tables): ReadStore {
  const view = (person: Person | undefined) => (person === undefined ? [] : [viewOf(tables, person)])
  return {
    async peopleByIds(ids) {
      return ids.flatMap(id => view(tables.people.get(id)))
    },
    async peopleByForeignId(foreignId) {
      const link = tables.foreignIds.get(linkKey(foreignId))
      return link === undefined ? [] : view(tables.people.get(link.personId))
    },
    async peopleByCookie(cookie) {
      const personId = tables.cookies.get(cookie)
      return personId === undefined ? [] : view(tables.people.get(personId))
    },
    async peopleByAddress(key, limit) {
      return peopleAt(tables, key).reverse().slice(0, limit).flatMap(view)
    },
    async status(key) {
      return statusRow(tables, key)
    },
    async statusHistory(key) {
      return tables.statusHistory.filter(record => record.key === key)
    },
    async activitiesOf(personId, { after, limit }) {
      const own = tables.activities.filter(activity => activity.personId === personId && activity.id > after)
      return own.slice(0, limit)
    },
    ...activityStream(tables),
    ...peoplePages(tables),
    async log({ after, limit }) {
      return tables.log.filter(({ seq }) => seq > after).slice(0, limit)
    },
    async head() {
      return { ...tables.head }
    },
    async cut() {
      return { seq: 0, activityId: 0, hash: genesisHash, at: 0 }
    },
  }
}

function credentials({ credentials }: Tables): CredentialStore {
  return {
    async credentialById(id) {
      return credentials.get(id)
    },
    async credentialBySecret(secret) {
      const all = [...credentials.values()]
      return all.find(item => item.secret === secret) ?? all.find(item => item.previous?.secret === secret)
    },
    async addCredential(credential) {
      const taken = credentials.get(credential.id)
      if (taken !== undefined && (taken.revokedAt === null || taken.kind !== credential.kind)) return false
      credentials.set(credential.id, { ...credential })
      return true
    },
    async listCredentials() {
      return [...credentials.values()]
    },
    async rotateCredential(id, { from, to, previousUntil }) {
      const credential = credentials.get(id)
      if (credential?.revokedAt !== null || credential.secret !== from) return false
      credentials.set(id, { ...credential, secret: to, previous: { secret: from, until: previousUntil } })
      return true
    },
    async revokeCredential(id, at) {
      const credential = credentials.get(id)
      if (credential === undefined || credential.revokedAt !== null) return false
      credentials.set(id, { ...credential, revokedAt: at })
      return true
    },
  }
}

function lists(tables: Tables): ListStore {
  return {
    async listByName(name) {
      return tables.lists.find(list => list.name === name)
    },
    async listById(id) {
      return tables.lists.find(list => list.id === id)
    },
    async lists() {
      return [...tables.lists].sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    async addList(given, program) {
      const name = program === null ? given : `${program}.${given}`
      if (tables.lists.some(list => list.name === name)) return undefined
      const list = { id: 1_000_001 + tables.lists.length, name, program }
      tables.lists.push(list)
      return list
    },
    async membersOf(listId, { after, limit }) {
      const on = [...tables.members.values()].filter(({ listId: id, personId }) => id === listId && personId > after)
      return on
        .map(({ personId }) => personId)
        .sort((a, b) => a - b)
        .slice(0, limit)
    },
    async membersAmong(listId, ids) {
      return new Set(ids.filter(personId => tables.members.has(memberKey({ listId, personId }))))
    },
    async workspaces() {
      return [...tables.workspaces]
    },
    async addWorkspace(workspace) {
      const isTaken = tables.workspaces.some(({ name }) => name.toLowerCase() === workspace.name.toLowerCase())
      if (!isTaken) tables.workspaces.push({ ...workspace })
      return !isTaken
    },
  }
}
