// An erased address that is named again: what was kept of it under its hash comes back to its name, as an effect of the
// first command that makes something true about it. It knows which effects do; the rules never hear of it.

import type { AddressKey } from '../../domain/address.js'
import type { Effect } from '../../domain/command.js'
import type { AddressReturned } from '../../domain/erasure.js'
import type { WorkingSet } from '../../domain/working-set.js'

/** What must become true before these effects do. */
export function returnsOf(effects: readonly Effect[], situation: WorkingSet): AddressReturned[] {
  const keys = new Set<AddressKey>()
  for (const effect of effects) {
    const key = addressOf(effect)
    if (key !== undefined && situation.erasedAs(key) !== null) keys.add(key)
  }
  if (keys.size === 0) return []
  return [...keys].flatMap((key): AddressReturned[] => {
    const from = situation.erasedAs(key)
    return from === null ? [] : [{ type: 'address-returned', from, key }]
  })
}

function addressOf(effect: Effect): AddressKey | undefined {
  switch (effect.type) {
    case 'person-created':
      return effect.person.address?.key
    case 'person-changed':
      return effect.address?.key
    case 'status-changed':
    case 'cause-strengthened':
      return effect.key
    default:
      return undefined
  }
}
