// Erases an address: its people go with all that is known of them, what the log and the histories say is redacted, and
// its status goes on under a keyed hash. One transaction, and one entry of the log that lists what it redacted.

import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Address, AddressKey } from '../../domain/address.js'
import type { Cause, Effect } from '../../domain/command.js'
import { type EraseAddress, type Erased, erasedKey } from '../../domain/erasure.js'
import type { PersonId } from '../../domain/person.js'
import { entryHash, sha256 } from '../log/log-chain.js'
import { createRedactor, spellingsIn } from '../log/redact.js'
import {
  type CommandId,
  type CommandStore,
  CommitUnknown,
  type LogDetail,
  type LogHead,
  type ReadStore,
  StoreConflict,
  StoreUnavailable,
} from '../ports.js'
import type { Answer, Replay } from '../writes/submission.js'
import type {
  About,
  Erasure,
  ErasureLog,
  ErasureStore,
  ErasureTransaction,
  NamingText,
  Redacted,
} from './erasure-ports.js'

export interface EraseRequest {
  readonly address: Address
  readonly cause: Cause
  readonly replay: Replay
}

export interface EraseParts {
  readonly store: ErasureStore & Pick<CommandStore, 'findCommands'> & Pick<ReadStore, 'head'>
  readonly hashAddress: (key: AddressKey) => string
  readonly answersKeptMs: number
  now(): number
}

export type ErasedAnswer = Extract<Answer, { type: 'carried-out' | 'replayed' | 'key-reused' }>

// Somebody new at the address, or a store that is busy: both pass.
const attemptsMax = 8
const pauseMs = (attempt: number): number => 20 * 2 ** attempt * (0.5 + Math.random() / 2)

export async function eraseAddress(request: EraseRequest, parts: EraseParts): Promise<ErasedAnswer> {
  const commandId = randomUUID().replaceAll('-', '')
  let doubted: (ErasedAnswer & { type: 'carried-out' }) | null = null
  for (let attempt = 1; ; attempt++) {
    try {
      if (doubted !== null && (await parts.store.findCommands([commandId])).size > 0) return doubted
      return await attemptAt(request, commandId, parts, answer => {
        doubted = answer
      })
    } catch (cause) {
      const isPassing = cause instanceof StoreUnavailable || cause instanceof CommitUnknown
      if (!isPassing || attempt === attemptsMax) throw cause
      await delay(pauseMs(attempt))
    }
  }
}

interface Found {
  readonly head: number
  readonly people: ReadonlySet<PersonId>
  readonly seqs: readonly number[]
  readonly texts: readonly NamingText[]
}

async function attemptAt(
  { address: { key, text: spelling }, cause, replay }: EraseRequest,
  commandId: CommandId,
  parts: EraseParts,
  decided: (answer: ErasedAnswer & { type: 'carried-out' }) => void,
): Promise<ErasedAnswer> {
  const { store, hashAddress } = parts
  const hash = hashAddress(key)
  const erased = erasedKey(hash)
  // 1. Where the log tells of it, without a lock: that may take as long as the log is long.
  const found = await lookAround({ key, text: spelling }, hash, store)
  return store.erase(async transaction => {
    // 2. What was answered before.
    const before = await answeredBefore(replay, transaction)
    if (before !== null) return before
    // 3. The address, which holds its people, and then the head of the log.
    const held = await transaction.hold(key, erased)
    const head = await transaction.lockHead()
    // 4. What was written since the look around.
    const newer = await transaction.traces({ hash, people: found.people }, { after: found.head, upTo: head.seq })
    const present = [...held.people, ...newer.flatMap(({ personId, isOfAddress }) => (isOfAddress ? [personId] : []))]
    if (present.some(id => id !== null && !found.people.has(id)))
      throw new StoreConflict('somebody came to the address while it was looked for in the log')

    // 5. What is left of each entry.
    const living = await transaction.livingOf([...found.people])
    const leaving = new Set(held.people)
    const gone = new Set([...found.people].filter(id => leaving.has(id) || !living.has(id)))
    const seqs = [...new Set([...found.seqs, ...newer.map(({ seq }) => seq), ...held.seqs])].sort((a, b) => a - b)
    const read = (await transaction.entries(seqs)).flatMap(entry =>
      entry.detail === null ? [] : [{ entry, before: JSON.parse(entry.detail) as LogDetail }],
    )
    const linkedFrom = read.flatMap(({ before }) => before.effects.flatMap(formerOwner))
    const owners = await transaction.livingOf(linkedFrom)
    const isLiving = (id: PersonId): boolean => owners.has(id) && !gone.has(id)
    const subject = { key, erased, gone, isLiving, hash: (text: string) => hashAddress(text as AddressKey) }
    const spellings = [spelling, ...read.flatMap(({ before }) => spellingsIn(before, key))]
    const redactor = createRedactor(subject, spellings)
    const redacted = read.flatMap(({ entry, before }): Redacted[] => {
      const { salt: _, ...unsalted } = before
      const after = redactor.detail(before, entry.personId)
      const text = JSON.stringify(after)
      return text === JSON.stringify(unsalted) && entry.addressHash !== hash ? [] : [{ entry, before, after, text }]
    })

    // 6. All tables, and the entry that says so.
    const { reason, evidence } = held.status
    const status = {
      ...held.status,
      key: erased,
      reason: reason && redactor.text(reason),
      evidence: evidence && redactor.text(evidence),
    }
    const erasure: Erasure = {
      ...{ key, erased, status, redacted, people: held.people, texts: found.texts },
      redact: redactor.deep,
    }
    const counts = await transaction.rewrite(erasure)
    const outcome: Erased = {
      type: 'erased',
      kept: { status: status.status, version: status.version },
      counts: { ...counts, people: held.people.length, logEntries: redacted.length },
    }
    const safeCause = {
      ...cause,
      reason: redactor.text(cause.reason),
      evidence: cause.evidence && redactor.text(cause.evidence),
    }
    const log = entryOf({ commandId, cause: safeCause, outcome, erasure, head, hash, replay }, parts)
    await transaction.append(log, erasure, log.entry.seq)
    const { seq } = log.entry
    const answer = { type: 'carried-out', outcome, effects: log.detail.effects, seq, commandId } as const
    decided(answer)
    return answer
  })
}

async function lookAround({ key, text }: Address, hash: string, store: EraseParts['store']): Promise<Found> {
  const present = await store.peopleAt(key)
  const { people, traces, head } = await tracesOf(hash, present, store)
  return { head, people, seqs: traces, texts: await store.textsNaming([key, text]) }
}

/** Everybody who ever had an address, and all that the log tells of it and of them. */
export async function tracesOf(
  hash: string,
  present: readonly PersonId[],
  store: Pick<EraseParts['store'], 'tracesIn' | 'head'>,
): Promise<{ readonly people: ReadonlySet<PersonId>; readonly traces: readonly number[]; readonly head: number }> {
  const { seq: head } = await store.head()
  const all = { after: 0, upTo: head }
  const ofAddress = await store.tracesIn({ hash, people: new Set() }, all)
  const people = new Set([...present, ...ofAddress.flatMap(({ personId }) => personId ?? [])])
  const traces = await store.tracesIn({ hash, people } satisfies About, all)
  return { people, traces: traces.map(({ seq }) => seq), head }
}

async function answeredBefore(replay: Replay, transaction: ErasureTransaction): Promise<ErasedAnswer | null> {
  if (replay.type !== 'named') return null
  const found = (await transaction.findAnswers([replay.replayKey])).get(replay.replayKey)
  if (found === undefined) return null
  if (found.requestHash !== replay.requestHash) return { type: 'key-reused' }
  return { type: 'replayed', outcome: found.outcome, effects: found.effects }
}

const formerOwner = (effect: Effect): PersonId[] =>
  (effect.type === 'foreign-id-linked' || effect.type === 'cookie-linked') && effect.from !== undefined
    ? [effect.from]
    : []

function entryOf(
  of: {
    readonly commandId: CommandId
    readonly cause: Cause
    readonly outcome: Erased
    readonly erasure: Erasure
    readonly head: LogHead
    readonly hash: string
    readonly replay: Replay
  },
  { now, answersKeptMs }: EraseParts,
): ErasureLog {
  const { commandId, cause, outcome, erasure, head, hash: addressHash, replay } = of
  const command: EraseAddress = { type: 'erase-address', key: erasure.erased }
  const effects = [...erasure.people.flatMap(id => departure(id, cause)), ended(erasure.erased)]
  const redacted = erasure.redacted.map(({ entry, text }) => [entry.seq, sha256(text)] as const)
  const detail: LogDetail = { salt: randomUUID(), command, cause, outcome, effects, redacted }
  const text = JSON.stringify(detail)
  const at = now()
  const seq = head.seq + 1
  const facts = {
    ...{ seq, commandId, at, kind: command.type, actor: cause.actor, source: cause.source, addressHash },
    ...{ personId: null, detailHash: sha256(text), previousHash: head.hash },
  }
  const hash = entryHash(facts)
  const answers =
    replay.type === 'named'
      ? [{ replayKey: replay.replayKey, requestHash: replay.requestHash, seq, expiresAt: at + answersKeptMs }]
      : []
  return {
    entry: { ...facts, detail: text, redactedBy: null, hash },
    detail,
    answers,
    head: { seq, hash, activityId: head.activityId + erasure.people.length },
  }
}

const ended = (key: AddressKey): Effect => ({ type: 'address-erased', key })

function departure(personId: PersonId, { reason, source }: Cause): Effect[] {
  const nothing = { attribute: null, from: null, to: null, statusVersion: null } as const
  return [
    { type: 'activity', personId, kind: 'person-deleted', reason, source, ...nothing },
    { type: 'person-deleted', id: personId },
  ]
}
