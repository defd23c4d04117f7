// Takes back what a command or a job did to the status of addresses: its part of the log from the end to the beginning,
// each change by a command of its own that expects the version which that change made. Where something newer has
// happened since, it is left alone and said. It changes no person and removes no history.

import type { AddressKey } from '../../domain/address.js'
import type { Cause, Effect, SetSubscription } from '../../domain/command.js'
import { isErasedKey } from '../../domain/erasure.js'
import type { LogDetail, LogEntry, StatusRecord } from '../ports.js'
import { rejectionSentence } from '../writes/rejection-sentence.js'
import type { UndoPlan } from './bulk.js'
import { Foresight } from './foresight.js'
import { defectSentence, type JobAnswer, JobSubmissions } from './job-submissions.js'
import type { Tally } from './job-tally.js'
import type { JobOptions, JobWork, Part } from './job-work.js'
import { rehearse } from './rehearsal.js'
import { openedBy, type Strengthened, strengthenedBy, strengthenedSentence, strongerCause } from './undo-causes.js'

/** Entries of the log that one part looks at. */
const entriesAtOnce = 500

interface Change {
  readonly seq: number
  readonly name: string
  readonly version: number
  readonly command: SetSubscription
  readonly cause: Cause
}

/** What came of taking a change back; `why`: more than the answer says of why it was not. */
interface Taken {
  readonly answer: JobAnswer | Error
  readonly why: string | null
}

type Add = (tally: Tally) => void

export class UndoWork implements JobWork {
  readonly partsMax = 1
  readonly isDryRun: boolean
  readonly #jobId: number
  readonly #plan: UndoPlan
  readonly #options: JobOptions
  readonly #submissions: JobSubmissions
  readonly #foresight = new Foresight()

  constructor(jobId: number, plan: UndoPlan, options: JobOptions) {
    this.#jobId = jobId
    this.#plan = { ...plan, cause: { ...plan.cause, job: jobId } }
    this.#options = options
    this.isDryRun = plan.isDryRun
    this.#submissions = new JobSubmissions(jobId, options.writes, options.chunkRows)
  }

  get submitted(): number {
    return this.#submissions.submitted
  }

  async prepare(): Promise<boolean> {
    return true
  }

  /** The mark counts the positions of the log that were looked at, from the end of the target's part of it. */
  async next(mark: number): Promise<Part | null> {
    const { fromSeq, toSeq } = this.#plan
    const end = toSeq - mark
    if (end <= fromSeq) return null
    const after = Math.max(fromSeq, end - entriesAtOnce)
    const entries = await this.#options.store.log({ after, limit: end - after })
    const adds: Add[] = []
    // Positions follow each other without a gap: what is missing was archived.
    const missing = end - after - entries.length
    if (missing > 0)
      adds.push(tally => tally.fail(after + 1, `log entries ${after + 1} to ${after + missing} were archived`))
    const changes = oneOfEach(entries.toReversed().flatMap(entry => this.#changesOf(entry, adds)))
    const strengthened = entries.toReversed().flatMap(entry => strengthenedBy(entry, detail => this.#isMeant(detail)))
    const done = this.#tellOfCauses(strengthened, adds)
      .then(() => this.#takeBack(changes, adds))
      .then(() => (tally: Tally) => {
        for (const add of adds) add(tally)
      })
    return { rows: changes.length, mark: mark + end - after, done }
  }

  #changesOf({ seq, detail: text }: LogEntry, adds: Add[]): readonly Change[] {
    const { target, cause } = this.#plan
    if (text === null) {
      if (target.type === 'command') adds.push(tally => tally.fail(seq, 'what it did was erased'))
      return []
    }
    const detail = JSON.parse(text) as LogDetail
    if (!this.#isMeant(detail)) return []
    if (detail.effects.some(effect => effect.type === 'status-changed' && isErasedKey(effect.key)))
      adds.push(tally => tally.note(seq, 'its address was erased since'))
    if (detail.effects.some(effect => effect.type === 'person-changed' && effect.ownUnsubscribed !== undefined)) {
      adds.push(tally => tally.note(seq, 'the own flag of a person without an address is not taken back'))
    }
    return detail.effects
      .filter((effect): effect is Effect & { type: 'status-changed' } => effect.type === 'status-changed')
      .filter(({ key }) => !isErasedKey(key))
      .toReversed()
      .map(({ key, to, version }) => ({
        seq,
        name: `undo ${seq} ${version} ${key}`,
        version,
        command: {
          type: 'set-subscription',
          address: { text: key, key },
          status: to === 'unsubscribed' ? 'subscribed' : 'unsubscribed',
          expectedVersion: version,
        } satisfies SetSubscription,
        cause,
      }))
  }

  #isMeant({ cause }: LogDetail): boolean {
    const { target } = this.#plan
    return target.type === 'command' || cause.job === target.jobId
  }

  // An opt-out of somebody else to which the target gave a stronger cause: the opt-out is not the target's, and the
  // cause stays, since a weaker one never takes the place of a stronger one.
  async #tellOfCauses(all: readonly Strengthened[], adds: Add[]): Promise<void> {
    for (const { seq, key, version, origin } of all) {
      const history = await this.#options.store.statusHistory(key)
      const opened = openedBy(history, version)
      if (opened !== undefined && (await this.#areOwn([opened]))) continue
      adds.push(tally => tally.note(seq, `${key}: ${strengthenedSentence(origin)}`))
    }
  }

  async #takeBack(changes: readonly Change[], adds: Add[]): Promise<void> {
    const answers = await this.#submit(await Promise.all(changes.map(change => this.#inItsWord(change))))
    for (const [index, change] of changes.entries()) {
      const taken = await this.#withOwnChangesPassed(change, answers[index]!)
      adds.push(tally => this.#count(change, taken, tally))
    }
  }

  // Who was opted out by a word of its own is so again by that word, not by ours, which would weigh less.
  async #inItsWord(change: Change): Promise<Change> {
    if (change.command.status === 'subscribed') return change
    const history = await this.#options.store.statusHistory(change.command.address.key)
    const before = history.find(({ version }) => version === change.version - 1)
    return before?.origin ? { ...change, cause: { ...change.cause, origin: before.origin } } : change
  }

  // A target that changed one address several times made what is newer itself, or this undo did while going back.
  async #withOwnChangesPassed(change: Change, answer: JobAnswer | Error): Promise<Taken> {
    if (answer instanceof Error || answer.type !== 'rejected' || answer.rejection.type !== 'version-moved')
      return { answer, why: null }
    const { actual } = answer.rejection
    const history = await this.#options.store.statusHistory(change.command.address.key)
    const newer = history.filter(({ version }) => version > change.version && version <= actual)
    if (!(await this.#areOwn(newer)))
      return { answer, why: wasOptOut(change) ? strongerCause(change.version, history, newer) : null }
    const again = { ...change, name: `${change.name} again`, command: { ...change.command, expectedVersion: actual } }
    const [second] = await this.#submit([await this.#inItsWord(again)])
    return { answer: second!, why: null }
  }

  async #areOwn(records: readonly Pick<StatusRecord, 'seq'>[]): Promise<boolean> {
    const { target } = this.#plan
    const { store } = this.#options
    for (const { seq } of records) {
      const [entry] = await store.log({ after: seq - 1, limit: 1 })
      const job = entry?.detail ? (JSON.parse(entry.detail) as LogDetail).cause.job : undefined
      const isTarget = target.type === 'job' ? job === target.jobId : seq === target.seq
      if (!isTarget && job !== this.#jobId) return false
    }
    return true
  }

  async #submit(changes: readonly Change[]): Promise<readonly (JobAnswer | Error)[]> {
    const { policy, isDryRun } = this.#plan
    if (!isDryRun) {
      return this.#submissions.submitAll(
        changes.map(({ command, name, cause }) => this.#submissions.make(command, name, { cause, policy })),
      )
    }
    const submissions = changes.map(({ command, cause }) => ({
      command,
      cause,
      policy,
      replay: { type: 'none' } as const,
    }))
    return (await rehearse(submissions, this.#options.store, this.#options)) as readonly JobAnswer[]
  }

  #count({ seq, command, cause }: Change, { answer, why }: Taken, tally: Tally): void {
    const say = (why: string): void => tally.fail(seq, `${command.address.key}: ${why}`)
    if (answer instanceof Error) say(defectSentence)
    else if (answer.type === 'rejected') say(why ?? rejectionSentence(answer.rejection))
    else if (this.#plan.isDryRun && answer.type === 'carried-out')
      this.#foresight.take(seq, { command, cause }, answer, tally)
    else tally.take(seq, answer.outcome, answer.effects)
  }
}

const wasOptOut = ({ command }: Change): boolean => command.status === 'subscribed'

// From the newest to the oldest: of several changes of one address the oldest says what it was before all of them, the
// newest which version is expected.
function oneOfEach(changes: readonly Change[]): readonly Change[] {
  const byKey = new Map<AddressKey, Change>()
  for (const change of changes) {
    const { command } = change
    const { expectedVersion } = byKey.get(command.address.key)?.command ?? command
    byKey.set(command.address.key, { ...change, command: { ...command, expectedVersion: expectedVersion! } })
  }
  return [...byKey.values()]
}
