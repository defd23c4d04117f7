// The reading half of a batch: answers, addresses locked in key order, people, and the head of the log. Whoever holds
// the lock of an address may trust that nobody else changes a person of it.

import { type AddressKey, trustedAddressKey } from '../domain/address.js'
import type { Membership, Reading } from '../domain/batch-rows.js'
import type { FanOut, ForeignId, Person, PersonId } from '../domain/person.js'
import { WorkingSet } from '../domain/working-set.js'
import { type Opening, peopleToldAtOnceMax, StoreConflict, type Wanted } from '../service/ports.js'
import type { Statement } from './batch-drivers.js'
import type { BatchSession } from './batch-session.js'
import type { ErasedKeys } from './erased-keys.js'
import { type AnswerRow, answersFrom, findAnswers, keptAnswers } from './kept-answers.js'
import { type HeadRow, headFrom, lockedHead } from './log-head.js'
import {
  type FanOutRow,
  fanOutColumns,
  fanOutFrom,
  type PersonRow,
  personColumns,
  personFrom,
  type StatusRow,
  statusColumns,
  statusFrom,
} from './rows.js'

/** Answers, addresses, people and head (else null) in one round trip, where only addresses name anybody. */
export async function openBatch(
  session: BatchSession,
  replayKeys: readonly string[],
  wanted: Wanted,
  erased: ErasedKeys,
  locksHead: boolean,
): Promise<Opening> {
  if (!namesAddressesOnly(wanted)) {
    const found = await findAnswers(session, replayKeys)
    return { found, situation: await readBatch(session, wanted, erased), head: null }
  }
  const keys = [...wanted.keys].sort()
  await makeAbsent(session, keys)
  const [statusRows, peopleRows, answerRows, headRows] = (await session.rowsOfEach([
    lockedStatuses(session, keys),
    peopleOfFew(keys),
    keptAnswers(replayKeys),
    ...(locksHead ? [lockedHead(session)] : []),
  ])) as [readonly StatusRow[], readonly PersonRow[], readonly AnswerRow[], (readonly HeadRow[])?]
  const statuses = await withErased(session, statusRows.map(readingOf), erased)
  const people = peopleRows.map(personFrom)
  for (const { status, peopleRead } of statuses) if (!peopleRead) people.push(...(await lastSaved(session, status.key)))
  const situation = new WorkingSet({ ...nobody, statuses, people })
  return { found: answersFrom(answerRows), situation, head: headRows === undefined ? null : headFrom(headRows) }
}

const nobody = { members: [], fanOuts: [], foreignIds: [], cookies: [] } as const

function namesAddressesOnly({ keys, ids, foreignIds, cookies, links, members, fanOuts }: Wanted): boolean {
  const others = ids.size + foreignIds.length + cookies.size + links.size + members.length + fanOuts.size
  return keys.size > 0 && others === 0
}

export async function readBatch(session: BatchSession, wanted: Wanted, erased: ErasedKeys): Promise<WorkingSet> {
  const named = await readLinks(session, wanted)
  const ids = new Set<PersonId>(wanted.ids)
  for (const { personId } of [...named.foreignIds, ...named.cookies]) ids.add(personId)

  // A person that is named by an id brings its address along; which one it is must hold still once it is locked.
  const keys = new Set<AddressKey>(wanted.keys)
  for (const key of await addressesOf(session, ids)) keys.add(key)
  const statuses = await withErased(session, await lockAddresses(session, keys), erased)
  const people = await readPeople(session, ids, statuses, keys)
  await refuseInherited(session, wanted, named, people)
  const owned = await readOwnedLinks(session, wanted.links)
  const members = await readMembers(session, wanted)
  const fanOuts = await readFanOuts(session, wanted.fanOuts, people)
  return new WorkingSet({ statuses, people: [...people.values()], members, fanOuts, ...joined(named, owned) })
}

type Links = Pick<Reading, 'foreignIds' | 'cookies'>

const joined = (some: Links, others: Links): Links => ({
  foreignIds: [...some.foreignIds, ...others.foreignIds],
  cookies: [...some.cookies, ...others.cookies],
})

async function readLinks(session: BatchSession, wanted: Wanted): Promise<Links> {
  const foreignIds: { foreignId: ForeignId; personId: PersonId }[] = []
  const cookies: { cookie: string; personId: PersonId }[] = []
  if (wanted.foreignIds.length > 0) {
    const pairs = wanted.foreignIds.map(({ system, value }) => [system, value])
    const rows = await session
      .table('foreign_ids')
      .whereIn(['system', 'value'], pairs)
      .select('system', 'value', 'person_id')
    for (const { system, value, person_id } of rows)
      foreignIds.push({ foreignId: { system, value }, personId: person_id })
  }
  if (wanted.cookies.size > 0) {
    const rows = await session
      .table('cookies')
      .whereIn('cookie', [...wanted.cookies])
      .select('cookie', 'person_id')
    for (const { cookie, person_id } of rows) cookies.push({ cookie, personId: person_id })
  }
  return { foreignIds, cookies }
}

// Links are read without a lock, before it is known whose address is to be locked. Whoever is gone by then may have
// been merged, and what named it names somebody else.
async function refuseInherited(
  session: BatchSession,
  wanted: Wanted,
  named: Links,
  people: ReadonlyMap<PersonId, Person>,
): Promise<void> {
  if ([...named.foreignIds, ...named.cookies].every(({ personId }) => people.has(personId))) return
  const now = await readLinks(session, wanted)
  if (JSON.stringify(now) !== JSON.stringify(named))
    throw new StoreConflict('who was named by a foreign id or a cookie went away while this batch began')
}

// Behind the locks: whoever holds a person is the only one to give it links.
async function readOwnedLinks(session: BatchSession, owners: ReadonlySet<PersonId>): Promise<Links> {
  if (owners.size === 0) return { foreignIds: [], cookies: [] }
  const ids: { system: string; value: string; person_id: PersonId }[] = await session
    .table('foreign_ids')
    .whereIn('person_id', [...owners])
    .select('system', 'value', 'person_id')
  const rows: { cookie: string; person_id: PersonId }[] = await session
    .table('cookies')
    .whereIn('person_id', [...owners])
    .select('cookie', 'person_id')
  return {
    foreignIds: ids.map(({ system, value, person_id }) => ({ foreignId: { system, value }, personId: person_id })),
    cookies: rows.map(({ cookie, person_id }) => ({ cookie, personId: person_id })),
  }
}

async function readMembers(session: BatchSession, { members, links }: Wanted): Promise<Membership[]> {
  const found: { list_id: number; person_id: number }[] = []
  if (links.size > 0) {
    const query = session.table('list_members').whereIn('person_id', [...links])
    found.push(...(await query.select('list_id', 'person_id')))
  }
  const byList = new Map<number, PersonId[]>()
  for (const { listId, ids } of members) byList.set(listId, [...(byList.get(listId) ?? []), ...ids])
  for (const [listId, ids] of byList) {
    const query = session.table('list_members').where({ list_id: listId }).whereIn('person_id', ids)
    found.push(...(await query.select('list_id', 'person_id')))
  }
  return found.map(row => ({ listId: row.list_id, personId: row.person_id }))
}

async function addressesOf(session: BatchSession, ids: ReadonlySet<PersonId>): Promise<AddressKey[]> {
  if (ids.size === 0) return []
  const rows = await session.rows<{ address_key: string }>(
    'select address_key from people where id in (?) and address_key is not null',
    [[...ids]],
  )
  return rows.map(row => trustedAddressKey(row.address_key))
}

// Whoever holds an address holds what was kept of its erasure: both ways between the two are taken under its lock. Once
// somebody has the address or set its status, nothing is kept elsewhere.
async function withErased(
  session: BatchSession,
  statuses: Reading['statuses'],
  erased: ErasedKeys,
): Promise<Reading['statuses']> {
  const untouched = statuses.filter(({ status, people }) => status.version === 0 && people === 0)
  if (untouched.length === 0 || !(await erased.isAny(sql => session.rows(sql, [])))) return statuses
  const forms = new Map(untouched.map(({ status: { key } }) => [key, erased.formOf(key)!]))
  const rows = await session.rows<StatusRow>(
    `select ${statusColumns.join(', ')} from email_status where address_key in (?)`,
    [[...forms.values()]],
  )
  const kept = new Map(rows.map(row => [row.address_key, row]))
  return statuses.map(reading => {
    const { key } = reading.status
    const row = kept.get(forms.get(key) ?? '')
    if (row === undefined) return reading
    return { ...reading, status: { ...statusFrom(row), key }, erasedAs: trustedAddressKey(row.address_key) }
  })
}

export async function lockAddresses(
  session: BatchSession,
  keys: ReadonlySet<AddressKey>,
): Promise<Reading['statuses']> {
  if (keys.size === 0) return []
  const sorted = [...keys].sort()
  await makeAbsent(session, sorted)
  const { sql, values } = lockedStatuses(session, sorted)
  return (await session.rows<StatusRow>(sql, values)).map(readingOf)
}

// All batches take their locks in the order of the keys, so none can wait for another in a circle.
const makeAbsent = (session: BatchSession, keys: readonly AddressKey[]): Promise<void> =>
  session.insertIfAbsent(
    'email_status',
    'address_key',
    keys.map(key => ({ address_key: key, unsubscribed: false, version: 0, seq: 0, people: 0 })),
  )

const lockedStatuses = ({ forUpdate }: BatchSession, keys: readonly AddressKey[]): Statement => ({
  sql: `select ${statusColumns.join(', ')} from email_status where address_key in (?)${forUpdate}`,
  values: [keys],
})

const readingOf = (row: StatusRow): Reading['statuses'][number] => ({
  status: statusFrom(row),
  people: row.people,
  peopleRead: row.people <= peopleToldAtOnceMax,
})

// Whether an address has few people says its row, which is locked by then.
const peopleOfFew = (keys: readonly AddressKey[]): Statement => ({
  sql:
    `select ${personColumns.map(column => `people.${column}`).join(', ')} from email_status ` +
    'join people on people.address_key = email_status.address_key ' +
    'where email_status.address_key in (?) and email_status.people <= ?',
  values: [keys, peopleToldAtOnceMax],
})

const selectPeople = `select ${personColumns.join(', ')} from people`

async function readPeople(
  session: BatchSession,
  ids: ReadonlySet<PersonId>,
  statuses: Reading['statuses'],
  locked: ReadonlySet<AddressKey>,
): Promise<Map<PersonId, Person>> {
  const people = new Map<PersonId, Person>()
  const keep = (rows: readonly PersonRow[]): void => {
    for (const row of rows) if (!people.has(row.id)) people.set(row.id, personFrom(row))
  }
  const few = statuses
    .filter(({ people: count, peopleRead }) => peopleRead && count > 0)
    .map(({ status }) => status.key)
  if (few.length > 0) keep(await session.rows(`${selectPeople} where address_key in (?)`, [few]))
  for (const { status, peopleRead } of statuses) {
    if (peopleRead) continue
    for (const person of await lastSaved(session, status.key)) if (!people.has(person.id)) people.set(person.id, person)
  }

  const missing = [...ids].filter(id => !people.has(id)).sort((a, b) => a - b)
  if (missing.length > 0) {
    // Only a person without an address is guarded by no address; its own row is locked instead.
    keep(await session.rows(`${selectPeople} where id in (?) order by id${session.forUpdate}`, [missing]))
    for (const id of missing) {
      const key = people.get(id)?.address?.key
      if (key !== undefined && !locked.has(key))
        throw new StoreConflict('a person changed its address while this batch began')
    }
  }
  return people
}

/** Of an address with many people, the one that a save means. */
async function lastSaved(session: BatchSession, key: AddressKey): Promise<Person[]> {
  const rows: PersonRow[] = await session
    .table('people')
    .where({ address_key: key })
    .orderBy([
      { column: 'saved_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(1)
    .select(personColumns)
  return rows.map(personFrom)
}

async function readFanOuts(
  session: BatchSession,
  sizes: ReadonlyMap<AddressKey, number>,
  people: Map<PersonId, Person>,
): Promise<Reading['fanOuts']> {
  if (sizes.size === 0) return []
  const rows: FanOutRow[] = await session
    .table('fan_outs')
    .whereIn('address_key', [...sizes.keys()])
    .select(fanOutColumns)
  const fanOuts: { fanOut: FanOut; chunk: PersonId[]; last: boolean }[] = []
  for (const row of rows) {
    const fanOut = fanOutFrom(row)
    const size = sizes.get(fanOut.key)!
    // Who came to the address after the change has nothing to be told.
    const chunk: PersonRow[] = await session
      .table('people')
      .where({ address_key: fanOut.key })
      .andWhere('id', '>', fanOut.upTo)
      .andWhere('address_seq', '<', fanOut.seq)
      .orderBy('id')
      .limit(size)
      .select(personColumns)
    for (const person of chunk) if (!people.has(person.id)) people.set(person.id, personFrom(person))
    fanOuts.push({ fanOut, chunk: chunk.map(({ id }) => id), last: chunk.length < size })
  }
  return fanOuts
}
