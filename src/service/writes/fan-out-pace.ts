// How many people the next step of a long history tells, and how long it rests before: so that callers notice little
// of it, and it ends soon where there are none. It knows times and counts; it must not know what a step writes.

import { fanOutChunkSize } from '../ports.js'

/** What is known once a step was carried out. */
export interface Step {
  readonly people: number
  readonly ms: number
  /** Whether callers handed anything over since the step before. */
  readonly isShared: boolean
}

export interface Pace {
  readonly people: number
  readonly restMs: number
}

// So few that a step is hardly noticed, at a cost for each person that is not yet many times that of a long step.
const leastPeople = 50
// A call waits for the step that is under way, and for the one that is in its own batch.
const sharedStepMs = 15
// With nobody waiting, what a transaction costs whatever its size is small beside this.
const aloneStepMs = 80
// One slow commit says little: sizes change by steps.
const growthMax = 2
// A store that stood still for a while is no reason to rest for longer than that.
const restMaxMs = 1_000
// The part of the time in which a step is under way, where others call.
const sharedPart = 1 / 3

export const firstPace: Pace = { people: 50, restMs: 0 }

/** The pace after a step. As long a rest as the step took: callers keep at least half of the write path. */
export function paceAfter({ people, ms, isShared }: Step): Pace {
  const aim = isShared ? sharedStepMs : aloneStepMs
  const fitting = people * Math.min(Math.max(aim / Math.max(ms, 1), 1 / growthMax), growthMax)
  const bounded = Math.round(Math.min(Math.max(fitting, leastPeople), fanOutChunkSize))
  return { people: bounded, restMs: Math.min(isShared ? ms * (1 / sharedPart - 1) : ms, restMaxMs) }
}
