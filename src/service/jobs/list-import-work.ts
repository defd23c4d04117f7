// Imports onto a static list: the rows of a part as commands, then one command that puts their people on the list, then
// the campaign's. Knows the order of these; how an import goes on is said in job-round.ts.

import { fillFlow } from '../../domain/flow.js'
import type { PersonId } from '../../domain/person.js'
import { flowSubmission } from '../flows/flows.js'
import type { Submission } from '../writes/submission.js'
import { type ImportRow, readImportRow } from './import-row.js'
import { defectSentence, JobSubmissions } from './job-submissions.js'
import type { Tally } from './job-tally.js'
import type { JobOptions, JobWork, Part } from './job-work.js'
import type { ListImportPlan } from './jobs.js'

const clearedAtOnce = 500

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

type Add = (tally: Tally) => void

export class ListImportWork implements JobWork {
  // What a part does to the list and by its campaign comes behind its rows, so the next one has to wait.
  readonly partsMax = 1
  readonly isDryRun = false
  readonly #jobId: number
  readonly #plan: ListImportPlan
  readonly #options: JobOptions
  readonly #submissions: JobSubmissions

  constructor(jobId: number, plan: ListImportPlan, options: JobOptions) {
    this.#jobId = jobId
    const flow = plan.flow && { ...plan.flow, cause: { ...plan.flow.cause, job: jobId } }
    this.#plan = { ...plan, flow, cause: { ...plan.cause, job: jobId } }
    this.#options = options
    this.#submissions = new JobSubmissions(jobId, options.writes, options.chunkRows)
  }

  get submitted(): number {
    return this.#submissions.submitted
  }

  /** Empties the list where that was asked for. Who was taken off already stays off when it goes on. */
  async prepare(signal: AbortSignal, keep: () => Promise<boolean>): Promise<boolean> {
    const { list, clearsList } = this.#plan
    for (;;) {
      const people = clearsList ? await this.#options.store.membersOf(list.id, { after: 0, limit: clearedAtOnce }) : []
      if (people.length === 0) return true
      if (signal.aborted || !(await keep())) return false
      const command = { type: 'change-list', list, people, isMember: false, strict: false } as const
      await this.#submissions.submit(this.#submissions.make(command, null, this.#plan))
    }
  }

  async next(mark: number): Promise<Part | null> {
    const { store, chunkRows } = this.#options
    const rows = await store.jobRows(this.#jobId, { after: mark, limit: chunkRows })
    const last = rows.at(-1)
    if (last === undefined) return null
    const read = rows.map(
      ({ content, upTo }): NumberedRow => ({ number: upTo, row: readImportRow(content, this.#plan) }),
    )
    return { rows: rows.length, mark: last.upTo, done: this.#carryOut(read, `rows ${mark + 1} to ${last.upTo}`) }
  }

  async #carryOut(rows: readonly NumberedRow[], name: string): Promise<Add> {
    const adds: Add[] = []
    const saved = await this.#save(rows, adds)
    await this.#join([...new Set(saved.map(({ id }) => id))], name)
    await this.#runFlow(saved, adds)
    return tally => {
      for (const add of adds) add(tally)
    }
  }

  async #save(rows: readonly NumberedRow[], adds: Add[]): Promise<readonly SavedRow[]> {
    const saved: SavedRow[] = []
    const commands: (Extract<ImportRow, { readonly type: 'command' }> & { readonly number: number })[] = []
    for (const { number, row } of rows) {
      if (row.type === 'blank') adds.push(tally => tally.ignore())
      else if (row.type === 'problem') adds.push(tally => tally.fail(number, row.problem))
      else commands.push({ ...row, number })
    }
    const answers = await this.#submissions.submitAll(
      commands.map(({ command, number }) => this.#submissions.make(command, `row ${number}`, this.#plan)),
    )
    answers.forEach((answer, index) => {
      const { number, tokens } = commands[index]!
      if (answer instanceof Error) adds.push(tally => tally.fail(number, defectSentence))
      else if (answer.type !== 'rejected') {
        const { outcome, effects } = answer
        if (outcome.type !== 'created' && outcome.type !== 'updated')
          throw new Error(`saving a person had the outcome '${outcome.type}'`)
        adds.push(tally => tally.take(number, outcome, effects))
        saved.push({ id: outcome.personId, number, tokens })
      } else if (answer.rejection.type === 'person-not-found' && this.#plan.mode === 'members-only')
        adds.push(tally => tally.ignore())
      else adds.push(tally => tally.fail(number, `it could not be saved: ${answer.rejection.type}`))
    })
    return saved
  }

  // Only behind all rows of the part and the list: what a flow looks like to others comes after what it was run for.
  async #runFlow(saved: readonly SavedRow[], adds: Add[]): Promise<void> {
    const { flow, policy } = this.#plan
    if (flow === null) return
    const { dictionary } = this.#options.fields
    const runs: { readonly number: number; readonly submission: Submission }[] = []
    const notRun = (number: number, why: string): void =>
      void adds.push(tally => tally.note(number, `the campaign was not run: ${why}`))
    for (const { id, number, tokens } of saved) {
      const filled = fillFlow(flow.steps, tokens, dictionary)
      if (filled.type === 'not-possible') notRun(number, filled.problem)
      else {
        const work = { changes: filled.changes, cause: flow.cause, policy }
        runs.push({ number, submission: flowSubmission(work, id, this.#submissions.replay(`flow of row ${number}`)) })
      }
    }
    const answers = await this.#submissions.submitAll(runs.map(({ submission }) => submission))
    answers.forEach((answer, index) => {
      const { number } = runs[index]!
      if (answer instanceof Error) notRun(number, defectSentence)
      else if (answer.type === 'rejected') notRun(number, answer.rejection.type)
    })
  }

  async #join(people: readonly PersonId[], name: string): Promise<void> {
    if (people.length === 0) return
    const { list } = this.#plan
    const command = { type: 'change-list', list, people, isMember: true, strict: false } as const
    const answer = await this.#submissions.submit(this.#submissions.make(command, name, this.#plan))
    if (answer.type === 'rejected') throw new Error(`putting people on a list was answered '${answer.rejection.type}'`)
  }
}
