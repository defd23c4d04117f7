// Takes back what a command or a job did to the status of addresses: its part of the log from the end to the beginning,
// each change by a command of its own that expects the version which that change made. Where something newer has
// happened since, it is left alone and said. It changes no person and removes no history.

import type { AddressKey } from '../../domain/address.js'
import type { Effect, SetSubscription } from '../../domain/command.js'
import { isErasedKey } from '../../domain/erasure.js'
import type { LogDetail, LogEntry } from '../ports.js'
import { rejectionSentence } from '../writes/rejection-sentence.js'
import type { UndoPlan } from './bulk.js'
import { Foresight } from './foresight.js'
import { defectSentence, type JobAnswer, JobSubmissions } from './job-submissions.js'
import type { Tally } from './job-tally.js'
import type { JobOptions, JobWork, Part } from './job-work.js'
import { rehearse } from './rehearsal.js'

/** Entries of the log that one part looks at. */
const entriesAtOnce = 500

interface Change {
  readonly seq: number
  readonly name: string
  readonly version: number
  readonly command: SetSubscription
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
    const done = this.#takeBack(changes, adds).then(() => (tally: Tally) => {
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
    const isMeant = target.type === 'command' || detail.cause.job === target.jobId
    if (!isMeant) return []
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

  async #takeBack(changes: readonly Change[], adds: Add[]): Promise<void> {
    const answers = await this.#submit(changes)
    for (const [index, change] of changes.entries()) {
      const answer = await this.#withOwnChangesPassed(change, answers[index]!)
      adds.push(tally => this.#count(change, answer, tally))
    }
  }

  // A target that changed one address several times made what is newer itself, or this undo did while going back.
  async #withOwnChangesPassed(change: Change, answer: JobAnswer | Error): Promise<JobAnswer | Error> {
    if (answer instanceof Error || answer.type !== 'rejected' || answer.rejection.type !== 'version-moved')
      return answer
    const { actual } = answer.rejection
    if (!(await this.#isOwn(change.command.address.key, change.version, actual))) return answer
    const again = { ...change, name: `${change.name} again`, command: { ...change.command, expectedVersion: actual } }
    const [second] = await this.#submit([again])
    return second!
  }

  async #isOwn(key: AddressKey, after: number, upTo: number): Promise<boolean> {
    const { target } = this.#plan
    const { store } = this.#options
    const newer = (await store.statusHistory(key)).filter(({ version }) => version > after && version <= upTo)
    for (const { seq } of newer) {
      const [entry] = await store.log({ after: seq - 1, limit: 1 })
      const job = entry?.detail ? (JSON.parse(entry.detail) as LogDetail).cause.job : undefined
      const isTarget = target.type === 'job' ? job === target.jobId : seq === target.seq
      if (!isTarget && job !== this.#jobId) return false
    }
    return true
  }

  async #submit(changes: readonly Change[]): Promise<readonly (JobAnswer | Error)[]> {
    const { cause, policy, isDryRun } = this.#plan
    if (!isDryRun) {
      return this.#submissions.submitAll(
        changes.map(({ command, name }) => this.#submissions.make(command, name, { cause, policy })),
      )
    }
    const submissions = changes.map(({ command }) => ({ command, cause, policy, replay: { type: 'none' } as const }))
    return (await rehearse(submissions, this.#options.store, this.#options)) as readonly JobAnswer[]
  }

  #count({ seq, command }: Change, answer: JobAnswer | Error, tally: Tally): void {
    const say = (why: string): void => tally.fail(seq, `${command.address.key}: ${why}`)
    if (answer instanceof Error) say(defectSentence)
    else if (answer.type === 'rejected') say(rejectionSentence(answer.rejection))
    else if (this.#plan.isDryRun && answer.type === 'carried-out')
      this.#foresight.take(seq, { command, cause: this.#plan.cause }, answer, tally)
    else tally.take(seq, answer.outcome, answer.effects)
  }
}

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
