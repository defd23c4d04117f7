// The check before sending and its record, and traces, as a service has them, over any store.
import { BlockedAttempts } from '../../src/service/blocked-attempts.js'
import { createCheck } from '../../src/service/checks.js'
import type { Service } from '../../src/service/service.js'
import type { Settings } from '../../src/service/settings.js'
import { Traces } from '../../src/service/traces/traces.js'
import type { AnyStore } from './memory-store.js'

export function checksOver(store: AnyStore, settings: Settings): Pick<Service, 'check' | 'blockedAttempts'> {
  const attempts = new BlockedAttempts(store, { lost() {}, trouble() {} })
  return {
    check: createCheck({ store, attempts, settings, now: Date.now }),
    blockedAttempts: {
      blockedAttempts: (selection, page) => store.blockedAttempts(selection, page),
      flush: () => attempts.flush(),
    },
  }
}

export function tracesOver(store: AnyStore, now: () => number = Date.now): Traces {
  const onTrouble = (cause: unknown): never => {
    throw cause
  }
  return new Traces({ store, now, onTrouble })
}
