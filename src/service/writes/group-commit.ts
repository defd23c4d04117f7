// The one write path. Commands gather while a batch commits; the next batch takes all that wait, in order. Nothing is
// answered before its batch is on disk. It knows nothing of SQL, and of the rules only that commands have answers.

import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { AddressKey } from '../../domain/address.js'
import type { PersonId } from '../../domain/person.js'
import type { ResubscribeReason } from '../../domain/resubscribe.js'
import { type CommandStore, CommitUnknown, StoreConflict, StoreUnavailable } from '../ports.js'
import { type BatchEnvironment, type BatchResult, carryOut, type Named } from './batch.js'
import { charactersOf } from './command-size.js'
import { type Answer, type NamedReplay, QueueFull, Stopping, type Submission } from './submission.js'

export interface GroupCommitLimits {
  /** Commands in one transaction. */
  readonly batchMax: number
  /** Commands that may wait, the ones being committed not counted. */
  readonly queueMax: number
  /** How long a command may wait for a store that does not answer before its caller is told to try again. */
  readonly patienceMs: number
  readonly answersKeptMs: number
}

export const defaultGroupCommitLimits: GroupCommitLimits = {
  // As many as one legacy call may bring (syncMultipleLeads), so that such a call is one transaction.
  batchMax: 300,
  queueMax: 10_000,
  patienceMs: 15_000,
  // Longer than any signature or retry window that a caller can have: a week.
  answersKeptMs: 7 * 24 * 3600 * 1000,
}

/** What the operator may want to count. */
export interface GroupCommitEvents {
  batch(facts: { readonly size: number; readonly ms: number; readonly fanOutsStarted: number }): void
  command(kind: Submission['command']['type'], answer: Answer['type'], ms: number): void
  retry(cause: Error): void
  defect(cause: unknown, kind: Submission['command']['type']): void
}

interface Waiting extends Named {
  readonly arrivedAt: number
  readonly characters: number
  resolve(answer: Answer): void
  reject(cause: Error): void
}

/** An attempt whose commit was sent and not answered. */
interface Doubt {
  readonly batch: readonly Waiting[]
  readonly result: BatchResult
}

// Nobody waits longer than patience and a part of it.
const looksPerPatience = 8
// Between two attempts: short at first, since most conflicts pass at once, then bounded.
const pauseMs = (attempt: number): number => Math.min(2 ** attempt * 2, 500) * (0.5 + Math.random() / 2)
// Ids are taken from the store in blocks, so that most batches need no round trip for them.
const personIdBlock = 1024
// Another process can win the race for a row a few times; that often in a row it is a defect.
const conflictsMax = 10
// Commands are also bounded by their size, so that no batch grows past what a statement may carry.
const batchCharactersMax = 4_000_000

export class GroupCommit {
  readonly #store: CommandStore
  readonly #hashAddress: (key: AddressKey) => string
  readonly #resubscribeReasons: () => readonly ResubscribeReason[]
  readonly #limits: GroupCommitLimits
  readonly #events: GroupCommitEvents
  readonly #inFlight = new Set<string>()
  #queue: Waiting[] = []
  #freshIds: PersonId[] = []
  #committing: readonly Waiting[] = []
  /** Whether what is being committed may be written already. */
  #isInDoubt = false
  #running: Promise<void> | null = null
  #stopping = false
  #submitted = 0

  constructor(
    store: CommandStore,
    options: {
      readonly hashAddress: (key: AddressKey) => string
      readonly resubscribeReasons?: () => readonly ResubscribeReason[]
      readonly limits?: Partial<GroupCommitLimits>
      readonly events: GroupCommitEvents
    },
  ) {
    this.#store = store
    this.#hashAddress = options.hashAddress
    this.#resubscribeReasons = options.resubscribeReasons ?? (() => [])
    this.#limits = { ...defaultGroupCommitLimits, ...options.limits }
    this.#events = options.events
  }

  /** Commands that wait for a batch. */
  get waiting(): number {
    return this.#queue.length
  }

  /** Commands that were ever handed over: by it background work sees whether callers are about. */
  get submitted(): number {
    return this.#submitted
  }

  /** Hands a command over. Resolves once it is durable (or answered without a change). Rejects with QueueFull,
   * Stopping, StoreUnavailable, CommitUnknown (all: try again) or with a defect of ours. */
  async submit(submission: Submission): Promise<Answer> {
    const [answer] = await this.submitAll([submission])
    if (answer === undefined) throw new Error('a submission got no answer')
    if (answer instanceof Error) throw answer
    return answer
  }

  /** Many commands of one call, kept in order. Each has its own answer or its own error. */
  submitAll(submissions: readonly Submission[]): Promise<(Answer | Error)[]> {
    if (this.#stopping) throw new Stopping('the server is stopping')
    if (this.#queue.length + submissions.length > this.#limits.queueMax) {
      throw new QueueFull(`more than ${this.#limits.queueMax} commands are waiting`)
    }
    this.#submitted += submissions.length
    const arrivedAt = Date.now()
    const names = this.#claimNames(submissions)
    return Promise.all(
      submissions.map(submission => this.#enqueue(submission, arrivedAt, names).catch((cause: Error) => cause)),
    ).finally(() => {
      for (const name of names) this.#inFlight.delete(name)
    })
  }

  /** Takes nothing new, finishes what waits. */
  async drain(): Promise<void> {
    this.#stopping = true
    await this.#running
  }

  // The names of whole requests; of two requests with one name only the first may go on.
  #claimNames(submissions: readonly Submission[]): ReadonlySet<string> {
    const names = new Set<string>()
    for (const { replay } of submissions) {
      if (replay.type === 'named' && !this.#inFlight.has(requestNameOf(replay))) names.add(requestNameOf(replay))
    }
    for (const name of names) this.#inFlight.add(name)
    return names
  }

  #enqueue(submission: Submission, arrivedAt: number, names: ReadonlySet<string>): Promise<Answer> {
    const { replay } = submission
    if (replay.type === 'named' && !names.has(requestNameOf(replay))) return Promise.resolve({ type: 'in-progress' })
    const characters = charactersOf(submission.command)
    const answered = new Promise<Answer>((resolve, reject) => {
      this.#queue.push({
        ...submission,
        // Node draws the random bits of many at once; 16 bytes from the system for each call take ten times as long.
        commandId: randomUUID().replaceAll('-', ''),
        arrivedAt,
        characters,
        resolve,
        reject,
      })
    })
    this.#running ??= this.#run()
    return answered
  }

  async #run(): Promise<void> {
    // Callers have their answer in time even where the store neither takes a batch nor refuses it.
    const watch = setInterval(() => this.#giveUpOverdue(), this.#limits.patienceMs / looksPerPatience)
    do {
      // One turn of the event loop, not a timer: requests that have already arrived join this batch.
      await new Promise(setImmediate)
      this.#committing = this.#queue.splice(0, this.#nextBatchLength())
      await this.#commit(this.#committing)
    } while (this.#queue.length > 0)
    clearInterval(watch)
    this.#committing = []
    this.#running = null
  }

  #nextBatchLength(): number {
    let characters = 0
    const longest = Math.min(this.#queue.length, this.#limits.batchMax)
    for (let length = 0; length < longest; length++) {
      characters += this.#queue[length]!.characters
      if (characters > batchCharactersMax && length > 0) return length
    }
    return longest
  }

  // Never rejects: every member of the batch is answered, each with its own answer or error.
  async #commit(batch: readonly Waiting[], doubted: readonly Doubt[] = []): Promise<void> {
    const startedAt = performance.now()
    const doubts = [...doubted]
    let conflicts = 0
    for (let attempt = 0; batch.length > 0; attempt++) {
      let result: BatchResult | undefined
      try {
        // A commit whose fate is unknown is looked up before each further attempt, not before the next one alone: a
        // cluster may bring it in after it was looked for in vain.
        const landed = await this.#landed(doubts)
        if (landed !== undefined) {
          this.#answer(landed.batch, landed.result, startedAt)
          return
        }
        await this.#topUpIds(batch.length)
        this.#isInDoubt = true
        await this.#store.transact(async transaction => {
          result = await carryOut(batch, transaction, this.#environment())
        }, batch)
        this.#answer(batch, result!, startedAt)
        return
      } catch (cause) {
        if (cause instanceof CommitUnknown && result !== undefined) doubts.push({ batch, result })
        this.#isInDoubt = doubts.length > 0
        if (cause instanceof StoreConflict) conflicts++
        if (!isTransient(cause) || conflicts > conflictsMax) {
          await this.#isolate(batch, cause, doubts)
          return
        }
        this.#events.retry(cause)
        if (cause instanceof StoreConflict) this.#freshIds = []
        await delay(pauseMs(attempt))
        batch = this.#dropExpired(batch, cause)
      }
    }
  }

  #environment(): BatchEnvironment {
    const { answersKeptMs } = this.#limits
    const known = { freshPersonIds: this.#freshIds, hashAddress: this.#hashAddress, answersKeptMs }
    return { ...known, now: Date.now, salt: randomUUID, resubscribeReasons: this.#resubscribeReasons() }
  }

  #answer(batch: readonly Waiting[], result: BatchResult, startedAt: number): void {
    this.#freshIds.splice(0, result.idsUsed)
    const { fanOutsStarted } = result
    this.#events.batch({ size: batch.length, ms: performance.now() - startedAt, fanOutsStarted })
    const now = Date.now()
    batch.forEach((waiting, index) => {
      const answer = result.answers[index]!
      this.#events.command(waiting.command.type, answer.type, now - waiting.arrivedAt)
      waiting.resolve(answer)
    })
  }

  // Another error than a passing one belongs to one command: halve until it is alone, and let it fail alone.
  async #isolate(batch: readonly Waiting[], cause: unknown, doubts: readonly Doubt[]): Promise<void> {
    const [first] = batch
    if (batch.length === 1 && first !== undefined) {
      this.#events.defect(cause, first.command.type)
      first.reject(cause instanceof Error ? cause : new Error(String(cause)))
      return
    }
    const half = batch.length >> 1
    await this.#commit(batch.slice(0, half), doubts)
    await this.#commit(batch.slice(half), doubts)
  }

  // Of several attempts, the one whose answers say what the log says.
  async #landed(doubts: readonly Doubt[]): Promise<Doubt | undefined> {
    const [first] = doubts
    if (first === undefined) return undefined
    const found = await this.#store.findCommands(first.batch.map(({ commandId }) => commandId))
    if (found.size === 0) return undefined
    return doubts.find(({ result }) =>
      result.answers.some(answer => answer.type === 'carried-out' && found.get(answer.commandId) === answer.seq),
    )
  }

  // While the store does not answer, nobody waits longer than their patience, in the queue neither.
  #dropExpired(batch: readonly Waiting[], cause: Error): readonly Waiting[] {
    const isOverdue = this.#giveUpOverdue(cause)
    return batch.filter(waiting => !isOverdue(waiting))
  }

  // A batch that is under way goes on: it may be carried out after all, and whoever sends the same again gets to know.
  #giveUpOverdue(cause?: Error): (waiting: Waiting) => boolean {
    const arrivedBefore = Date.now() - this.#limits.patienceMs
    const isOverdue = ({ arrivedAt }: Waiting): boolean => arrivedAt <= arrivedBefore
    for (const waiting of this.#queue.filter(isOverdue)) {
      waiting.reject(new StoreUnavailable('the store did not answer in time', { cause }))
    }
    this.#queue = this.#queue.filter(waiting => !isOverdue(waiting))
    const Kind = this.#isInDoubt ? CommitUnknown : StoreUnavailable
    for (const waiting of this.#committing.filter(isOverdue)) {
      waiting.reject(new Kind('the store did not answer in time', { cause }))
    }
    return isOverdue
  }

  async #topUpIds(count: number): Promise<void> {
    while (this.#freshIds.length < count) this.#freshIds.push(...(await this.#store.reservePersonIds(personIdBlock)))
  }
}

const requestNameOf = ({ replayKey, requestKey }: NamedReplay): string => requestKey ?? replayKey

const isTransient = (cause: unknown): cause is StoreUnavailable | CommitUnknown =>
  cause instanceof StoreUnavailable || cause instanceof CommitUnknown
