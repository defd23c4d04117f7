// The one write path. Commands gather while a batch commits; the next batch takes all that wait, in order. Nothing is
// answered before its batch is on disk. It knows nothing of SQL, and of the rules only that commands have answers.

import { randomUUID } from 'node:crypto'
import type { AddressKey } from '../../domain/address.js'
import type { ResubscribeReason } from '../../domain/resubscribe.js'
import { type CommandStore, CommitUnknown, StoreUnavailable } from '../ports.js'
import { type Ahead, BatchRun, type BatchTools, type GroupCommitEvents, type Waiting } from './batch-run.js'
import { charactersOf } from './command-size.js'
import { FreshIds } from './fresh-ids.js'
import { type Answer, type NamedReplay, QueueFull, Stopping, type Submission } from './submission.js'
import { followersIn } from './turn.js'

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

// Nobody waits longer than patience and a part of it.
const looksPerPatience = 8
// What a transaction costs, it costs for all of its commands: fewer than these, or than half of those ahead of them, do
// better to wait for company than to begin behind another batch.
const followersMin = 16
// Commands are also bounded by their size, so that no batch grows past what a statement may carry, and what waits not
// past what memory takes: the bound on their number is meant for small ones.
const batchCharactersMax = 4_000_000
const waitingCharactersMax = 128_000_000

export class GroupCommit {
  readonly #store: CommandStore
  readonly #limits: GroupCommitLimits
  readonly #tools: BatchTools
  readonly #inFlight = new Set<string>()
  #queue: Waiting[] = []
  #waitingCharacters = 0
  /** At most two: one is being written, the other one gets ready behind it. */
  readonly #runs = new Set<BatchRun>()
  #onWaiting: () => void = () => {}
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
    const { hashAddress, resubscribeReasons = () => [], limits, events } = options
    this.#store = store
    this.#limits = { ...defaultGroupCommitLimits, ...limits }
    const { answersKeptMs } = this.#limits
    const giveUpOverdue = (cause: Error) => this.#giveUpOverdue(cause)
    const ids = new FreshIds(store)
    this.#tools = { ...{ store, ids, hashAddress, resubscribeReasons, answersKeptMs }, events, giveUpOverdue }
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
    // Nearly every call: one command, under no name that another could have.
    if (submission.replay.type !== 'named') {
      this.#admit(1)
      return this.#enqueue(submission, Date.now(), noNames)
    }
    const [answer] = await this.submitAll([submission])
    if (answer === undefined) throw new Error('a submission got no answer')
    if (answer instanceof Error) throw answer
    return answer
  }

  /** Many commands of one call, kept in order. Each has its own answer or its own error. */
  submitAll(submissions: readonly Submission[]): Promise<(Answer | Error)[]> {
    this.#admit(submissions.length)
    const arrivedAt = Date.now()
    const names = this.#claimNames(submissions)
    return Promise.all(
      submissions.map(submission => this.#enqueue(submission, arrivedAt, names).catch((cause: Error) => cause)),
    ).finally(() => {
      for (const name of names) this.#inFlight.delete(name)
    })
  }

  #admit(count: number): void {
    if (this.#stopping) throw new Stopping('the server is stopping')
    if (this.#queue.length + count > this.#limits.queueMax) {
      throw new QueueFull(`more than ${this.#limits.queueMax} commands are waiting`)
    }
    if (this.#waitingCharacters > waitingCharactersMax) {
      throw new QueueFull(`commands with more than ${waitingCharactersMax} characters in their values are waiting`)
    }
    this.#submitted += count
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
    const { command, cause, policy, replay } = submission
    if (replay.type === 'named' && !names.has(requestNameOf(replay))) return Promise.resolve({ type: 'in-progress' })
    const characters = charactersOf(command)
    this.#waitingCharacters += characters
    const answered = new Promise<Answer>((resolve, reject) => {
      this.#queue.push({
        // Member by member: to spread an object and add to it costs V8 some microseconds.
        command,
        cause,
        policy,
        replay,
        // Node draws the random bits of many at once; 16 bytes from the system for each call take ten times as long.
        commandId: randomUUID().replaceAll('-', ''),
        arrivedAt,
        characters,
        resolve,
        reject,
      })
    })
    this.#running ??= this.#run()
    this.#onWaiting()
    return answered
  }

  async #run(): Promise<void> {
    // Callers have their answer in time even where the store neither takes a batch nor refuses it.
    const watch = setInterval(() => this.#giveUpOverdue(), this.#limits.patienceMs / looksPerPatience)
    let ahead: BatchRun | null = null
    while (ahead !== null || this.#queue.length > 0) {
      if (ahead === null) {
        // One turn of the event loop, not a timer: requests that have already arrived join this batch.
        await new Promise(setImmediate)
        ahead = this.#begin(null)
      }
      const follower: BatchRun | null = await this.#beginBehind(ahead)
      await ahead.over
      this.#runs.delete(ahead)
      ahead = follower
    }
    clearInterval(watch)
    this.#running = null
  }

  #begin(ahead: Ahead | null, length = this.#nextBatchLength()): BatchRun {
    const run = new BatchRun(this.#leave(this.#queue.splice(0, length)), ahead, this.#tools)
    this.#runs.add(run)
    return run
  }

  async #beginBehind(ahead: BatchRun): Promise<BatchRun | null> {
    if (this.#store.batchesAtOnce === 1) return null
    const head = await ahead.turn.left
    if (head === null) return null
    const enough = Math.min(Math.max(followersMin, ahead.members.length / 2), this.#limits.batchMax / 2)
    await Promise.race([ahead.over, this.#untilWaiting(enough)])
    if (ahead.isOver) return null
    const followers = followersIn(this.#queue.slice(0, this.#nextBatchLength()), ahead.members)
    return followers < enough ? null : this.#begin({ run: ahead, head }, followers)
  }

  #untilWaiting(count: number): Promise<void> {
    return new Promise(resolve => {
      this.#onWaiting = () => {
        if (this.#queue.length >= count) resolve()
      }
      this.#onWaiting()
    })
  }

  #leave(waiting: readonly Waiting[]): readonly Waiting[] {
    for (const { characters } of waiting) this.#waitingCharacters -= characters
    return waiting
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

  // A batch that is under way goes on: it may be carried out after all, and whoever sends the same again gets to know.
  #giveUpOverdue(cause?: Error): (waiting: Waiting) => boolean {
    const arrivedBefore = Date.now() - this.#limits.patienceMs
    const isOverdue = ({ arrivedAt }: Waiting): boolean => arrivedAt <= arrivedBefore
    for (const waiting of this.#leave(this.#queue.filter(isOverdue))) {
      waiting.reject(new StoreUnavailable('the store did not answer in time', { cause }))
    }
    this.#queue = this.#queue.filter(waiting => !isOverdue(waiting))
    for (const run of this.#runs) {
      const Kind = run.isInDoubt ? CommitUnknown : StoreUnavailable
      for (const waiting of run.members.filter(isOverdue)) {
        waiting.reject(new Kind('the store did not answer in time', { cause }))
      }
    }
    return isOverdue
  }
}

const noNames: ReadonlySet<string> = new Set()

const requestNameOf = ({ replayKey, requestKey }: NamedReplay): string => requestKey ?? replayKey
