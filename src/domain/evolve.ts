// The other half of the rules: what the effects of a decision make of the situation. Nothing is decided here, so
// that a log of effects can be replayed without asking the rules again.

import type { Effect } from './command.js'
import type { Moment } from './status-after.js'
import type { WorkingSet } from './working-set.js'

export function evolve(situation: WorkingSet, effects: readonly Effect[], moment: Moment): void {
  for (const effect of effects) situation.apply(effect, moment)
}
