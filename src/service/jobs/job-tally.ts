// What parts of a job add to its figures, and what they say about single rows. It must not know how rows are carried
// out.

import type { Effect, Outcome } from '../../domain/command.js'
import type { JobCounts, JobProgress, RowReport } from './jobs.js'

/** Sentences about rows that are kept for the summary; the others are counted, and are in the reports. */
const problemsKeptMax = 20

export const flagIgnoredSentence =
  'what it says about the flag changed nothing: an import changes flags only in the modes suppress and correct'

export class Tally {
  readonly #counts: { -readonly [Name in keyof JobCounts]: JobCounts[Name] }
  readonly #problems: string[]
  #reports: RowReport[] = []
  #unsaid: number

  constructor({ problems, unsaid, ...before }: JobProgress) {
    const { done, imported, created, updated, unchanged, suppressed, resubscribed } = before
    const { failed, ignored, flagsIgnored } = before
    const changed = { created, updated, unchanged, suppressed, resubscribed }
    this.#counts = { done, imported, ...changed, failed, ignored, flagsIgnored }
    this.#problems = [...problems]
    this.#unsaid = unsaid
  }

  /** How many reports wait to be written. */
  get waiting(): number {
    return this.#reports.length
  }

  look(rows: number): void {
    this.#counts.done += rows
  }

  ignore(): void {
    this.#counts.ignored++
  }

  fail(line: number, problem: string): void {
    this.#counts.failed++
    this.#say({ line, type: 'failed', sentence: problem })
  }

  note(line: number, sentence: string): void {
    this.#say({ line, type: 'warning', sentence })
  }

  /** Something that was carried out, with what became true by it. */
  take(line: number, outcome: Outcome, effects: readonly Effect[]): void {
    const counts = this.#counts
    counts.imported++
    if (outcome.type === 'created') counts.created++
    else if (effects.length === 0) counts.unchanged++
    else if (outcome.type === 'updated') counts.updated++
    for (const effect of effects) {
      if (effect.type === 'status-changed') counts[effect.to === 'unsubscribed' ? 'suppressed' : 'resubscribed']++
    }
    const warnings = 'warnings' in outcome ? outcome.warnings : []
    if (warnings.some(({ type }) => type === 'flag-ignored')) {
      counts.flagsIgnored++
      this.#reports.push({ line, type: 'warning', sentence: flagIgnoredSentence })
    }
  }

  /** The reports since the last call. */
  takeReports(): readonly RowReport[] {
    const reports = this.#reports
    this.#reports = []
    return reports
  }

  progress(before: JobProgress, mark: number): JobProgress {
    return { ...before, ...this.#counts, mark, problems: this.#problems, unsaid: this.#unsaid }
  }

  #say(report: RowReport): void {
    this.#reports.push(report)
    if (this.#problems.length < problemsKeptMax) this.#problems.push(`row ${report.line}: ${report.sentence}`)
    else this.#unsaid++
  }
}
