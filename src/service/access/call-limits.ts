// How many calls one caller may make: in 20 seconds, at once, and in a day. Pure bookkeeping over a clock that is
// handed in; it must not know what a call is, nor where the counts of a day are kept.

export interface CallLimits {
  /** Calls in any 20 seconds. Each of the three: null for no limit. */
  readonly rate: number | null
  /** Calls at the same time. */
  readonly concurrency: number | null
  /** Calls from one midnight to the next, US Central. */
  readonly daily: number | null
}

export const rateWindowMs = 20_000

export type Admission =
  /** `done` is to be called once, when the call is over. */
  | { readonly type: 'admitted'; readonly done: () => void }
  | { readonly type: 'refused'; readonly by: keyof CallLimits; readonly limit: number }

/** Calls that one process admitted for one caller on one day, and that nobody else knows of yet. */
export interface UncountedCalls {
  /** Such as 2026-11-20, US Central. */
  readonly day: string
  readonly caller: string
  readonly calls: number
}

interface CallerState {
  running: number
  /** When the calls of the last 20 seconds came, oldest first. */
  readonly recent: number[]
  day: string
  /** Of that day: as all processes together had counted when this one last heard, and since then here. */
  counted: number
  uncounted: number
}

export class CallLimiter {
  readonly #limits: CallLimits
  readonly #now: () => number
  readonly #callers = new Map<string, CallerState>()

  constructor(limits: CallLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** A call that is refused counts for nothing: who waits as told gets in. */
  admit(caller: string): Admission {
    const { rate, concurrency, daily } = this.#limits
    const now = this.#now()
    const state = this.#stateOf(caller, now)
    if (concurrency !== null && state.running >= concurrency) return refused('concurrency', concurrency)
    if (rate !== null && state.recent.length >= rate) return refused('rate', rate)
    if (daily !== null && state.counted + state.uncounted >= daily) return refused('daily', daily)
    state.running++
    if (rate !== null) state.recent.push(now)
    if (daily !== null) state.uncounted++
    let isRunning = true
    const done = (): void => {
      if (isRunning) state.running--
      isRunning = false
    }
    return { type: 'admitted', done }
  }

  /** Takes out what is to be added to the counts that all processes share. */
  takeUncounted(): readonly UncountedCalls[] {
    const taken: UncountedCalls[] = []
    for (const [caller, state] of this.#callers) {
      if (state.uncounted > 0) taken.push({ caller, day: state.day, calls: state.uncounted })
      state.counted += state.uncounted
      state.uncounted = 0
    }
    return taken
  }

  /** Gives back what could not be added. */
  returnUncounted({ caller, day, calls }: UncountedCalls): void {
    const state = this.#callers.get(caller)
    if (state?.day !== day) return
    state.counted -= calls
    state.uncounted += calls
  }

  /** The count of a caller's day as all processes together have it. */
  learn(caller: string, day: string, counted: number): void {
    const state = this.#callers.get(caller)
    if (state?.day === day) state.counted = counted
  }

  #stateOf(caller: string, now: number): CallerState {
    const day = this.#limits.daily === null ? '' : dayAt(now)
    const state = this.#callers.get(caller) ?? { running: 0, recent: [], day, counted: 0, uncounted: 0 }
    this.#callers.set(caller, state)
    const firstRecent = state.recent.findIndex(at => at > now - rateWindowMs)
    state.recent.splice(0, firstRecent === -1 ? state.recent.length : firstRecent)
    if (state.day !== day) Object.assign(state, { day, counted: 0, uncounted: 0 })
    return state
  }
}

function refused(by: keyof CallLimits, limit: number): Admission {
  return { type: 'refused', by, limit }
}

// The old quota began anew at midnight in Chicago, summer time included.
const centralDate = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Chicago', dateStyle: 'short' })

/** The day in US Central at that time, such as 2026-11-20. */
export function dayAt(time: number): string {
  return centralDate.format(time)
}
