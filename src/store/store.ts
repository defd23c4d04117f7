// The store as the service sees it: batches in one transaction each, reads, and the small tables.

import type { Knex } from 'knex'
import { type AddressKey, trustedAddressKey } from '../domain/address.js'
import { type PersonId, personIdMax } from '../domain/person.js'
import type { CredentialStore } from '../service/access/credentials.js'
import type { SealedStore } from '../service/access/reseal.js'
import type { BlockedAttemptStore } from '../service/blocked-attempts.js'
import type { ChangeStore } from '../service/changes/changes.js'
import type { CheckStore } from '../service/checks.js'
import type { CallCountStore } from '../service/daily-counts.js'
import type { FieldStore } from '../service/fields.js'
import type { FlowStore } from '../service/flows/flows.js'
import type { HistoryStore } from '../service/history.js'
import type { JobReads, JobStore, ReceivingStore } from '../service/jobs/jobs.js'
import type { ListStore } from '../service/lists.js'
import type { ArchiveStore } from '../service/log/archive.js'
import type { BatchTransaction, CommandStore, ReadBarrier, ReadStore, SnapshotStore } from '../service/ports.js'
import type { ErasureStore } from '../service/privacy/erasure-ports.js'
import type { HoldingsStore } from '../service/privacy/privacy.js'
import type { RefusalStore } from '../service/refusals.js'
import type { InboxStore } from '../service/salesforce/inbox.js'
import type { OutboxStore } from '../service/salesforce/outbox.js'
import type { SalesforceRecordStore, SalesforceWorkStore } from '../service/salesforce/records.js'
import type { SyncStore } from '../service/salesforce/syncs.js'
import type { SettingStore } from '../service/settings.js'
import type { TraceStore } from '../service/traces/traces.js'
import type { WebhookRunStore, WebhookStore } from '../service/webhooks/webhook-ports.js'
import type { BacklogStore } from '../service/writes/backlog.js'
import { createArchive } from './archive.js'
import { createBacklog } from './backlog.js'
import { appendBatch } from './batch-append.js'
import { openBatch, readBatch } from './batch-read.js'
import { type BatchSession, inBatchSession } from './batch-session.js'
import { createCallCounts } from './call-counts.js'
import { createChanges } from './changes.js'
import { createChecks } from './checks.js'
import { copyEmbedded, durabilityProblems, type Engine, type EngineOptions, openEngine } from './engine.js'
import { ErasedKeys } from './erased-keys.js'
import { createErasure } from './erasure.js'
import { createFlows } from './flows.js'
import { createHistory } from './history.js'
import { createHoldings } from './holdings.js'
import { createJobs } from './jobs.js'
import { findAnswers } from './kept-answers.js'
import { createLists } from './lists.js'
import { headLock, lockHead } from './log-head.js'
import { freeMigrationLock, migrate, refuseNewer, type SchemaState, schemaState } from './migrate.js'
import { type Asked, passingErrors } from './outside-batches.js'
import { passingError } from './passing-errors.js'
import { createReads } from './reads.js'
import { createRefusals } from './refusals.js'
import { createRegistry, type FactStore } from './registry.js'
import { createSalesforceInbox } from './salesforce-inbox.js'
import { createSalesforceOutbox } from './salesforce-outbox.js'
import { createSalesforceRecords, createSalesforceWork } from './salesforce-records.js'
import { createSalesforceSyncs } from './salesforce-syncs.js'
import { createSealedTexts } from './sealed-texts.js'
import { createSettings } from './settings.js'
import { createTableScan } from './table-scan.js'
import { createTraces } from './traces.js'
import { createWebhooks } from './webhooks.js'

export interface Store
  extends CommandStore,
    ReadStore,
    ReadBarrier,
    HistoryStore,
    SnapshotStore,
    ArchiveStore,
    ChangeStore,
    WebhookStore,
    WebhookRunStore,
    CredentialStore,
    FieldStore,
    FactStore,
    SealedStore,
    BacklogStore,
    ListStore,
    FlowStore,
    JobStore,
    ReceivingStore,
    JobReads,
    SettingStore,
    TraceStore,
    InboxStore,
    OutboxStore,
    SalesforceRecordStore,
    SalesforceWorkStore,
    SyncStore,
    CheckStore,
    BlockedAttemptStore,
    RefusalStore,
    CallCountStore,
    ErasureStore,
    HoldingsStore {
  /** Without it an address that was erased has no status. To be called before anything else is asked of a store. */
  hashAddressesBy(hash: (key: AddressKey) => string): void
  /** Names of the migrations that were applied. Throws SchemaTooNew. */
  migrate(): Promise<readonly string[]>
  freeMigrationLock(): Promise<void>
  schemaState(): Promise<SchemaState>
  /** Sentences about what would let an acknowledged command be lost in a crash of the database. */
  durabilityProblems(): Promise<readonly string[]>
  /** Copies an embedded store into an empty file, while it is written to. False on a database server. */
  copyTo(file: string): Promise<boolean>
  close(): Promise<void>
}

export interface StoreOptions extends EngineOptions {
  /** How long anything but a batch may take altogether, the wait for a connection included. */
  readonly patienceMs?: number
}

/** Opens nothing yet: the first statement connects. `sqlite:FILE` or `mysql://...`. */
export function openStore(databaseUrl: string, { patienceMs = 15_000, ...options }: StoreOptions = {}): Store {
  const engine = openEngine(databaseUrl, options)
  const { writer, reader, patient } = engine
  const erased = new ErasedKeys()
  const passingOn = <Port extends Asked<Port>>(port: Port): Port => passingErrors(port, patienceMs)
  return {
    // Whoever waits for a batch has its patience in the group commit, which also knows what becomes of the batch.
    ...passingErrors(commandStore(engine, erased), null),
    // An embedded store has one writer.
    batchesAtOnce: engine.name === 'mysql' ? 2 : 1,
    ...passingOn(createReads(reader, erased)),
    ...passingOn(createChanges(reader, erased)),
    ...passingOn(createArchive(writer, reader)),
    ...passingOn(createHistory(reader, erased)),
    ...passingOn(createRegistry(writer, reader)),
    ...passingOn(createSealedTexts(writer)),
    ...passingOn(createBacklog(reader)),
    ...passingOn(createLists(engine.name, writer, reader)),
    ...passingOn(createFlows(engine.name, writer, reader)),
    ...passingOn(createJobs(engine.name, writer, reader)),
    ...passingOn(createRefusals(reader, erased)),
    ...passingOn(createSettings(writer, reader)),
    ...passingOn(createTraces(engine.name, writer, reader)),
    ...passingOn(createSalesforceInbox(engine.name, writer, reader)),
    ...passingOn(createSalesforceOutbox(engine.name, writer, reader)),
    ...passingOn(createSalesforceRecords(engine.name, writer, reader)),
    ...passingOn(createSalesforceSyncs(engine.name, writer, reader)),
    ...passingOn(createSalesforceWork(engine.name, writer, reader)),
    ...passingOn(createChecks(engine.name, writer, reader, erased)),
    ...passingOn(createCallCounts(writer)),
    ...passingOn(createBarrier(engine)),
    ...passingOn(createWebhooks(engine.name, writer, reader)),
    ...passingErrors(
      createErasure(engine, work => inSession(engine, work)),
      null,
    ), // as long as the log is long
    ...passingOn(createHoldings(reader)),
    hashAddressesBy: hash => erased.hashBy(hash),
    snapshot: work => inSnapshot(engine, knex => work({ ...createReads(knex, erased), tables: createTableScan(knex) })),
    migrate: () => migrate(patient),
    freeMigrationLock: () => freeMigrationLock(patient),
    ...passingOn(createSchemaLook(reader)),
    durabilityProblems: () => durabilityProblems(engine),
    copyTo: file => copyEmbedded(engine, file),
    close: () => engine.close(),
  }
}

function commandStore(engine: Engine, erased: ErasedKeys): Omit<CommandStore, 'batchesAtOnce'> {
  const { writer, reader } = engine
  return {
    transact: work =>
      inSession(engine, async session => {
        const lock = await headLock(session)
        return work({
          open: async (replayKeys, wanted, locksHead) => {
            const inOnePacket = locksHead && !session.isOneOfSeveralWriters
            const opened = await openBatch(session, replayKeys, wanted, erased, inOnePacket)
            return locksHead && opened.head === null ? { ...opened, head: await lock() } : opened
          },
          findAnswers: replayKeys => findAnswers(session, replayKeys),
          read: wanted => readBatch(session, wanted, erased),
          lockHead: lock,
          async append(append) {
            await appendBatch(session, append)
            await session.settle()
          },
        } satisfies BatchTransaction)
      }),

    // Under the lock of the head: a commit that is still on its way has either arrived or is undone by then.
    findCommands: ids =>
      inSession(engine, async session => {
        await lockHead(session)
        const rows = await session.rows<{ command_id: string; seq: number }>(
          'select command_id, seq from log where command_id in (?)',
          [ids],
        )
        return new Map(rows.map(row => [row.command_id, row.seq]))
      }),

    reservePersonIds: count => inTransaction(writer, transaction => reservePersonIds(transaction, count)),

    async pendingFanOuts(limit) {
      const rows = await reader('fan_outs')
        .orderBy('seq')
        .limit(limit)
        .select('address_key', 'version', 'to_unsubscribed')
      return rows.map(row => ({
        key: trustedAddressKey(row.address_key) as AddressKey,
        version: row.version as number,
        to: row.to_unsubscribed ? 'unsubscribed' : 'subscribed',
      }))
    },

    forgetAnswers: (expiredAt, limit) =>
      inTransaction(writer, async transaction => {
        const rows = await transaction('kept_answers')
          .where('expires_at', '<', expiredAt)
          .orderBy('expires_at')
          .limit(limit)
          .select('replay_key')
        if (rows.length === 0) return 0
        return transaction('kept_answers')
          .whereIn(
            'replay_key',
            rows.map(row => row.replay_key),
          )
          .delete()
      }),
  }
}

// Whoever holds the head has its place in the log and its time; to get hold of it is to have waited for them.
function createBarrier(engine: Engine): ReadBarrier {
  return { settled: () => inSession(engine, async session => void (await lockHead(session))) }
}

function createSchemaLook(reader: Knex): Pick<Store, 'schemaState'> {
  return {
    async schemaState() {
      const state = await schemaState(reader)
      refuseNewer(state)
      return state
    },
  }
}

async function inSession<T>(engine: Engine, work: (session: BatchSession) => Promise<T>): Promise<T> {
  let phase: 'working' | 'committing' = 'working'
  try {
    return await inBatchSession(engine, work, () => {
      phase = 'committing'
    })
  } catch (cause) {
    throw passingError(cause, phase)
  }
}

async function inTransaction<T>(knex: Knex, work: (transaction: Knex.Transaction) => Promise<T>): Promise<T> {
  let phase: 'working' | 'committing' = 'working'
  try {
    return await knex.transaction(async transaction => {
      const result = await work(transaction)
      phase = 'committing'
      return result
    })
  } catch (cause) {
    throw passingError(cause, phase)
  }
}

// SQLite sees a snapshot in every transaction; MySQL must be told, since its sessions read what is committed. (Both
// options together make knex write a statement that MySQL refuses.)
function inSnapshot<T>({ name, reader, patient }: Engine, work: (knex: Knex) => Promise<T>): Promise<T> {
  // On SQLite the patient one is the writer, and a reader is no hurdle to it.
  return (name === 'mysql' ? patient : reader).transaction(
    work,
    name === 'mysql' ? { isolationLevel: 'repeatable read' } : { readOnly: true },
  )
}

// Ids of a block that people brought along are left out. A block that is used up altogether means that an export of
// this store was loaded again: then the counter jumps behind all of it.
async function reservePersonIds(transaction: Knex.Transaction, count: number): Promise<PersonId[]> {
  for (;;) {
    const counter = await transaction('counters').where({ name: 'person' }).forUpdate().first('next')
    const first: number = counter.next
    const end = first + count
    if (end > personIdMax) throw new Error(`the ids for people are used up: the next would be ${first}`)
    await transaction('counters').where({ name: 'person' }).update({ next: end })
    const used = await transaction('people').where('id', '>=', first).andWhere('id', '<', end).select('id')
    const taken = new Set(used.map(row => row.id as number))
    const free = Array.from({ length: count }, (_, index) => first + index).filter(id => !taken.has(id))
    if (free.length > 0) return free
    const { last } = (await transaction('people').max('id as last').first()) as { last: number }
    // The very last ids may have been brought along on purpose; they are no reason to give up all that lies between.
    if (last < personIdMax - count)
      await transaction('counters')
        .where({ name: 'person' })
        .update({ next: last + 1 })
  }
}
