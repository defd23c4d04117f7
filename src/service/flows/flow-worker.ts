// Carries out the runs of flows that were scheduled, a page of the list at a time, by commands on the one write path.
// A run is held by a lease while somebody works on it and says how far it got, so that another process can go on.

import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Policy } from '../../domain/command.js'
import type { PersonId } from '../../domain/person.js'
import type { ListStore } from '../lists.js'
import type { ReadStore } from '../ports.js'
import { Background, isPassing } from '../writes/background.js'
import type { GroupCommit } from '../writes/group-commit.js'
import { namedReplay } from '../writes/submission.js'
import {
  type FlowProgress,
  type FlowRun,
  type FlowStore,
  type FlowWork,
  flowCause,
  flowSubmission,
  isRefused,
} from './flows.js'

const peopleAtOnce = 100
// Among whom those with a value of a field are looked for at once.
const lookedAtMax = 5_000
// Longer than a page can take before its commands give up; after a crash the run stands still for as long.
const defaultLeaseMs = 60_000

export interface FlowWorkerOptions {
  readonly store: Pick<FlowStore, 'claimFlowRun' | 'advanceFlowRun' | 'endFlowRun' | 'isFlowRunCancelled'> &
    Pick<ListStore, 'membersOf'> &
    Pick<ReadStore, 'peopleWithValue'>
  readonly writes: Pick<GroupCommit, 'submitAll'>
  /** R2 and R3, as the face has them that runs are scheduled through. */
  readonly policy: Policy
  readonly now: () => number
  readonly leaseMs?: number
  onEnd(run: Pick<FlowRun, 'id' | 'flowId' | 'listId'> & FlowProgress): void
  onDefect(cause: unknown): void
}

export class FlowWorker {
  readonly #options: FlowWorkerOptions
  readonly #leaseMs: number
  readonly #background: Background

  constructor(options: FlowWorkerOptions) {
    this.#options = options
    this.#leaseMs = options.leaseMs ?? defaultLeaseMs
    this.#background = new Background(signal => this.#round(signal), options.onDefect)
  }

  start(): void {
    this.#background.start()
  }

  stop(): Promise<void> {
    return this.#background.stop()
  }

  /** One run that is due, to its end if nothing is in the way; false where none is. */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { store, now } = this.#options
    const holder = randomBytes(16).toString('hex')
    const run = await store.claimFlowRun(now(), { holder, until: now() + this.#leaseMs })
    if (run === undefined) return false
    await new HeldRun(run, holder, this.#leaseMs, this.#options).carryOut(signal)
    return true
  }
}

/** Who is changed next, none perhaps, and up to where everybody was gone through then. */
interface RunPage {
  readonly people: readonly PersonId[]
  readonly upTo: PersonId
}

function pageOf(people: readonly PersonId[], upTo = people.at(-1)): RunPage | null {
  return upTo === undefined ? null : { people, upTo }
}

/** One run in the hands of one process. */
class HeldRun {
  readonly #run: FlowRun
  readonly #holder: string
  readonly #leaseMs: number
  readonly #options: FlowWorkerOptions
  readonly #work: FlowWork
  #progress: FlowProgress
  #isHeld = true

  constructor(run: FlowRun, holder: string, leaseMs: number, options: FlowWorkerOptions) {
    this.#run = run
    this.#holder = holder
    this.#leaseMs = leaseMs
    this.#options = options
    const cause = flowCause(run.actor, run.role, run.reason, run.terms)
    this.#work = { changes: run.changes, cause, policy: run.terms?.policy ?? options.policy }
    this.#progress = { upTo: run.upTo, people: run.people, changed: run.changed, refused: run.refused }
  }

  async carryOut(signal: AbortSignal): Promise<void> {
    const { store, now, onEnd } = this.#options
    const { id, flowId, listId } = this.#run
    try {
      while (!signal.aborted && this.#isHeld) {
        const startedAt = performance.now()
        const page = (await store.isFlowRunCancelled(id)) ? null : await this.#next()
        if (page === null) {
          this.#isHeld = false
          if (await store.endFlowRun(id, this.#holder, now())) onEnd({ id, flowId, listId, ...this.#progress })
          return
        }
        await this.#change(page)
        await this.#keep(now() + this.#leaseMs)
        // As long a rest as the page took: callers keep at least half of the write path.
        await delay(performance.now() - startedAt)
      }
    } finally {
      // Whoever comes next need not wait for the lease. Where this fails too, the lease ends by itself.
      if (this.#isHeld) await this.#keep(0).catch(() => {})
    }
  }

  /** Null: nobody is left. */
  async #next(): Promise<RunPage | null> {
    const { ids, selection, listId } = this.#run
    const { store } = this.#options
    const after = this.#progress.upTo
    if (selection !== undefined) {
      const { people, next } = await store.peopleWithValue(selection, { after, limit: peopleAtOnce, lookedAtMax })
      const found = people.map(({ person }) => person.id)
      return pageOf(found, next ?? undefined)
    }
    if (ids !== undefined) return pageOf(ids.filter(id => id > after).slice(0, peopleAtOnce))
    return pageOf(await store.membersOf(listId, { after, limit: peopleAtOnce }))
  }

  async #keep(until: number): Promise<void> {
    const lease = { holder: this.#holder, until }
    this.#isHeld = await this.#options.store.advanceFlowRun(this.#run.id, lease, this.#progress)
  }

  async #change({ people, upTo }: RunPage): Promise<void> {
    const { id: runId } = this.#run
    // The answers are kept: a page that is done again after a crash finds whom it has reached already, and cannot undo
    // what they said since.
    const submissions = people.map(id => {
      const replay = namedReplay('system', `flow-run\u0000${runId} ${id}`, String(runId))
      return flowSubmission(this.#work, id, replay)
    })
    const answers = await this.#options.writes.submitAll(submissions)
    const passing = answers.find(isPassing)
    if (passing !== undefined) throw passing
    // A defect was reported where it happened; it must not keep the run from everybody behind it.
    const refused = answers.filter(answer => answer instanceof Error || isRefused(answer)).length
    const changed = answers.filter(answer => 'effects' in answer && answer.effects.length > 0).length
    this.#progress = {
      upTo,
      people: this.#progress.people + people.length,
      changed: this.#progress.changed + changed,
      refused: this.#progress.refused + refused,
    }
  }
}
