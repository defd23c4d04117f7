// Making and changing a person: R3 to R8, and R11. The order inside is the rule R4: the address moves first, so that
// the flag meets its new owner.

import type { Address } from './address.js'
import {
  type Activity,
  type Decision,
  type Effect,
  type Facts,
  type NewPerson,
  type Rejection,
  resetReason,
  type SavePerson,
  type Situation,
  type Warning,
} from './command.js'
import { addressField, reasonField, showsUnsubscribed } from './flag.js'
import { guardResubscribe } from './guard.js'
import { identify, movedOn } from './identify.js'
import { type Origin, originOf, strongerOf } from './origin.js'
import type { Person, PersonId } from './person.js'
import { changeStatus, flagActivity, lifeActivity, strengthenCause } from './status-change.js'

export function savePerson(command: SavePerson, situation: Situation, facts: Facts): Decision {
  if (command.unsubscribed === undefined || counts(command)) return save(command, situation, facts)
  return withFlagIgnored(save({ ...command, unsubscribed: undefined }, situation, facts))
}

function counts({ flagMode, unsubscribed }: SavePerson): boolean {
  switch (flagMode) {
    case 'ignore':
      return false
    case 'suppress':
      return unsubscribed === true
    case 'correct':
    case undefined:
      return true
    default:
      return flagMode satisfies never
  }
}

// R11: a list that is imported is often older than an opt-out, and says nothing about what its people want today.
function withFlagIgnored(decision: Decision): Decision {
  if (decision.type === 'rejected' || !('warnings' in decision.outcome)) return decision
  const { outcome } = decision
  return { ...decision, outcome: { ...outcome, warnings: [...outcome.warnings, { type: 'flag-ignored' }] } }
}

function save(command: SavePerson, situation: Situation, facts: Facts): Decision {
  const identified = identify(command, situation)
  switch (identified.type) {
    case 'rejected':
      return identified
    case 'nobody':
      return createPerson(command, situation, facts)
    case 'person': {
      const { person, byAddress } = identified
      const { requiredPartition: required } = command
      if (required !== undefined && !byAddress && person.partition !== required) {
        const { id: personId, partition } = person
        return { type: 'rejected', rejection: { type: 'other-partition', personId, partition, required } }
      }
      const moved = movedOn(person, command.expected, situation)
      if (moved !== null) return { type: 'rejected', rejection: moved }
      return updatePerson(person, command, situation, facts)
    }
  }
}

// R8: the status of the address decides over what was submitted.
function createPerson(command: SavePerson, situation: Situation, facts: Facts): Decision {
  const { cause } = facts
  // A duplicate may be asked for under an id that somebody has; it must not take that person's place.
  const { id: named } = command.identity
  const id = named === undefined || situation.person(named) !== undefined ? facts.freshPersonId : named
  const address = command.address ?? command.identity.address ?? null
  const wantsOut = command.unsubscribed === true
  const person: NewPerson = {
    id,
    address,
    ownUnsubscribed: address === null && wantsOut,
    partition: command.partition ?? 'Default',
    fields: withoutCleared(command.fields),
  }
  const effects: Effect[] = [{ type: 'person-created', person }, ...links(id, command, situation)]
  const warnings: Warning[] = []
  effects.push(lifeActivity('person-created', id, cause))

  if (address === null) {
    // R5: without an address there is no status to speak of, only the person's own flag.
    if (wantsOut) effects.push(flagActivity(id, 'unsubscribed', cause, null))
  } else {
    const status = situation.status(address.key)
    if (status.status === 'unsubscribed') {
      effects.push(flagActivity(id, 'unsubscribed', { reason: resetReason, source: cause.source }, status.version))
      if (command.unsubscribed === false) warnings.push({ type: 'opt-out-stands', key: address.key })
      if (wantsOut)
        effects.push(...strengthenCause({ key: address.key, reason: reasonFor(command, facts) }, situation, cause))
    } else if (wantsOut) {
      const change = { key: address.key, to: 'unsubscribed', reason: reasonFor(command, facts), direct: id } as const
      effects.push(
        ...changeStatus(change, situation, cause),
        flagActivity(id, 'unsubscribed', cause, status.version + 1),
      )
    }
  }
  return { type: 'carried-out', outcome: { type: 'created', personId: id, warnings }, effects }
}

function updatePerson(person: Person, command: SavePerson, situation: Situation, facts: Facts): Decision {
  const address = command.address === undefined ? person.address : command.address
  const respelled = address?.text !== person.address?.text
  const fields = changedFields(person, command)

  const refusal = guardLift(person, address, command, situation, facts)
  if (refusal !== null) return { type: 'rejected', rejection: refusal }

  const effects: Effect[] = []
  for (const [name, to] of Object.entries(fields)) effects.push(valueActivity(person, name, to, facts))
  if (respelled) effects.push(valueActivity(person, addressField, address?.text ?? null, facts))

  // R7: another spelling of the same address is no more than that.
  const moved = address?.key === person.address?.key ? [] : meetNewAddress(person, address, command, situation, facts)
  const move = { address, carriedOptOut: moved.some(effect => effect.type === 'status-changed') }
  const flagged = setFlag(person, move, command, situation, facts)
  effects.push(...moved, ...flagged, ...links(person.id, command, situation))

  // R6: what is so already leaves no trace, not even a new time of saving.
  // (A stronger cause changes the address, not the person.)
  if (effects.some(({ type }) => type !== 'cause-strengthened')) {
    const own = ownFlagAfter(person, address, command, situation)
    effects.unshift({
      type: 'person-changed',
      id: person.id,
      ...(respelled ? { address } : {}),
      ...(own === person.ownUnsubscribed ? {} : { ownUnsubscribed: own }),
      ...(Object.keys(fields).length === 0 ? {} : { fields }),
    })
  }
  return { type: 'carried-out', outcome: { type: 'updated', personId: person.id, warnings: [] }, effects }
}

interface Move {
  readonly address: Address | null
  readonly carriedOptOut: boolean
}

// R3: the person takes the status of its new address, both addresses keep theirs.
function meetNewAddress(
  person: Person,
  to: Address | null,
  command: SavePerson,
  situation: Situation,
  facts: Facts,
): Effect[] {
  if (to === null) return []
  const { status, version } = situation.status(to.key)
  const before = showsUnsubscribed(person, situation)
  if (before === (status === 'unsubscribed')) return []
  if (carriesOptOut(person, before, command, facts)) {
    const change = { key: to.key, to: 'unsubscribed', reason: reasonFor(command, facts), direct: person.id } as const
    return changeStatus({ ...change, origin: carriedOrigin(person, command, situation, facts) }, situation, facts.cause)
  }
  return [flagActivity(person.id, status, { reason: resetReason, source: facts.cause.source }, version)]
}

// It weighs at the new address what it weighed at the old one, or what the command says now if that is more.
function carriedOrigin(person: Person, command: SavePerson, situation: Situation, { cause }: Facts): Origin | null {
  if (person.address === null) return originOf(cause)
  const { origin } = situation.status(person.address.key)
  return command.unsubscribed === true ? strongerOf(origin, originOf(cause)) : origin
}

// R5: an own opt-out, made while there was no address, counts as an unsubscribe of the first one. From one address to
// the next only the policy carries it. What the command itself says about the flag goes before both.
function carriesOptOut(person: Person, isOut: boolean, command: SavePerson, facts: Facts): boolean {
  if (!isOut || command.unsubscribed === false) return false
  return person.address === null || facts.policy.addressChange === 'carry-over'
}

// R2's guard stands before every way in which saying false would end an opt-out: of the address that the person has
// by now, of a person without one, or of one that the opt-out would otherwise follow to its new address.
function guardLift(
  person: Person,
  address: Address | null,
  command: SavePerson,
  situation: Situation,
  facts: Facts,
): Rejection | null {
  if (command.unsubscribed !== false) return null
  const ended = endedOptOuts(person, address, situation, facts)
  if (ended.length === 0) return null
  return guardResubscribe({ key: address?.key ?? null, personId: person.id, origin: ended.reduce(strongerOf) }, facts)
}

// Whose words they are. (What the person shows at its old address comes along only where the policy carries it.)
function endedOptOuts(
  person: Person,
  address: Address | null,
  situation: Situation,
  { policy }: Facts,
): readonly (Origin | null)[] {
  const isOut = showsUnsubscribed(person, situation)
  const own = person.address === null ? null : situation.status(person.address.key).origin
  if (address === null) return isOut ? [own] : []
  const there = situation.status(address.key)
  const isMoving = address.key !== person.address?.key
  const follows = isMoving && isOut && (person.address === null || policy.addressChange === 'carry-over')
  return [...(there.status === 'unsubscribed' ? [there.origin] : []), ...(follows ? [own] : [])]
}

// R1, R2, R5 and R6, for the address that the person has by now.
function setFlag(person: Person, move: Move, command: SavePerson, situation: Situation, facts: Facts): Effect[] {
  if (command.unsubscribed === undefined || move.carriedOptOut) return []
  const to = command.unsubscribed ? 'unsubscribed' : 'subscribed'
  if (move.address === null) {
    const isSo = showsUnsubscribed(person, situation) === command.unsubscribed
    return isSo ? [] : [flagActivity(person.id, to, facts.cause, null)]
  }
  const { key } = move.address
  const { status, version } = situation.status(key)
  const change = { key, to, reason: reasonFor(command, facts), direct: person.id } as const
  if (status === to) return to === 'unsubscribed' ? strengthenCause(change, situation, facts.cause) : []
  return [...changeStatus(change, situation, facts.cause), flagActivity(person.id, to, facts.cause, version + 1)]
}

// A person that loses its address keeps what it showed; one that has an address needs no flag of its own.
function ownFlagAfter(person: Person, address: Address | null, command: SavePerson, situation: Situation): boolean {
  if (address !== null) return false
  return command.unsubscribed ?? showsUnsubscribed(person, situation)
}

function links(personId: PersonId, command: SavePerson, situation: Situation): Effect[] {
  const { foreignId, cookie, moveCookie } = command.identity
  const effects: Effect[] = []
  if (foreignId !== undefined) {
    const from = situation.personByForeignId(foreignId)?.id
    if (from !== personId) effects.push({ type: 'foreign-id-linked', foreignId, personId, ...leaving(from) })
  }
  if (cookie !== undefined) {
    const owner = situation.personByCookie(cookie)?.id
    if (owner === undefined || (moveCookie === true && owner !== personId))
      effects.push({ type: 'cookie-linked', cookie, personId, ...leaving(owner) })
  }
  return effects
}

// Whoever erases the new owner must know whether somebody else's log names the same.
const leaving = (from: PersonId | undefined): { readonly from?: PersonId } => (from === undefined ? {} : { from })

function changedFields(person: Person, command: SavePerson): Record<string, string | null> {
  const changed: Record<string, string | null> = {}
  for (const [name, to] of Object.entries(command.fields)) {
    if ((person.fields[name] ?? null) !== to) changed[name] = to
  }
  return changed
}

function withoutCleared(fields: SavePerson['fields']): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) if (value !== null) kept[name] = value
  return kept
}

// Who opts somebody out may say why in the field that exists for it.
function reasonFor(command: SavePerson, facts: Facts): string {
  return command.fields[reasonField] ?? facts.cause.reason
}

function valueActivity(person: Person, attribute: string, to: string | null, { cause }: Facts): Activity {
  const from = attribute === addressField ? (person.address?.text ?? null) : (person.fields[attribute] ?? null)
  const { reason, source } = cause
  return {
    type: 'activity',
    personId: person.id,
    kind: 'value-changed',
    attribute,
    from,
    to,
    reason,
    source,
    statusVersion: null,
  }
}
