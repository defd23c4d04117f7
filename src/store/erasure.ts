// Erasing in SQL: where an address and its people are found, and the tables that are rewritten. Each table has one
// function below, or its texts a line in naming-texts.ts; a test asks it of each column of the schema.

import type { Knex } from 'knex'
import { untouchedStatus } from '../domain/person.js'
import type { LogEntry, LogHead } from '../service/ports.js'
import type {
  About,
  Erasure,
  ErasureStore,
  ErasureTransaction,
  Stretch,
  Trace,
} from '../service/privacy/erasure-ports.js'
import { appendBatch, statusHistoryOf } from './batch-append.js'
import { lockAddresses } from './batch-read.js'
import type { BatchSession } from './batch-session.js'
import { textHoldsFolded } from './engine.js'
import { findAnswers } from './kept-answers.js'
import { headLock } from './log-head.js'
import { rewriteTexts, textsNaming } from './naming-texts.js'
import { refusalRowsOf } from './refusals.js'
import { type LogRow, logEntryFrom, type StatusRow, statusColumns, statusFrom } from './rows.js'

/** Gives a query on a table, on the connection of whoever asks. */
type Table = (name: string) => Knex.QueryBuilder

// So much of the log in one statement that none takes long, and so many values.
const stretchMax = 20_000
const valuesAtOnce = 500

export function createErasure(
  { reader, patient }: { readonly reader: Knex; readonly patient: Knex },
  inSession: <T>(work: (session: BatchSession) => Promise<T>) => Promise<T>,
): ErasureStore {
  const table: Table = name => reader(name)
  return {
    tracesIn: (about, stretch) => traces(table, about, stretch),
    async peopleAt(key) {
      return idsOf(await reader('people').where({ address_key: key }).select('id'))
    },
    entriesAt: seqs => entriesAt(table, seqs),
    // No index finds words within a text, so these take as long as there is text.
    textsNaming: spellings => textsNaming(patient, spellings),
    async jobsNaming(text) {
      const rows = await patient('import_rows')
        .where(textHoldsFolded(patient, 'content', text.toLowerCase()))
        .distinct('import_id')
      return rows.map(row => row.import_id as number)
    },
    erase: work => inSession(async session => work(transactionOn(session, await headLock(session)))),
  }
}

function transactionOn(session: BatchSession, lockHead: () => Promise<LogHead>): ErasureTransaction {
  const { table } = session
  return {
    findAnswers: keys => findAnswers(session, keys),
    async hold(key, erased) {
      await lockAddresses(session, new Set([key]))
      const rows: StatusRow[] = await table('email_status')
        .whereIn('address_key', [key, erased])
        .orderBy('version', 'desc')
        .select(statusColumns)
      const people = idsOf(await table('people').where({ address_key: key }).orderBy('id').select('id'))
      const versions = await table('status_history').where({ address_key: key }).select('seq')
      const refusals = await table('refusals').where({ address_key: key }).select('seq')
      const seqs = [...versions, ...refusals].map(row => row.seq as number)
      const status = rows[0] === undefined ? untouchedStatus(key) : statusFrom(rows[0])
      return { status, people, seqs }
    },
    lockHead,
    traces: (about, stretch) => traces(table, about, stretch),
    async livingOf(ids) {
      const living = new Set<number>()
      for (const some of chunksOf(ids))
        for (const id of idsOf(await table('people').whereIn('id', some).select('id'))) living.add(id)
      return living
    },
    entries: seqs => entriesAt(table, seqs),
    async rewrite(erasure) {
      const statusVersions = await eraseFromStatusHistory(session, erasure)
      const refusals = await eraseFromRefusals(session, erasure)
      const activities = await eraseFromActivities(session, erasure)
      const blockedAttempts = await eraseFromBlockedAttempts(session, erasure)
      const jobReports = erasure.texts.filter(({ of }) => of === 'job-report').length
      await rewriteTexts(session, erasure.texts, erasure.redact)
      await eraseFromSalesforce(session, erasure)
      await session.run('delete from email_status where address_key = ?', [erasure.key])
      return { statusVersions, refusals, activities, blockedAttempts, jobReports }
    },
    async append({ entry, detail, answers, head }, { people, status, key, redacted }, by) {
      const difference = {
        ...{ deleted: people, statuses: [{ status, people: 0 }], fanOutsEnded: [key], created: [], changed: [] },
        ...{ foreignIds: [], cookies: [], foreignIdsFreed: [], cookiesFreed: [], joined: [], left: [] },
        ...{ fanOuts: [], returned: [] },
      }
      await appendBatch(session, { entries: [entry], details: [detail], answers, head, difference })
      for (const {
        entry: { seq },
        text,
      } of redacted)
        await session.run('update log set detail = ?, redacted_by = ? where seq = ?', [text, by, seq])
    },
  }
}

// The hash of an address has no index: every command would pay for it, and this is asked once in a long while.
async function traces(table: Table, { hash, people }: About, { after, upTo }: Stretch): Promise<Trace[]> {
  const found = new Map<number, Trace>()
  const ids = [...people]
  for (let start = after; start < upTo; start += stretchMax) {
    const end = Math.min(upTo, start + stretchMax)
    const within = () =>
      table('log').where('seq', '>', start).andWhere('seq', '<=', end).andWhereNot('kind', 'erase-address')
    const columns = ['seq', 'person_id', 'address_hash'] as const
    const rows = await within()
      // What repeated an earlier call has neither, and is looked at itself.
      .andWhere(
        either =>
          void either
            .where('address_hash', hash)
            .orWhere(
              neither => void neither.whereNull('address_hash').whereNull('person_id').where('kind', 'save-person'),
            ),
      )
      .select(columns)
    for (const some of chunksOf(ids)) rows.push(...(await within().whereIn('person_id', some).select(columns)))
    for (const row of rows)
      found.set(row.seq, { seq: row.seq, personId: row.person_id, isOfAddress: row.address_hash === hash })
  }
  return [...found.values()]
}

async function entriesAt(table: Table, seqs: readonly number[]): Promise<LogEntry[]> {
  const rows: LogRow[] = []
  for (const some of chunksOf(seqs)) rows.push(...(await table('log').whereIn('seq', some).orderBy('seq').select('*')))
  return rows.map(logEntryFrom)
}

async function eraseFromStatusHistory({ table }: BatchSession, { key, erased, redacted }: Erasure): Promise<number> {
  const count = await table('status_history').where({ address_key: key }).update({ address_key: erased })
  for (const { entry, after } of redacted) {
    for (const { address_key, version, reason, evidence } of statusHistoryOf(entry, after))
      await table('status_history').where({ address_key, version }).update({ reason, evidence })
  }
  return count
}

async function eraseFromRefusals({ table }: BatchSession, { redacted }: Erasure): Promise<number> {
  let count = 0
  for (const { entry, after } of redacted) {
    for (const { seq, address_key, reason, evidence } of refusalRowsOf(entry, after)) {
      await table('refusals').where({ seq }).update({ address_key, reason, evidence })
      count++
    }
  }
  return count
}

// The lines of one command about one person are in the order of its effects.
async function eraseFromActivities({ table }: BatchSession, { redacted }: Erasure): Promise<number> {
  let count = 0
  for (const { entry, before, after } of redacted) {
    const places = new Map<number, number>()
    for (const [index, effect] of after.effects.entries()) {
      const told = before.effects[index]
      if (effect.type !== 'activity' || told?.type !== 'activity') continue
      const { personId, from, to, reason } = effect
      const place = places.get(personId) ?? 0
      places.set(personId, place + 1)
      if (from === told.from && to === told.to && reason === told.reason) continue
      const [row] = await table('activities')
        .where({ person_id: personId, seq: entry.seq })
        .orderBy('id')
        .offset(place)
        .limit(1)
        .select('id')
      if (row === undefined) continue
      await table('activities').where({ id: row.id }).update({ from_value: from, to_value: to, reason })
      count++
    }
  }
  return count
}

async function eraseFromBlockedAttempts({ table }: BatchSession, { key, erased }: Erasure): Promise<number> {
  return table('blocked_attempts').where({ address_key: key }).update({ address_key: erased })
}

// What Salesforce holds is for Salesforce to erase; here a record keeps its id and what is still to be written to it.
async function eraseFromSalesforce({ table }: BatchSession, { key, erased, people }: Erasure): Promise<void> {
  const nobody = { address: null, address_key: null, person_id: null }
  await table('salesforce_records').where({ address_key: key }).update(nobody)
  for (const some of chunksOf(people))
    await table('salesforce_records').whereIn('person_id', some).update({ person_id: null })
  await table('salesforce_conflicts').where({ address_key: key }).update({ address_key: erased })
}

const idsOf = (rows: readonly { readonly id: number }[]): number[] => rows.map(({ id }) => id)

function* chunksOf<Value>(values: readonly Value[]): Generator<Value[]> {
  for (let start = 0; start < values.length; start += valuesAtOnce) yield values.slice(start, start + valuesAtOnce)
}
