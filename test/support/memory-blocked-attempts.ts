// Blocked attempts in memory, oldest first.
import type { BlockedAttemptStore, KeptAttempt } from '../../src/service/blocked-attempts.js'

export function memoryBlockedAttempts(): BlockedAttemptStore {
  let kept: KeptAttempt[] = []
  let nextId = 1
  return {
    async addBlockedAttempts(attempts) {
      kept.push(...attempts.map(attempt => ({ ...attempt, id: nextId++ })))
    },
    async blockedAttempts({ key, caller, purpose, from, to }, { before, limit }) {
      const isWanted = (attempt: KeptAttempt): boolean =>
        (before === null || attempt.id < before) &&
        (key === undefined || attempt.key === key) &&
        (caller === undefined || attempt.caller === caller) &&
        (purpose === undefined || attempt.purpose === purpose) &&
        (from === undefined || attempt.at >= from) &&
        (to === undefined || attempt.at <= to)
      return kept.filter(isWanted).reverse().slice(0, limit)
    },
    async forgetBlockedAttempts(olderThan, limit) {
      const old = new Set(kept.filter(({ at }) => at < olderThan).slice(0, limit))
      kept = kept.filter(attempt => !old.has(attempt))
      return old.size
    },
  }
}
