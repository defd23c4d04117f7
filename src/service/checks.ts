// The check before sending: may these addresses be mailed for this purpose? The answer is that of the durable status
// alone, read when the check begins. It changes nothing; what it stopped is left to be recorded.

import { type AddressKey, parseAddress } from '../domain/address.js'
import type { CheckMode, Purpose } from '../domain/mailing.js'
import type { Status } from '../domain/person.js'
import type { BlockedAttempt } from './blocked-attempts.js'
import type { Settings } from './settings.js'

export const checkedAtOnceMax = 10_000

/** What a check knows of an address. Version 0: nobody ever set it. */
export interface CheckedStatus {
  readonly status: Status
  readonly version: number
  readonly since: number | null
  readonly reason: string | null
}

export interface CheckStore {
  /** By address, for those that ever had a status. Whatever was committed before the call is seen. */
  statusesOf(keys: readonly AddressKey[]): Promise<ReadonlyMap<AddressKey, CheckedStatus>>
}

export type Verdict =
  | {
      readonly type: 'send'
      readonly key: AddressKey
      readonly why: 'subscribed' | 'transactional'
      readonly status: CheckedStatus
    }
  /** The admin switched the check off: nobody looked. */
  | { readonly type: 'send'; readonly key: AddressKey; readonly why: 'check-off' }
  | { readonly type: 'blocked'; readonly key: AddressKey; readonly why: 'unsubscribed'; readonly status: CheckedStatus }
  | { readonly type: 'invalid'; readonly why: 'not-an-address'; readonly problem: string }

export interface Check {
  readonly addresses: readonly string[]
  readonly purpose: Purpose
  readonly mode: CheckMode
  /** Name of the credential. */
  readonly caller: string
}

export interface CheckParts {
  readonly store: CheckStore
  readonly attempts: { add(attempts: readonly BlockedAttempt[]): void }
  readonly settings: Pick<Settings, 'value'>
  now(): number
}

/** `check` is whether the admin has it switched on; the verdicts are in the order of the addresses. */
export interface Checked {
  readonly check: 'on' | 'off'
  readonly verdicts: readonly Verdict[]
}

export type CheckAddresses = (check: Check) => Promise<Checked>

const untouched: CheckedStatus = { status: 'subscribed', version: 0, since: null, reason: null }
// What is no address has no key; this text can be none either.
const noKey = '' as AddressKey

/** Makes the function that gives a verdict for each address, in their order. */
export function createCheck({ store, attempts, settings, now }: CheckParts): CheckAddresses {
  return async ({ addresses, purpose, mode, caller }) => {
    const invalid = new Map<number, Verdict>()
    const keys = addresses.map((given, index) => {
      const parsed = parseAddress(given)
      if (parsed.type === 'address') return parsed.address.key
      invalid.set(index, { type: 'invalid', why: 'not-an-address', problem: parsed.problem })
      return noKey
    })
    const check = settings.value('unsubscribe-check')
    if (check === 'off') {
      const unseen = keys.map((key, index): Verdict => invalid.get(index) ?? { type: 'send', key, why: 'check-off' })
      return { check, verdicts: unseen }
    }

    const distinct = new Set(keys)
    distinct.delete(noKey)
    const found = distinct.size === 0 ? new Map<AddressKey, CheckedStatus>() : await store.statusesOf([...distinct])
    const blocked = new Map<AddressKey, CheckedStatus>()
    const verdicts = keys.map((key, index): Verdict => {
      const status = found.get(key) ?? untouched
      if (status.status === 'subscribed') return invalid.get(index) ?? { type: 'send', key, why: 'subscribed', status }
      if (purpose === 'transactional') return { type: 'send', key, why: 'transactional', status }
      blocked.set(key, status)
      return { type: 'blocked', key, why: 'unsubscribed', status }
    })
    if (blocked.size > 0) {
      const at = now()
      attempts.add(
        [...blocked].map(([key, { version }]) => ({ at, caller, purpose, mode, key, statusVersion: version })),
      )
    }
    return { check, verdicts }
  }
}

/** What a sender to a group gets: each mailbox once, in the first spelling that was given. */
export interface Sendable {
  readonly addresses: readonly string[]
  readonly dropped: { readonly blocked: number; readonly invalid: number; readonly duplicate: number }
}

export function sendable(given: readonly string[], verdicts: readonly Verdict[]): Sendable {
  const seen = new Set<AddressKey>()
  const addresses: string[] = []
  const dropped = { blocked: 0, invalid: 0, duplicate: 0 }
  verdicts.forEach((verdict, index) => {
    if (verdict.type === 'invalid') dropped.invalid++
    else if (seen.has(verdict.key)) dropped.duplicate++
    else if (verdict.type === 'blocked') dropped.blocked++
    else addresses.push(given[index]!)
    if (verdict.type !== 'invalid') seen.add(verdict.key)
  })
  return { addresses, dropped }
}
