// The rules, R1 to R13, as one pure function: no clock, no drawing of ids, no I/O. What it decides is a list of
// effects; `evolve` makes them true, in the store, in the tests' model and when the log is replayed.

import { changeList } from './change-list.js'
import type {
  Command,
  ContinueFanOut,
  Decision,
  DeletePerson,
  Effect,
  Facts,
  SetSubscription,
  Situation,
} from './command.js'
import { fanOutReason } from './command.js'
import { guardResubscribe } from './guard.js'
import { movedOn } from './identify.js'
import { mergePeople } from './merge-people.js'
import { savePerson } from './save-person.js'
import { changeStatus, flagActivity, lifeActivity, strengthenCause } from './status-change.js'

export function decide(command: Command, situation: Situation, facts: Facts): Decision {
  const decision = decideFresh(command, situation, facts)
  // R13: an identical call that comes again is a late retry or is meant; nobody can tell. It may repeat an opt-out,
  // but it must not undo one: so a repetition that would re-subscribe gets the first answer and changes nothing.
  if (facts.answeredBefore !== null && resubscribes(decision)) {
    return { type: 'carried-out', outcome: { type: 'not-repeated', first: facts.answeredBefore }, effects: [] }
  }
  return decision
}

function decideFresh(command: Command, situation: Situation, facts: Facts): Decision {
  switch (command.type) {
    case 'save-person':
      return savePerson(command, situation, facts)
    case 'delete-person':
      return deletePerson(command, situation, facts)
    case 'set-subscription':
      return setSubscription(command, situation, facts)
    case 'continue-fan-out':
      return continueFanOut(command, situation, facts)
    case 'merge-people':
      return mergePeople(command, situation, facts)
    case 'change-list':
      return changeList(command, situation, facts)
    default:
      return command satisfies never
  }
}

const resubscribes = (decision: Decision): boolean =>
  decision.type === 'carried-out' && decision.effects.some(endsOptOut)

// Of an address, or of a person that has none (R5).
const endsOptOut = (effect: Effect): boolean =>
  (effect.type === 'status-changed' && effect.to === 'subscribed') ||
  (effect.type === 'person-changed' && effect.ownUnsubscribed === false && effect.address === undefined)

// R10: the status of the address stays; it is not the person's to take along.
function deletePerson({ id, expected }: DeletePerson, situation: Situation, { cause }: Facts): Decision {
  const person = situation.person(id)
  if (person === undefined) {
    return { type: 'rejected', rejection: { type: 'person-not-found', by: 'id', value: String(id) } }
  }
  const moved = movedOn(person, expected, situation)
  if (moved !== null) return { type: 'rejected', rejection: moved }
  const effects: Effect[] = [{ type: 'person-deleted', id }, lifeActivity('person-deleted', id, cause)]
  return { type: 'carried-out', outcome: { type: 'deleted', personId: id }, effects }
}

// R1, R2, R6 and R12 for an address, whether or not anybody has it. No person is made. R6 goes before the expected
// version: who wants what is so already has it, whoever was first.
function setSubscription(command: SetSubscription, situation: Situation, facts: Facts): Decision {
  const { cause } = facts
  const { key } = command.address
  const { status: to, expectedVersion, since } = command
  const { status, version, origin } = situation.status(key)
  const strengthened = strengthenCause({ key, reason: cause.reason }, situation, cause)
  if (status === to && (to === 'subscribed' || strengthened.length === 0))
    return { type: 'carried-out', outcome: { type: 'status-set', key, status, version }, effects: [] }

  const refusal = to === 'subscribed' ? guardResubscribe({ key, personId: null, origin }, facts) : null
  if (refusal !== null) return { type: 'rejected', rejection: refusal }
  if (expectedVersion !== undefined && expectedVersion !== version) {
    return { type: 'rejected', rejection: { type: 'version-moved', key, expected: expectedVersion, actual: version } }
  }
  const effects =
    status === to
      ? strengthened
      : changeStatus({ key, to, reason: cause.reason, direct: null, since }, situation, cause)
  return { type: 'carried-out', outcome: { type: 'status-set', key, status: to, version: version + 1 }, effects }
}

// The next piece of a history that was too long for one transaction. If the status moved on, its fan-out is gone and
// nothing stale is written.
function continueFanOut({ key, version }: ContinueFanOut, situation: Situation, { cause }: Facts): Decision {
  const fanOut = situation.fanOut(key)
  const chunk = situation.fanOutChunk(key)
  if (fanOut === undefined || chunk === undefined || fanOut.version !== version) {
    return { type: 'carried-out', outcome: { type: 'fan-out-continued', done: true }, effects: [] }
  }
  const effects: Effect[] = chunk.people
    .filter(person => person.id !== fanOut.except)
    .map(person => flagActivity(person.id, fanOut.to, { reason: fanOutReason, source: cause.source }, version))
  const upTo = chunk.people.at(-1)?.id ?? fanOut.upTo
  effects.push({ type: 'fan-out-advanced', key, version, upTo, done: chunk.last })
  return { type: 'carried-out', outcome: { type: 'fan-out-continued', done: chunk.last }, effects }
}
