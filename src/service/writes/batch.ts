// One attempt at one batch, inside one transaction: read, lock, fold, append. The steps are numbered; their order is
// what keeps batches of several processes from deadlocking and the log in commit order.

import type { AddressKey } from '../../domain/address.js'
import type { Command, Effect, Outcome, Rejection } from '../../domain/command.js'
import { decide } from '../../domain/decide.js'
import { evolve } from '../../domain/evolve.js'
import type { ForeignId, PersonId } from '../../domain/person.js'
import type { ResubscribeReason } from '../../domain/resubscribe.js'
import type { WorkingSet } from '../../domain/working-set.js'
import { entryHash, sha256 } from '../log/log-chain.js'
import {
  type BatchTransaction,
  type CommandId,
  fanOutChunkSize,
  type LogDetail,
  type LogEntry,
  type LogHead,
  type Wanted,
} from '../ports.js'
import type { FoundAnswer, KeptAnswer } from './kept-answer.js'
import { returnsOf } from './returning.js'
import type { Answer, Replay, Submission } from './submission.js'
import { Turn } from './turn.js'

export interface BatchEnvironment {
  readonly now: () => number
  /** Takes the next id that nobody has; the id counts as used only if the batch commits. */
  readonly freshPersonIds: readonly PersonId[]
  readonly hashAddress: (key: AddressKey) => string
  /** Draws what keeps the detail of a log entry from being guessed by its hash. */
  readonly salt: () => string
  /** What admins allow at this moment as reasons for ending an opt-out (R2, guarded). */
  readonly resubscribeReasons: readonly ResubscribeReason[]
  /** How long an answer is kept for the same call to find it. */
  readonly answersKeptMs: number
}

export type Named = Submission & { readonly commandId: CommandId }

export interface BatchResult {
  readonly answers: readonly Answer[]
  /** How many of the fresh ids were given to people. */
  readonly idsUsed: number
  /** Histories that were too long for this transaction and go on in the background. */
  readonly fanOutsStarted: number
}

export async function carryOut(
  batch: readonly Named[],
  transaction: BatchTransaction,
  env: BatchEnvironment,
  turn = new Turn(),
): Promise<BatchResult> {
  // 1. What was answered before; then lock the addresses in key order and read the people; then, where nobody is ahead,
  // the head of the log, last of all locks: positions follow the order of commits.
  const wanted = wantedBy(batch)
  const opened = await transaction.open(replayKeysOf(batch), wanted, turn.foreseen === null)
  const { found } = opened
  let { situation } = opened
  const foreseen = turn.foreseen ?? opened.head ?? (await transaction.lockHead())
  // 2. Fold: each command sees what the ones before it did.
  let folded = fold(batch, situation, found, foreseen, env)
  if (turn.foreseen !== null) {
    await turn.comes()
    const head = await transaction.lockHead()
    if (head.seq !== foreseen.seq || head.hash !== foreseen.hash) {
      // Another process wrote in between. What was read stands still under our locks; only the positions are others.
      situation = await transaction.read(wanted)
      folded = fold(batch, situation, found, head, env)
    }
  }
  turn.leaves(folded.head)
  // 3. Write the difference and the log.
  if (folded.entries.length > 0) {
    const { entries, details, answers: kept, head: newHead } = folded
    await transaction.append({ entries, details, answers: kept, head: newHead, difference: situation.difference() })
  }
  const { replies: answers, idsUsed, fanOutsStarted } = folded
  return { answers, idsUsed, fanOutsStarted }
}

interface Folded {
  readonly replies: Answer[]
  readonly entries: LogEntry[]
  readonly details: LogDetail[]
  readonly answers: KeptAnswer[]
  head: LogHead
  idsUsed: number
  fanOutsStarted: number
}

function fold(
  batch: readonly Named[],
  situation: WorkingSet,
  foundBefore: ReadonlyMap<string, FoundAnswer>,
  head: LogHead,
  env: BatchEnvironment,
): Folded {
  const at = env.now()
  const found = new Map(foundBefore)
  const folded: Folded = { replies: [], entries: [], details: [], answers: [], head, idsUsed: 0, fanOutsStarted: 0 }
  for (const submission of batch) {
    const { replay } = submission
    if (isNameOfAnother(replay, found)) {
      folded.replies.push({ type: 'key-reused' })
      continue
    }
    const before = replay.type === 'none' ? undefined : found.get(replay.replayKey)
    if (replay.type === 'named' && before !== undefined) {
      folded.replies.push({ type: 'replayed', outcome: before.outcome, effects: before.effects })
      continue
    }
    const reply = carryOutOne(submission, before?.outcome ?? null, situation, folded, at, env)
    folded.replies.push(reply)
    if (reply.type === 'carried-out' && replay.type !== 'none' && before === undefined) {
      const requestHash = replay.type === 'named' ? replay.requestHash : replay.replayKey
      for (const replayKey of namesOf(replay)) {
        if (found.has(replayKey)) continue
        folded.answers.push({ replayKey, requestHash, seq: reply.seq, expiresAt: at + env.answersKeptMs })
        found.set(replayKey, { requestHash, outcome: reply.outcome, effects: reply.effects })
      }
    }
  }
  return folded
}

// The whole request's name is kept with the first of its parts that is carried out, whichever it is: so another
// request under that name changes nothing, even where it has more parts than the first one had.
function isNameOfAnother(replay: Replay, found: ReadonlyMap<string, FoundAnswer>): boolean {
  if (replay.type !== 'named') return false
  return namesOf(replay).some(name => (found.get(name)?.requestHash ?? replay.requestHash) !== replay.requestHash)
}

function namesOf(replay: Replay): readonly string[] {
  if (replay.type === 'none') return []
  const { requestKey } = replay.type === 'named' ? replay : {}
  return requestKey === undefined ? [replay.replayKey] : [replay.replayKey, requestKey]
}

function carryOutOne(
  submission: Named,
  answeredBefore: Outcome | null,
  situation: WorkingSet,
  folded: Folded,
  at: number,
  env: BatchEnvironment,
): Answer {
  const { command, cause, policy, commandId } = submission
  // A command before this one may have brought a fresh id along as its own; then nobody else may get it.
  while (situation.person(env.freshPersonIds[folded.idsUsed]!) !== undefined) folded.idsUsed++
  const freshPersonId = env.freshPersonIds[folded.idsUsed]!
  const addressBefore = addressOf(command, null, situation)
  const { resubscribeReasons } = env
  const decision = decide(command, situation, { cause, policy, freshPersonId, answeredBefore, resubscribeReasons })
  if (decision.type === 'rejected') {
    const { rejection } = decision
    if (rejection.type === 'resubscribe-refused') recordRefusal(submission, rejection, folded, at, env)
    return decision
  }

  const { outcome } = decision
  const returns = returnsOf(decision.effects, situation)
  const effects = returns.length === 0 ? decision.effects : [...returns, ...decision.effects]
  const seq = folded.head.seq + 1
  evolve(situation, effects, { seq, at, cause })
  if (outcome.type === 'created' && outcome.personId === freshPersonId) folded.idsUsed++

  const address = addressOf(command, outcome, situation) ?? addressBefore
  const personId = 'personId' in outcome ? outcome.personId : null
  appendEntry({ command, cause, commandId, outcome, effects, address, personId }, folded, at, env)
  folded.fanOutsStarted += effects.filter(effect => effect.type === 'fan-out-started').length
  return { type: 'carried-out', outcome, effects, seq, commandId }
}

// Whoever tried to end an opt-out without the right to must be found later. Nothing else becomes true by it.
function recordRefusal(
  { command, cause, commandId }: Named,
  rejection: Rejection & { readonly type: 'resubscribe-refused' },
  folded: Folded,
  at: number,
  env: BatchEnvironment,
): void {
  const { key, personId, missing } = rejection
  const effects: Effect[] = [{ type: 'resubscribe-refused', key, personId, missing }]
  const outcome: Outcome = { type: 'refused', rejection }
  appendEntry({ command, cause, commandId, outcome, effects, address: key, personId }, folded, at, env)
}

interface Entered extends LogDetail {
  readonly command: Command
  readonly commandId: CommandId
  readonly address: AddressKey | null
  readonly personId: PersonId | null
}

function appendEntry(entered: Entered, folded: Folded, at: number, env: BatchEnvironment): void {
  const { command, cause, outcome, effects, commandId, address, personId } = entered
  const { actor, source } = cause
  const detail: LogDetail = { salt: env.salt(), command, cause, outcome, effects }
  const text = JSON.stringify(detail)
  const seq = folded.head.seq + 1
  const kind = command.type
  const addressHash = address === null ? null : env.hashAddress(address)
  const detailHash = sha256(text)
  const previousHash = folded.head.hash
  const facts = { seq, commandId, at, kind, actor, source, addressHash, personId, detailHash, previousHash }
  // Member by member, as `facts` are: a spread with more behind it costs V8 some microseconds an entry.
  const entry: LogEntry = {
    seq,
    commandId,
    at,
    kind,
    actor,
    source,
    addressHash,
    personId,
    detail: text,
    detailHash,
    redactedBy: null,
    previousHash,
    hash: entryHash(facts),
  }
  folded.entries.push(entry)
  folded.details.push(detail)
  const activities = effects.filter(effect => effect.type === 'activity').length
  folded.head = { seq, hash: entry.hash, activityId: folded.head.activityId + activities }
}

// The address that a log entry is about. A person is asked before and after, since a command may delete or make it.
function addressOf(command: Command, outcome: Outcome | null, situation: WorkingSet): AddressKey | null {
  switch (command.type) {
    case 'set-subscription':
      return command.address.key
    case 'continue-fan-out':
      return command.key
    case 'delete-person':
      return situation.person(command.id)?.address?.key ?? null
    case 'merge-people':
      return situation.person(command.winner)?.address?.key ?? null
    case 'change-list':
      return null
    case 'save-person':
      return outcome !== null && 'personId' in outcome
        ? (situation.person(outcome.personId)?.address?.key ?? null)
        : null
  }
}

function replayKeysOf(batch: readonly Named[]): string[] {
  const keys = new Set<string>()
  for (const { replay } of batch) for (const name of namesOf(replay)) keys.add(name)
  return [...keys]
}

function wantedBy(batch: readonly Named[]): Wanted {
  const keys = new Set<AddressKey>()
  const ids = new Set<PersonId>()
  const foreignIds = new Map<string, ForeignId>()
  const cookies = new Set<string>()
  const links = new Set<PersonId>()
  const members: { listId: number; ids: readonly PersonId[] }[] = []
  const fanOuts = new Map<AddressKey, number>()
  for (const { command } of batch) {
    switch (command.type) {
      case 'save-person': {
        const { id, foreignId, cookie, address } = command.identity
        if (id !== undefined) ids.add(id)
        if (foreignId !== undefined) foreignIds.set(`${foreignId.system}\u0000${foreignId.value}`, foreignId)
        if (cookie !== undefined) cookies.add(cookie)
        if (address !== undefined) keys.add(address.key)
        if (command.address) keys.add(command.address.key)
        break
      }
      case 'delete-person':
        ids.add(command.id)
        break
      case 'set-subscription':
        keys.add(command.address.key)
        break
      case 'continue-fan-out':
        keys.add(command.key)
        fanOuts.set(command.key, Math.min(command.people ?? fanOutChunkSize, fanOutChunkSize))
        break
      case 'merge-people':
        for (const id of [command.winner, ...command.losers]) {
          ids.add(id)
          links.add(id)
        }
        break
      case 'change-list':
        for (const id of command.people) ids.add(id)
        members.push({ listId: command.list.id, ids: command.people })
        break
    }
  }
  return { keys, ids, foreignIds: [...foreignIds.values()], cookies, links, members, fanOuts }
}
