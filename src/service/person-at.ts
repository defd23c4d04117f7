// What a person was at a time: whether it existed, which address it had, and what that address's status was. Put
// together from histories, which are never rewritten; it knows the order of questions, not how they are stored.

import { type Address, parseAddress } from '../domain/address.js'
import { addressField, flagField } from '../domain/flag.js'
import type { PersonId } from '../domain/person.js'
import type { HistoryLine, HistoryStore, StatusChangeLine } from './history.js'

export type PersonAt =
  /** No line of its history tells of it. */
  | { readonly type: 'never-heard-of' }
  | { readonly type: 'not-there'; readonly life: HistoryLine | undefined }
  /** What the person was made with was erased since. */
  | { readonly type: 'erased' }
  | {
      readonly type: 'there'
      readonly unsubscribed: boolean
      /** Null: it had none, and the flag was its own (R5). */
      readonly address: { readonly address: Address; readonly got: HistoryLine } | null
      /** Why: the version of the address's status, or the line about the own flag; undefined: nobody ever said so. */
      readonly status: StatusChangeLine | undefined
      readonly ownFlag: HistoryLine | undefined
    }

export async function personAt(id: PersonId, at: number, history: HistoryStore): Promise<PersonAt> {
  const life = await history.lifeAt(id, at)
  if (life?.kind !== 'person-created') {
    const isKnown = life !== undefined || (await history.lifeAt(id, Number.MAX_SAFE_INTEGER)) !== undefined
    return isKnown ? { type: 'not-there', life } : { type: 'never-heard-of' }
  }
  const moved = await history.changeAt(id, addressField, { at, after: life.id })
  const text = moved === undefined ? await addressAtBirth(id, life, history) : moved.to
  if (text === undefined) return { type: 'erased' }
  if (text === null) {
    const ownFlag = await history.changeAt(id, flagField, { at, after: life.id })
    return { type: 'there', unsubscribed: ownFlag?.to === '1', address: null, status: undefined, ownFlag }
  }
  const parsed = parseAddress(text)
  if (parsed.type !== 'address') throw new Error(`the history of person ${id} holds an address that is none`)
  const status = await history.statusAt(parsed.address.key, at)
  const address = { address: parsed.address, got: moved ?? life }
  return { type: 'there', unsubscribed: status?.status === 'unsubscribed', address, status, ownFlag: undefined }
}

// What somebody is made with has no line of its own; the command that made it has it. Undefined: erased.
async function addressAtBirth(id: PersonId, life: HistoryLine, history: HistoryStore) {
  const detail = await history.commandDetail(life.seq)
  for (const effect of detail?.effects ?? []) {
    if (effect.type === 'person-created' && effect.person.id === id) return effect.person.address?.text ?? null
  }
  return undefined
}
