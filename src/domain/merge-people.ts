// R9: several records of one person become one. The survivor follows the status of its own address, and no merge ever
// subscribes an address; what the winner does not say is taken from the losers, in their order.

import type { Activity, Decision, Effect, Facts, MergePeople, Situation } from './command.js'
import { resetReason } from './command.js'
import { addressField, showsUnsubscribed } from './flag.js'
import type { Person, PersonId } from './person.js'
import { changeStatus, flagActivity, lifeActivity } from './status-change.js'

export function mergePeople(command: MergePeople, situation: Situation, facts: Facts): Decision {
  const ids = [command.winner, ...command.losers]
  const missing = ids.find(id => situation.person(id) === undefined)
  if (missing !== undefined) {
    return { type: 'rejected', rejection: { type: 'person-not-found', by: 'id', value: String(missing) } }
  }
  if (command.losers.length === 0 || new Set(ids).size < ids.length) {
    return { type: 'rejected', rejection: { type: 'nothing-to-merge' } }
  }
  const [winner, ...losers] = ids.map(id => situation.person(id)!) as [Person, ...Person[]]
  const effects: Effect[] = [
    ...survivor(winner, losers, situation, facts),
    ...losers.flatMap(loser => links(winner.id, loser.id, situation)),
    mergedActivity(winner.id, command.losers, facts),
    ...losers.flatMap((loser): Effect[] => [
      { type: 'person-deleted', id: loser.id },
      lifeActivity('person-deleted', loser.id, facts.cause),
    ]),
  ]
  return { type: 'carried-out', outcome: { type: 'merged', personId: winner.id, losers: command.losers }, effects }
}

function survivor(winner: Person, losers: readonly Person[], situation: Situation, facts: Facts): Effect[] {
  const fields: Record<string, string> = {}
  for (const loser of losers) {
    for (const [name, value] of Object.entries(loser.fields)) {
      if (winner.fields[name] === undefined) fields[name] ??= value
    }
  }
  const address = winner.address ?? losers.find(loser => loser.address !== null)?.address ?? null
  const takesAddress = winner.address === null && address !== null
  const ownUnsubscribed = address === null && [winner, ...losers].some(person => person.ownUnsubscribed)
  return [
    {
      type: 'person-changed',
      id: winner.id,
      ...(takesAddress ? { address } : {}),
      ...(ownUnsubscribed === winner.ownUnsubscribed ? {} : { ownUnsubscribed }),
      ...(Object.keys(fields).length === 0 ? {} : { fields }),
    },
    ...Object.entries(fields).map(([name, to]) => valueActivity(winner.id, name, to, facts)),
    ...(takesAddress ? [valueActivity(winner.id, addressField, address.text, facts)] : []),
    ...flagEffects(winner, losers, address, situation, facts),
  ]
}

// R9 with R5: an opt-out of somebody without an address is, from now on, known to be one of the survivor's address.
function flagEffects(
  winner: Person,
  losers: readonly Person[],
  address: Person['address'],
  situation: Situation,
  { cause }: Facts,
): Effect[] {
  const before = showsUnsubscribed(winner, situation)
  const ownOptOut = [winner, ...losers].some(person => person.address === null && person.ownUnsubscribed)
  if (address === null) return ownOptOut && !before ? [flagActivity(winner.id, 'unsubscribed', cause, null)] : []

  const { status, version } = situation.status(address.key)
  if (status === 'subscribed' && ownOptOut) {
    const change = { key: address.key, to: 'unsubscribed', reason: cause.reason, direct: winner.id } as const
    const told = before ? [] : [flagActivity(winner.id, 'unsubscribed', cause, version + 1)]
    return [...changeStatus(change, situation, cause), ...told]
  }
  if (before === (status === 'unsubscribed')) return []
  return [flagActivity(winner.id, status, { reason: resetReason, source: cause.source }, version)]
}

function links(winner: PersonId, loser: PersonId, situation: Situation): Effect[] {
  const { foreignIds, cookies, listIds } = situation.linksOf(loser)
  return [
    ...foreignIds.map((foreignId): Effect => ({ type: 'foreign-id-linked', foreignId, personId: winner, from: loser })),
    ...cookies.map((cookie): Effect => ({ type: 'cookie-linked', cookie, personId: winner, from: loser })),
    ...listIds.map((listId): Effect => ({ type: 'list-joined', listId, personId: winner })),
  ]
}

function valueActivity(personId: PersonId, attribute: string, to: string, { cause }: Facts): Activity {
  const { reason, source } = cause
  return {
    type: 'activity',
    personId,
    kind: 'value-changed',
    attribute,
    from: null,
    to,
    reason,
    source,
    statusVersion: null,
  }
}

function mergedActivity(personId: PersonId, losers: readonly PersonId[], { cause }: Facts): Activity {
  const { reason, source } = cause
  return {
    type: 'activity',
    personId,
    kind: 'people-merged',
    attribute: null,
    from: losers.join(', '),
    to: null,
    reason,
    source,
    statusVersion: null,
  }
}
