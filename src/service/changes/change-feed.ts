// Reading the changes from a position on: a page with what a filter means, at once or when there is something. Readers
// that wait at the same place share their questions to the store, so that many cost little more than one.

import { setTimeout as delay } from 'node:timers/promises'
import {
  type Change,
  type ChangeFilter,
  type ChangePosition,
  type ChangeStep,
  type ChangeSteps,
  type ChangeStore,
  isMeant,
} from './changes.js'
import { HeadWatch } from './head-watch.js'

export interface ChangePage {
  readonly changes: readonly Change[]
  /** The same with where a reader is that has seen each. */
  readonly steps: readonly ChangeStep[]
  readonly next: ChangePosition
  /** There may be more at once. */
  readonly hasMore: boolean
}

export interface ChangeRead {
  readonly after: ChangePosition
  readonly filter: ChangeFilter
  /** Steps with something in them that the filter means. */
  readonly limit: number
  /** How long to wait where there is nothing yet. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** The position lies behind the end of this log: it is of another store, or of a later state of this one. */
export class PositionAhead extends Error {
  override readonly name = 'PositionAhead'
}

/** As many readers wait as may. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting'
}

// What one read looks at before it says how far it got, so that a filter that means nothing still gets on.
const stepsLookedAtMax = 5_000
const stepsAtOnce = 1_000
// Nearer to the end than this, a reader of one address goes along with all the others.
const nearTheEnd = 1_000
// A waiting reader costs a connection and a few hundred bytes.
const waitingMax = 5_000

export class ChangeFeed {
  readonly #store: ChangeStore
  readonly #watch: HeadWatch
  readonly #shared = new Map<string, Promise<unknown>>()

  constructor(store: ChangeStore, onDefect: (cause: unknown) => void) {
    this.#store = store
    this.#watch = new HeadWatch(() => this.#head(), onDefect)
  }

  /** Something was committed here. */
  nudge(): void {
    this.#watch.nudge()
  }

  /** Lets all who wait go, and keeps nobody waiting from now on. */
  release(): void {
    this.#watch.release()
  }

  get waiting(): number {
    return this.#watch.waiting
  }

  end(): Promise<ChangePosition> {
    return this.#store.changeHead()
  }

  /** The first position from which on everything is there. */
  beginning(): Promise<ChangePosition> {
    return this.#store.changeBeginning()
  }

  /** Throws PositionArchived. */
  positionBefore(at: number): Promise<ChangePosition> {
    return this.#store.positionBefore(at)
  }

  changesByIds(ids: readonly string[]): Promise<readonly Change[]> {
    return this.#store.changesByIds(ids)
  }

  /** Throws PositionAhead, PositionArchived and TooManyWaiting. */
  async read({ after, filter, limit, waitMs, signal }: ChangeRead): Promise<ChangePage> {
    const deadline = performance.now() + waitMs
    let position = after
    for (;;) {
      const page = await this.#scan(position, filter, limit)
      position = page.next
      const leftMs = deadline - performance.now()
      if (page.steps.length > 0 || leftMs <= 0 || signal.aborted || this.#watch.isReleased) return page
      if (page.hasMore) await delay(0)
      else if (this.#watch.waiting >= waitingMax) throw new TooManyWaiting(`${waitingMax} readers are waiting`)
      else await this.#watch.beyond(position.seq, { withinMs: leftMs, signal })
    }
  }

  async #scan(after: ChangePosition, filter: ChangeFilter, limit: number): Promise<ChangePage> {
    const end = await this.#endBehind(after)
    const { kinds } = filter
    const key = end.seq - after.seq > nearTheEnd ? filter.key : null
    const isFiltered = filter.source !== null || filter.to !== null || key !== filter.key
    const atOnce = isFiltered ? stepsAtOnce : limit
    const steps: ChangeStep[] = []
    let position = after
    for (let lookedAt = 0; lookedAt < stepsLookedAtMax; ) {
      const page = await this.#page(position, { kinds, key }, end, atOnce)
      for (const step of page.steps) {
        const changes = step.changes.filter(change => isMeant(change, filter))
        if (changes.length > 0) steps.push({ position: step.position, changes })
        position = step.position
        if (steps.length === limit) return pageOf(steps, position, true)
      }
      if (page.isEnd) return pageOf(steps, end, false)
      lookedAt += page.steps.length
    }
    return pageOf(steps, position, true)
  }

  async #endBehind({ seq, activityId }: ChangePosition): Promise<ChangePosition> {
    const isReached = (end: ChangePosition): boolean => end.seq >= seq && end.activityId >= activityId
    const shared = await this.#head()
    if (isReached(shared)) return shared
    // What was shared may have been asked before the caller came.
    const end = await this.#store.changeHead()
    if (isReached(end)) return end
    throw new PositionAhead(`the position ${seq}.${activityId} lies behind the end of the log, ${end.seq}`)
  }

  #head(): Promise<ChangePosition> {
    return this.#share('head', () => this.#store.changeHead())
  }

  #page(
    after: ChangePosition,
    selection: Pick<ChangeFilter, 'kinds' | 'key'>,
    until: ChangePosition,
    limit: number,
  ): Promise<ChangeSteps> {
    const question = JSON.stringify([after, selection, until, limit])
    return this.#share(question, () => this.#store.changesAfter(after, selection, { until, limit }))
  }

  /** Whoever asks the same while the answer is on its way gets that one. */
  #share<T>(question: string, ask: () => Promise<T>): Promise<T> {
    const asked = this.#shared.get(question)
    if (asked !== undefined) return asked as Promise<T> // questions are told apart by all that they ask for
    const answer = ask().finally(() => this.#shared.delete(question))
    this.#shared.set(question, answer)
    return answer
  }
}

function pageOf(steps: readonly ChangeStep[], next: ChangePosition, hasMore: boolean): ChangePage {
  return { changes: steps.flatMap(({ changes }) => changes), steps, next, hasMore }
}
