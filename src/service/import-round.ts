// Works through imports, a chunk of rows at a time, on the one write path. A chunk may be begun by one process and
// begun again by another: each row goes under a name of its own, so it is carried out once and answered twice, and the
// figures come out the same.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Command, Outcome } from '../domain/command.js'
import { fillFlow } from '../domain/flow.js'
import type { PersonId } from '../domain/person.js'
import { isPassing, type Round } from './background.js'
import type { Fields } from './fields.js'
import { flowSubmission, type Lease } from './flows.js'
import type { GroupCommit } from './group-commit.js'
import { type ImportRow, readImportRow } from './import-row.js'
import { Tally } from './import-tally.js'
import type { Import, ImportProgress, ImportStore } from './imports.js'
import type { ListStore } from './lists.js'
import { StoreUnavailable } from './ports.js'
import { type Answer, namedReplay, type Replay, type Submission } from './submission.js'

export interface ImportRoundOptions {
  readonly store: ImportStore & Pick<ListStore, 'membersOf'>
  readonly writes: Pick<GroupCommit, 'submit' | 'submitAll'>
  readonly fields: Pick<Fields, 'dictionary'>
  /** Rows that are handed over at once; never more than the queue takes. */
  readonly chunkRows: number
  readonly now: () => number
  readonly onDefect: (cause: unknown) => void
}

/** Longer than a chunk takes; after a crash another process goes on when it has passed. */
const leaseMs = 5_000
const clearedAtOnce = 500
const defectSentence = 'an error in this server; its log has the cause'

/** A round takes up one import and stays with it to its end. */
export function importRound(options: ImportRoundOptions): Round {
  return async signal => {
    const { store, now, onDefect } = options
    const holder = randomBytes(16).toString('hex')
    const claimed = await store.claimImport(now(), { holder, until: now() + leaseMs })
    if (claimed === undefined) return false
    const run = new ImportRun(claimed, holder, options)
    try {
      await run.carryOut(signal)
    } catch (cause) {
      if (isPassing(cause)) throw cause
      onDefect(cause)
      await run.giveUp()
    }
    return true
  }
}

interface NumberedRow {
  /** From 1 on; the header is not counted. */
  readonly number: number
  readonly row: ImportRow
}

interface SavedRow {
  readonly id: PersonId
  readonly number: number
  readonly tokens: ReadonlyMap<string, string>
}

class ImportRun {
  readonly #job: Import
  readonly #holder: string
  readonly #options: ImportRoundOptions
  #progress: ImportProgress
  #isHeld = true

  constructor(job: Import, holder: string, options: ImportRoundOptions) {
    this.#job = job
    this.#holder = holder
    this.#options = options
    this.#progress = job.progress
  }

  async carryOut(signal: AbortSignal): Promise<void> {
    try {
      await this.#goOn(signal)
    } finally {
      // Whoever comes next need not wait for the lease. Where this fails too, the lease ends by itself.
      if (this.#isHeld) await this.#record(this.#progress, 0).catch(() => {})
    }
  }

  async #goOn(signal: AbortSignal): Promise<void> {
    const { store, chunkRows } = this.#options
    const { id, plan } = this.#job
    if (!this.#progress.isCleared) {
      if (plan.clearsList && !(await this.#clearList(signal))) return
      if (!(await this.#record({ ...this.#progress, isCleared: true }))) return
    }
    while (!signal.aborted) {
      const rows = await store.importRows(id, { after: this.#progress.done, limit: chunkRows })
      if (rows.length === 0) return this.#end('complete')
      const startedAt = performance.now()
      if (!(await this.#record(await this.#importRows(rows)))) return
      // As long a rest as the chunk took: callers keep at least half of the write path.
      await delay(performance.now() - startedAt)
    }
  }

  /** Ends it where it stands, so that a defect is not met again and again. */
  async giveUp(): Promise<void> {
    const sentence = `stopped behind row ${this.#progress.done} by an error in this server; its log has the cause`
    this.#progress = { ...this.#progress, problems: [...this.#progress.problems, sentence] }
    await this.#end('failed')
  }

  async #record(progress: ImportProgress, until = this.#options.now() + leaseMs): Promise<boolean> {
    this.#progress = progress
    const lease: Lease = { holder: this.#holder, until }
    this.#isHeld = await this.#options.store.recordImport(this.#job.id, lease, progress)
    return this.#isHeld
  }

  async #end(state: 'complete' | 'failed'): Promise<void> {
    const { store, now } = this.#options
    this.#isHeld = false
    await store.endImport(this.#job.id, this.#holder, { state, progress: this.#progress, at: now() })
  }

  /** False where it was told to stop, or the lease is gone. Who was taken off already stays off when it goes on. */
  async #clearList(signal: AbortSignal): Promise<boolean> {
    const { list } = this.#job.plan
    for (;;) {
      const people = await this.#options.store.membersOf(list.id, { after: 0, limit: clearedAtOnce })
      if (people.length === 0) return true
      if (signal.aborted || !(await this.#record(this.#progress))) return false
      const command = { type: 'change-list', list, people, isMember: false, strict: false } as const
      outcomeOf(await this.#options.writes.submit(this.#submission(command, null)))
    }
  }

  async #importRows(rows: readonly string[]): Promise<ImportProgress> {
    const tally = new Tally(this.#progress)
    const first = this.#progress.done + 1
    const read = rows.map(
      (text, index): NumberedRow => ({
        number: first + index,
        row: readImportRow(text, this.#job.plan),
      }),
    )
    const saved = await this.#save(read, tally)
    await this.#join([...new Set(saved.map(({ id }) => id))], `rows ${first} to ${first + rows.length - 1}`)
    await this.#runFlow(saved, tally)
    return tally.progress(rows.length)
  }

  async #save(rows: readonly NumberedRow[], tally: Tally): Promise<readonly SavedRow[]> {
    const saved: SavedRow[] = []
    const commands: (Extract<ImportRow, { readonly type: 'command' }> & { readonly number: number })[] = []
    for (const { number, row } of rows) {
      if (row.type === 'blank') tally.ignored++
      else if (row.type === 'problem') tally.fail(number, row.problem)
      else commands.push({ ...row, number })
    }
    const answers = await this.#submitAll(
      commands.map(({ command, number }) => this.#submission(command, `row ${number}`)),
    )
    answers.forEach((answer, index) => {
      const { number, tokens } = commands[index]!
      if (answer instanceof Error) tally.fail(number, defectSentence)
      else if (answer.type !== 'rejected') saved.push({ id: tally.take(outcomeOf(answer)), number, tokens })
      else if (answer.rejection.type === 'person-not-found' && this.#job.plan.mode === 'members-only') tally.ignored++
      else tally.fail(number, `it could not be saved: ${answer.rejection.type}`)
    })
    return saved
  }

  // Only behind all rows of the chunk and the list: what a flow looks like to others comes after what it was run for.
  async #runFlow(saved: readonly SavedRow[], tally: Tally): Promise<void> {
    const { flow, policy } = this.#job.plan
    if (flow === null) return
    const { dictionary } = this.#options.fields
    const runs: { readonly number: number; readonly submission: Submission }[] = []
    for (const { id, number, tokens } of saved) {
      const filled = fillFlow(flow.steps, tokens, dictionary)
      if (filled.type === 'not-possible') tally.note(number, `the campaign was not run: ${filled.problem}`)
      else {
        const work = { changes: filled.changes, cause: flow.cause, policy }
        runs.push({ number, submission: flowSubmission(work, id, this.#replay(`flow of row ${number}`)) })
      }
    }
    const answers = await this.#submitAll(runs.map(({ submission }) => submission))
    answers.forEach((answer, index) => {
      const { number } = runs[index]!
      if (answer instanceof Error) tally.note(number, `the campaign was not run: ${defectSentence}`)
      else if (answer.type === 'rejected') tally.note(number, `the campaign was not run: ${answer.rejection.type}`)
      else outcomeOf(answer)
    })
  }

  /** Throws where trying all of it again may help; the other errors belong to their own row. */
  async #submitAll(submissions: readonly Submission[]): Promise<readonly (Answer | Error)[]> {
    if (submissions.length === 0) return []
    const answers = await this.#options.writes.submitAll(submissions)
    const passing = answers.find(isPassing)
    if (passing !== undefined) throw passing
    return answers
  }

  async #join(people: readonly PersonId[], name: string): Promise<void> {
    if (people.length === 0) return
    const { list } = this.#job.plan
    const command = { type: 'change-list', list, people, isMember: true, strict: false } as const
    outcomeOf(await this.#options.writes.submit(this.#submission(command, name)))
  }

  /** `name` is the same whenever and by whomever this part of the import is carried out. */
  #submission(command: Command, name: string | null): Submission {
    const { cause, policy } = this.#job.plan
    return { command, cause, policy, replay: name === null ? { type: 'none' } : this.#replay(name) }
  }

  #replay(name: string): Replay {
    return namedReplay('system', `import\u0000${this.#job.id} ${name}`, name)
  }
}

function outcomeOf(answer: Answer): Outcome {
  switch (answer.type) {
    case 'carried-out':
    case 'replayed':
      return answer.outcome
    case 'in-progress':
      throw new StoreUnavailable('another run of this import is at the same rows')
    case 'rejected':
    case 'key-reused':
      throw new Error(`a part of an import was answered '${answer.type}'`)
  }
}
