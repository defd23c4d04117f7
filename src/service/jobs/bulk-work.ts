// Files of people and of suppressions: the stored rows of a part as commands, handed over together, and what their
// answers mean for each row. Knows how rows are stored; how a job goes on is said in job-round.ts.

import type { Rejection } from '../../domain/command.js'
import { rejectionSentence } from '../writes/rejection-sentence.js'
import type { BulkColumn, BulkPlan } from './bulk.js'
import { columnOf } from './bulk-columns.js'
import { type BulkCommand, type BulkRow, type Cells, readBulkRow } from './bulk-row.js'
import { Foresight } from './foresight.js'
import { defectSentence, type JobAnswer, JobSubmissions } from './job-submissions.js'
import type { Tally } from './job-tally.js'
import type { JobOptions, JobWork, Part } from './job-work.js'
import { rehearse } from './rehearsal.js'

interface Named extends BulkCommand {
  readonly line: number
  readonly name: string
  /** What comes with a row besides its first command counts for nothing of its own. */
  readonly isFirst: boolean
}

export class BulkWork implements JobWork {
  // While one is being written the next one gets ready behind it, and the one after that waits, read.
  readonly partsMax: number
  readonly isDryRun: boolean
  readonly #jobId: number
  readonly #plan: BulkPlan
  readonly #options: JobOptions
  readonly #submissions: JobSubmissions
  readonly #foresight = new Foresight()
  readonly #names = new Map<string, BulkColumn | undefined>()

  constructor(jobId: number, plan: BulkPlan, options: JobOptions) {
    this.#jobId = jobId
    // A list that was kept elsewhere says less than what somebody asked for here.
    this.#plan = { ...plan, cause: { ...plan.cause, job: jobId, origin: 'import' } }
    this.#options = options
    this.isDryRun = plan.isDryRun
    this.partsMax = plan.isDryRun ? 1 : 3
    this.#submissions = new JobSubmissions(jobId, options.writes, options.chunkRows)
  }

  get submitted(): number {
    return this.#submissions.submitted
  }

  async prepare(): Promise<boolean> {
    return true
  }

  async next(mark: number): Promise<Part | null> {
    const [stored] = await this.#options.store.jobRows(this.#jobId, { after: mark, limit: 1 })
    if (stored === undefined) return null
    const adds: ((tally: Tally) => void)[] = []
    const commands = this.#read(stored.content, mark, adds)
    const done = (this.isDryRun ? this.#rehearse(commands) : this.#carryOut(commands)).then(answers => {
      return (tally: Tally) => {
        for (const add of adds) add(tally)
        for (const [index, answer] of answers.entries()) this.#count(commands[index]!, answer, tally)
      }
    })
    return { rows: stored.upTo - mark, mark: stored.upTo, done }
  }

  // A stored text is made by our own program: it is not looked at again.
  #read(content: string, mark: number, adds: ((tally: Tally) => void)[]): readonly Named[] {
    const { form } = this.#plan
    const commands: Named[] = []
    const rows = JSON.parse(content) as [number, ...string[]][]
    rows.forEach(([line, ...cells], index) => {
      const row = form === 'csv' ? this.#readCells(cells) : this.#readObject(cells[0]!)
      if (row.type === 'problem') adds.push(tally => tally.fail(line, row.problem))
      else if (row.type === 'ignored') {
        adds.push(tally => {
          tally.ignore()
          if (row.why !== null) tally.note(line, row.why)
        })
      } else
        row.commands.forEach((command, part) => {
          const name = `row ${mark + index + 1}${part === 0 ? '' : ` link ${part}`}`
          commands.push({ ...command, line, name, isFirst: part === 0 })
        })
    })
    return commands
  }

  #readCells(cells: readonly string[]): BulkRow {
    const { columns } = this.#plan
    if (cells.every(cell => cell.trim() === '')) return { type: 'ignored', why: null }
    // Too many values mean a delimiter that should have been quoted: all behind it would land in the wrong fields.
    const count = cells.findLastIndex(cell => cell.trim() !== '') + 1
    if (count > columns.length) return { type: 'problem', problem: `expected ${columns.length} values, got ${count}` }
    const said = cells.slice(0, count).map((cell, index) => [columns[index]!, cell] as const)
    return readBulkRow(said, this.#plan)
  }

  #readObject(text: string): BulkRow {
    let given: unknown
    try {
      given = JSON.parse(text)
    } catch (cause) {
      return { type: 'problem', problem: `expected a JSON object: ${(cause as Error).message.slice(0, 200)}` }
    }
    if (typeof given !== 'object' || given === null || Array.isArray(given))
      return { type: 'problem', problem: 'expected a JSON object' }
    const cells: Cells[number][] = []
    for (const [name, value] of Object.entries(given)) {
      const column = this.#columnNamed(name)
      if (column === undefined) return { type: 'problem', problem: `there is no field '${name.slice(0, 60)}'` }
      // Null is what a table has as an empty cell; a blank text clears a field, as it does there.
      if (value === null) continue
      if (!['string', 'number', 'boolean'].includes(typeof value))
        return { type: 'problem', problem: `${name.slice(0, 60)}: expected a text, a number, true or false` }
      cells.push([column, String(value)])
    }
    return readBulkRow(cells, this.#plan)
  }

  #columnNamed(name: string): BulkColumn | undefined {
    if (this.#names.has(name)) return this.#names.get(name)
    const { type, unknownColumns } = this.#plan
    const known = columnOf(name, type, this.#options.fields)
    const isPassedOver = type === 'suppressions' || unknownColumns === 'pass-over'
    const column = known ?? (isPassedOver ? ({ type: 'passed-over' } as const) : undefined)
    // Names come from the file, so only so many of them are kept.
    if (this.#names.size < 10_000) this.#names.set(name, column)
    return column
  }

  #carryOut(commands: readonly Named[]): Promise<readonly (JobAnswer | Error)[]> {
    const { policy } = this.#plan
    return this.#submissions.submitAll(
      commands.map(({ command, cause, name }) => this.#submissions.make(command, name, { cause, policy })),
    )
  }

  async #rehearse(commands: readonly Named[]): Promise<readonly (JobAnswer | Error)[]> {
    const { policy } = this.#plan
    const { store } = this.#options
    const submissions = commands.map(({ command, cause }) => ({
      command,
      cause,
      policy,
      replay: { type: 'none' } as const,
    }))
    return (await rehearse(submissions, store, this.#options)) as readonly JobAnswer[]
  }

  #count(named: Named, answer: JobAnswer | Error, tally: Tally): void {
    const { line, isFirst } = named
    if (answer instanceof Error) tally.fail(line, defectSentence)
    else if (answer.type === 'rejected') tally.fail(line, rejectionSentence(answer.rejection satisfies Rejection))
    else if (!isFirst) return
    else if (this.isDryRun && answer.type === 'carried-out') this.#foresight.take(line, named, answer, tally)
    else tally.take(line, answer.outcome, answer.effects)
  }
}
