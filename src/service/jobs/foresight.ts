// What the commands of a dry run would add to its figures. Each part of it is rehearsed alone, on a store in which the
// parts before it changed nothing; here is remembered what they would have made of people and addresses.

import type { Effect, Outcome } from '../../domain/command.js'
import { SeenKeys } from '../writes/seen-keys.js'
import type { Answer } from '../writes/submission.js'
import type { BulkCommand } from './bulk-row.js'
import type { Tally } from './job-tally.js'

const wouldBe = { subscribed: 1, unsubscribed: 2 } as const
const madeBefore = 1

type CarriedOut = Extract<Answer, { readonly type: 'carried-out' }>

export class Foresight {
  readonly #statuses = new SeenKeys()
  readonly #people = new SeenKeys()

  take(line: number, { command }: BulkCommand, { outcome, effects }: CarriedOut, tally: Tally): void {
    const kept = effects.filter(effect => effect.type !== 'status-changed')
    tally.take(line, this.#outcome(command, outcome), [...kept, ...this.#changes(command, effects)])
  }

  // The address is opted out or re-subscribed where that differs from what a row before would have made of it.
  #changes(command: BulkCommand['command'], effects: readonly Effect[]): readonly Effect[] {
    if (command.type === 'set-subscription') {
      const { key } = command.address
      const before = this.#statuses.get(key)
      this.#statuses.set(key, wouldBe[command.status])
      const now = effects.filter(effect => effect.type === 'status-changed')
      if (before === 0 || before !== wouldBe[command.status]) {
        const change = {
          type: 'status-changed',
          key,
          to: command.status,
          version: 0,
          reason: '',
          evidence: null,
        } as const
        return before === 0 ? now : [change]
      }
      return []
    }
    return effects.filter(effect => {
      if (effect.type !== 'status-changed') return false
      const isNew = this.#statuses.get(effect.key) !== wouldBe[effect.to]
      this.#statuses.set(effect.key, wouldBe[effect.to])
      return isNew
    })
  }

  // Whom a row before would have made is there already.
  #outcome(command: BulkCommand['command'], outcome: Outcome): Outcome {
    if (command.type !== 'save-person' || outcome.type !== 'created') return outcome
    const { id, address } = command.identity
    const keys = [...(id === undefined ? [] : [`#${id}`]), ...(address === undefined ? [] : [address.key])]
    // An id decides over an address: two people may share one address.
    const wasMade = keys.length > 0 && this.#people.get(keys[0]!) === madeBefore
    for (const key of keys) this.#people.set(key, madeBefore)
    return wasMade ? { ...outcome, type: 'updated' } : outcome
  }
}
