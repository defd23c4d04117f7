// The log, played into a store that holds nothing: the same effects in the same order give the same tables. The rules
// are not asked again, so a log written under older rules replays as what happened then.

import { type AddressKey, trustedAddressKey } from '../../domain/address.js'
import type { Effect } from '../../domain/command.js'
import { evolve } from '../../domain/evolve.js'
import type { ForeignId, PersonId } from '../../domain/person.js'
import type { CommandStore, LogDetail, LogEntry, Wanted } from '../ports.js'

/** Plays entries that follow on what the store already holds. Their details must not be erased. */
export async function replay(entries: readonly LogEntry[], target: Pick<CommandStore, 'transact'>): Promise<void> {
  if (entries.length === 0) return
  const details = entries.map(detailOf)
  await target.transact(async transaction => {
    const situation = await transaction.read(wantedBy(details))
    let { activityId } = await transaction.lockHead()
    entries.forEach((entry, index) => {
      const { effects, cause } = details[index]!
      evolve(situation, effects, { seq: entry.seq, at: entry.at, cause })
      activityId += effects.filter(effect => effect.type === 'activity').length
    })
    const last = entries.at(-1)!
    const head = { seq: last.seq, hash: last.hash, activityId }
    await transaction.append({ entries, details, difference: situation.difference(), answers: [], head })
  })
}

export function detailOf(entry: LogEntry): LogDetail {
  if (entry.detail === null) throw new Error(`the detail of log entry ${entry.seq} was erased: it cannot be replayed`)
  return JSON.parse(entry.detail) as LogDetail
}

function wantedBy(details: readonly LogDetail[]): Wanted {
  const keys = new Set<AddressKey>()
  const ids = new Set<PersonId>()
  const foreignIds = new Map<string, ForeignId>()
  const cookies = new Set<string>()
  const members: { listId: number; ids: readonly PersonId[] }[] = []
  const fanOuts = new Map<AddressKey, number>()
  const want = (effect: Effect): void => {
    switch (effect.type) {
      case 'person-created':
        ids.add(effect.person.id)
        if (effect.person.address !== null) keys.add(trustedAddressKey(effect.person.address.key))
        break
      case 'person-changed':
        ids.add(effect.id)
        if (effect.address) keys.add(trustedAddressKey(effect.address.key))
        break
      case 'person-deleted':
        ids.add(effect.id)
        break
      case 'activity':
        ids.add(effect.personId)
        break
      case 'foreign-id-linked':
        foreignIds.set(JSON.stringify(effect.foreignId), effect.foreignId)
        break
      case 'cookie-linked':
        cookies.add(effect.cookie)
        break
      case 'list-joined':
      case 'list-left':
        ids.add(effect.personId)
        members.push({ listId: effect.listId, ids: [effect.personId] })
        break
      case 'address-returned':
        keys.add(effect.from)
        keys.add(effect.key)
        break
      case 'address-erased':
      case 'status-changed':
      case 'cause-strengthened':
      case 'fan-out-started':
      case 'fan-out-advanced':
        keys.add(effect.key)
        // Whom a step told is in its effects.
        fanOuts.set(effect.key, 0)
        break
    }
  }
  for (const { effects } of details) effects.forEach(want)
  return { keys, ids, foreignIds: [...foreignIds.values()], cookies, links: new Set(), members, fanOuts }
}
