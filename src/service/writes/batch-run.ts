// One batch to its end: attempts and the pauses between them, a commit in doubt, and the one guilty command. It knows
// what may be tried again; it must not know how batches are gathered.

import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { AddressKey } from '../../domain/address.js'
import type { PersonId } from '../../domain/person.js'
import type { ResubscribeReason } from '../../domain/resubscribe.js'
import { type CommandStore, CommitUnknown, type LogHead, StoreConflict, StoreUnavailable } from '../ports.js'
import { type BatchResult, carryOut, type Named } from './batch.js'
import type { FreshIds } from './fresh-ids.js'
import type { Answer, Submission } from './submission.js'
import { Overtaken, Turn } from './turn.js'

export interface Waiting extends Named {
  readonly arrivedAt: number
  readonly characters: number
  resolve(answer: Answer): void
  reject(cause: Error): void
}

/** What the operator may want to count. */
export interface GroupCommitEvents {
  batch(facts: { readonly size: number; readonly ms: number; readonly fanOutsStarted: number }): void
  command(kind: Submission['command']['type'], answer: Answer['type'], ms: number): void
  retry(cause: Error): void
  defect(cause: unknown, kind: Submission['command']['type']): void
}

export interface BatchTools {
  readonly store: CommandStore
  readonly ids: FreshIds
  readonly hashAddress: (key: AddressKey) => string
  readonly resubscribeReasons: () => readonly ResubscribeReason[]
  readonly answersKeptMs: number
  readonly events: GroupCommitEvents
  /** Answers whoever waited for too long, and says who that is. */
  giveUpOverdue(cause: Error): (waiting: Waiting) => boolean
}

/** The batch that another one follows, and the head that it is about to leave. */
export interface Ahead {
  readonly run: BatchRun
  readonly head: LogHead
}

/** An attempt whose commit was sent and not answered. */
interface Doubt {
  readonly batch: readonly Waiting[]
  readonly result: BatchResult
}

// Between two attempts: short at first, since most conflicts pass at once, then bounded.
const pauseMs = (attempt: number): number => Math.min(2 ** attempt * 2, 500) * (0.5 + Math.random() / 2)
// Another process can win the race for a row a few times; that often in a row it is a defect.
const conflictsMax = 10

export class BatchRun {
  readonly members: readonly Waiting[]
  readonly turn: Turn
  /** Never rejects: every member of the batch is answered, each with its own answer or error. */
  readonly over: Promise<void>
  isOver = false
  /** Whether what is being committed may be written already. */
  isInDoubt = false
  readonly #tools: BatchTools
  #ahead: BatchRun | null

  constructor(members: readonly Waiting[], ahead: Ahead | null, tools: BatchTools) {
    this.members = members
    this.turn = new Turn(ahead === null ? null : { turn: ahead.run.turn, head: ahead.head })
    this.#ahead = ahead?.run ?? null
    this.#tools = tools
    this.over = this.#commit(members, this.turn).finally(() => {
      this.isOver = true
      this.#ahead = null
      this.turn.ends(false)
    })
  }

  async #commit(batch: readonly Waiting[], firstTurn: Turn | null, doubted: readonly Doubt[] = []): Promise<void> {
    const { store, events, ids } = this.#tools
    const startedAt = performance.now()
    const doubts = [...doubted]
    let turn = firstTurn ?? new Turn()
    let conflicts = 0
    for (let attempt = 0; batch.length > 0; attempt++) {
      let result: BatchResult | undefined
      let freshPersonIds: readonly PersonId[] = []
      try {
        // A commit whose fate is unknown is looked up before each further attempt, not before the next one alone: a
        // cluster may bring it in after it was looked for in vain.
        const landed = await this.#landed(doubts)
        if (landed !== undefined) {
          this.#answer(landed.batch, landed.result, startedAt)
          return
        }
        freshPersonIds = await ids.take(batch.length)
        this.isInDoubt = true
        await store.transact(async transaction => {
          result = await carryOut(batch, transaction, this.#environment(freshPersonIds), turn)
        }, batch)
        turn.ends(true)
        ids.giveBack(freshPersonIds.slice(result!.idsUsed))
        this.#answer(batch, result!, startedAt)
        return
      } catch (cause) {
        // Whoever follows begins again when this one is over.
        turn.ends(false)
        turn = new Turn()
        if (cause instanceof CommitUnknown && result !== undefined) doubts.push({ batch, result })
        else if (cause instanceof StoreConflict) ids.distrust()
        else ids.giveBack(freshPersonIds)
        this.isInDoubt = doubts.length > 0
        // So that the order stays: whatever this attempt failed at, the next one has nobody ahead.
        const isOvertaken = await this.#waitForAhead(cause)
        if (isOvertaken) continue
        if (cause instanceof StoreConflict) conflicts++
        if (!isTransient(cause) || conflicts > conflictsMax) {
          await this.#isolate(batch, cause, doubts)
          return
        }
        events.retry(cause)
        await delay(pauseMs(attempt))
        const isOverdue = this.#tools.giveUpOverdue(cause)
        batch = batch.filter(waiting => !isOverdue(waiting))
      }
    }
  }

  async #waitForAhead(cause: unknown): Promise<boolean> {
    await this.#ahead?.over
    this.#ahead = null
    return cause instanceof Overtaken
  }

  #environment(freshPersonIds: readonly PersonId[]) {
    const { hashAddress, resubscribeReasons, answersKeptMs } = this.#tools
    const known = { freshPersonIds, hashAddress, answersKeptMs }
    return { ...known, now: Date.now, salt: randomUUID, resubscribeReasons: resubscribeReasons() }
  }

  #answer(batch: readonly Waiting[], result: BatchResult, startedAt: number): void {
    const { events } = this.#tools
    const { fanOutsStarted } = result
    events.batch({ size: batch.length, ms: performance.now() - startedAt, fanOutsStarted })
    const now = Date.now()
    batch.forEach((waiting, index) => {
      const answer = result.answers[index]!
      events.command(waiting.command.type, answer.type, now - waiting.arrivedAt)
      waiting.resolve(answer)
    })
  }

  // Another error than a passing one belongs to one command: halve until it is alone, and let it fail alone.
  async #isolate(batch: readonly Waiting[], cause: unknown, doubts: readonly Doubt[]): Promise<void> {
    const [first] = batch
    if (batch.length === 1 && first !== undefined) {
      this.#tools.events.defect(cause, first.command.type)
      first.reject(cause instanceof Error ? cause : new Error(String(cause)))
      return
    }
    const half = batch.length >> 1
    await this.#commit(batch.slice(0, half), null, doubts)
    await this.#commit(batch.slice(half), null, doubts)
  }

  // Of several attempts, the one whose answers say what the log says.
  async #landed(doubts: readonly Doubt[]): Promise<Doubt | undefined> {
    const [first] = doubts
    if (first === undefined) return undefined
    const found = await this.#tools.store.findCommands(first.batch.map(({ commandId }) => commandId))
    if (found.size === 0) return undefined
    return doubts.find(({ result }) =>
      result.answers.some(answer => answer.type === 'carried-out' && found.get(answer.commandId) === answer.seq),
    )
  }
}

const isTransient = (cause: unknown): cause is StoreUnavailable | CommitUnknown =>
  cause instanceof StoreUnavailable || cause instanceof CommitUnknown
