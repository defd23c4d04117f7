// What the rows of one chunk add to the figures of their import. It must not know how rows are carried out.

import type { Outcome } from '../domain/command.js'
import type { PersonId } from '../domain/person.js'
import type { ImportProgress } from './imports.js'

/** Sentences about rows that are kept for the summary; the others are counted. */
const problemsKeptMax = 20

export class Tally {
  imported = 0
  failed = 0
  ignored = 0
  flagsIgnored = 0
  readonly #before: ImportProgress
  readonly #problems: string[]
  #unsaid = 0

  constructor(before: ImportProgress) {
    this.#before = before
    this.#problems = [...before.problems]
  }

  fail(number: number, problem: string): void {
    this.failed++
    this.note(number, problem)
  }

  note(number: number, sentence: string): void {
    if (this.#problems.length < problemsKeptMax) this.#problems.push(`row ${number}: ${sentence}`)
    else this.#unsaid++
  }

  /** Gives the person that was saved. */
  take(outcome: Outcome): PersonId {
    if (outcome.type !== 'created' && outcome.type !== 'updated')
      throw new Error(`saving a person had the outcome '${outcome.type}'`)
    this.imported++
    if (outcome.warnings.some(({ type }) => type === 'flag-ignored')) this.flagsIgnored++
    return outcome.personId
  }

  progress(rows: number): ImportProgress {
    const { done, imported, failed, ignored, flagsIgnored, isCleared, unsaid } = this.#before
    return {
      isCleared,
      done: done + rows,
      imported: imported + this.imported,
      failed: failed + this.failed,
      ignored: ignored + this.ignored,
      flagsIgnored: flagsIgnored + this.flagsIgnored,
      problems: this.#problems,
      unsaid: unsaid + this.#unsaid,
    }
  }
}
