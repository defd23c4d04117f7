// One page of new changes on its way to a receiver: several queues at a time, each in its order. Knows how far all of
// it is settled, so that a crash begins again there and not at the start of the page.

import { beginning, type Change, type ChangePosition, type ChangeStep } from '../changes/changes.js'

/** It could not be delivered, or must wait for one that could not. */
export interface Held {
  readonly type: 'held'
  readonly changeId: string
  readonly queue: string
  /** Null where it was not tried. */
  readonly error: string | null
  readonly at: number
}

export type Settled = { readonly type: 'delivered' } | Held
export type Placed<T> = T & { readonly position: ChangePosition }

export interface PageDeliverer {
  readonly isDown: boolean
  queueOf(change: Change): string
  /** Null where it was not tried, or shall be read again. */
  deliver(change: Change): Promise<Settled | null>
  keep(position: ChangePosition, delivered: number, held: readonly Placed<Held>[]): Promise<void>
}

const sendsAtOnce = 8
// So much may be sent twice after a crash.
const keepEveryMs = 500

export class WebhookPage {
  readonly #steps: readonly ChangeStep[]
  readonly #next: ChangePosition
  readonly #deliverer: PageDeliverer
  /** Changes of each step that are not settled. */
  readonly #open: number[]
  readonly #last = new Map<string, Promise<void>>()
  readonly #free: (() => void)[] = []
  #sending = 0
  #settledSteps = 0
  #delivered = 0
  #held: Placed<Held>[] = []
  #isCut = false
  #keptAt = performance.now()

  /** `next` is the place behind the whole page. */
  constructor(steps: readonly ChangeStep[], next: ChangePosition, deliverer: PageDeliverer) {
    this.#steps = steps
    this.#next = next
    this.#deliverer = deliverer
    this.#open = steps.map(({ changes }) => changes.length)
  }

  async carryOut(): Promise<void> {
    const wasDown = this.#deliverer.isDown
    const all = this.#steps.flatMap(({ changes, position }, step) =>
      changes.map(change => {
        const queue = this.#deliverer.queueOf(change)
        const turn = (this.#last.get(queue) ?? Promise.resolve()).then(() =>
          this.#settle(change, step, position, wasDown),
        )
        this.#last.set(queue, turn)
        return turn
      }),
    )
    // Every one of them is waited for: none may still be sending when the page is over.
    const ends = await Promise.allSettled(all)
    await this.#keep()
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }

  async #settle(change: Change, step: number, position: ChangePosition, wasDown: boolean): Promise<void> {
    await this.#take()
    try {
      // The receiver went down on the way: what was not tried stays in the log. Once one is left out so are all that
      // would come after it, or they could overtake it.
      if (this.#isCut || (this.#deliverer.isDown && !wasDown)) {
        this.#isCut = true
        return
      }
      const settled = await this.#deliverer.deliver(change)
      if (settled === null) {
        this.#isCut = true
        return
      }
      if (settled.type === 'held') this.#held.push({ ...settled, position })
      else this.#delivered++
      this.#open[step]!--
      if (performance.now() - this.#keptAt > keepEveryMs) await this.#keep()
    } finally {
      this.#give()
    }
  }

  async #keep(): Promise<void> {
    this.#keptAt = performance.now()
    while (this.#settledSteps < this.#steps.length && this.#open[this.#settledSteps] === 0) this.#settledSteps++
    const isAll = this.#settledSteps === this.#steps.length
    const position = isAll ? this.#next : this.#steps[this.#settledSteps - 1]?.position
    const [delivered, held] = [this.#delivered, this.#held]
    this.#delivered = 0
    this.#held = []
    await this.#deliverer.keep(position ?? beginning, delivered, held)
  }

  async #take(): Promise<void> {
    if (this.#sending >= sendsAtOnce) await new Promise<void>(resolve => void this.#free.push(resolve))
    else this.#sending++
  }

  // The place goes to the next one as it is, so that nobody can come in between.
  #give(): void {
    const next = this.#free.shift()
    if (next === undefined) this.#sending--
    else next()
  }
}
