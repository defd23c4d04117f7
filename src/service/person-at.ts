// What a person was at a time: whether it existed, which address it had, and what that address's status was. Put
// together from histories, which are never rewritten; it knows the order of questions, not how they are stored.

import { type Address, parseAddress } from '../domain/address.js'
import { erasedText } from '../domain/erasure.js'
import { addressField, flagField } from '../domain/flag.js'
import type { PersonId } from '../domain/person.js'
import type { HistoryLine, HistoryStore, StatusChangeLine } from './history.js'
import type { ReadStore } from './ports.js'

export type PersonAt =
  /** No line of its history tells of it. */
  | { readonly type: 'never-heard-of' }
  | { readonly type: 'not-there'; readonly life: HistoryLine | undefined }
  /** What the person was made with was erased since. */
  | { readonly type: 'erased' }
  /** What would tell it was archived: all up to that time. */
  | { readonly type: 'archived'; readonly upTo: number }
  | {
      readonly type: 'there'
      readonly unsubscribed: boolean
      /** Null: it had none, and the flag was its own (R5). */
      readonly address: {
        readonly address: Address /** Null: before what is kept. */
        readonly got: HistoryLine | null
      } | null
      /** Why: the version of the address's status, or the line about the own flag; undefined: nobody ever said so. */
      readonly status: StatusChangeLine | undefined
      readonly ownFlag: HistoryLine | undefined
    }

type Reads = HistoryStore & Pick<ReadStore, 'cut' | 'peopleByIds'>

export async function personAt(id: PersonId, at: number, reads: Reads): Promise<PersonAt> {
  const cut = await reads.cut()
  if (cut.seq > 0 && at <= cut.at) return { type: 'archived', upTo: cut.at }
  const life = await reads.lifeAt(id, at)
  if (life === undefined && cut.seq > 0) return beforeFirstLine(id, at, cut.at, reads)
  if (life?.kind !== 'person-created') {
    const isKnown = life !== undefined || (await reads.lifeAfter(id, at)) !== undefined
    return isKnown ? { type: 'not-there', life } : { type: 'never-heard-of' }
  }
  const moved = await reads.changeAt(id, addressField, { at, after: life.id })
  const text = moved === undefined ? await addressAtBirth(id, life, reads) : moved.to
  if (text === undefined) return { type: 'erased' }
  if (text === null) {
    const ownFlag = await reads.changeAt(id, flagField, { at, after: life.id })
    return withoutAddress(ownFlag?.to === '1', ownFlag)
  }
  return withAddress(id, text, moved ?? life, at, reads)
}

function withoutAddress(unsubscribed: boolean, ownFlag: HistoryLine | undefined): PersonAt {
  return { type: 'there', unsubscribed, address: null, status: undefined, ownFlag }
}

async function withAddress(id: PersonId, text: string, got: HistoryLine | null, at: number, history: HistoryStore) {
  if (text === erasedText) return { type: 'erased' } as const
  const parsed = parseAddress(text)
  if (parsed.type !== 'address') throw new Error(`the history of person ${id} holds an address that is none`)
  const status = await history.statusAt(parsed.address.key, at)
  const address = { address: parsed.address, got }
  const unsubscribed = status?.status === 'unsubscribed'
  return { type: 'there', unsubscribed, address, status, ownFlag: undefined } as const
}

// Whoever was made before what is kept has no line that says so. Then what came later tells what was before it: who is
// deleted later was there, and what changed later was until then what it changed from; else all is as it is now.
async function beforeFirstLine(id: PersonId, at: number, upTo: number, reads: Reads): Promise<PersonAt> {
  const later = await reads.lifeAfter(id, at)
  if (later?.kind === 'person-created') return { type: 'not-there', life: undefined }
  const [now] = later === undefined ? await reads.peopleByIds([id]) : []
  if (later === undefined && now === undefined) return { type: 'archived', upTo }
  const valueThen = async (field: string): Promise<readonly [string | null | undefined, HistoryLine | undefined]> => {
    const before = await reads.changeAt(id, field, { at, after: 0 })
    if (before !== undefined) return [before.to, before]
    return [(await reads.changeAfter(id, field, at))?.from, undefined]
  }
  const [told, moved] = await valueThen(addressField)
  const text = told === undefined && now !== undefined ? (now.person.address?.text ?? null) : told
  if (text === undefined) return { type: 'archived', upTo }
  if (text !== null) return withAddress(id, text, moved ?? null, at, reads)
  const [flag, ownFlag] = await valueThen(flagField)
  const isOut = flag === undefined ? now?.person.ownUnsubscribed : flag === '1'
  return isOut === undefined ? { type: 'archived', upTo } : withoutAddress(isOut, ownFlag)
}

// What somebody is made with has no line of its own; the command that made it has it. Undefined: erased.
async function addressAtBirth(id: PersonId, life: HistoryLine, history: HistoryStore) {
  const detail = await history.commandDetail(life.seq)
  for (const effect of detail?.effects ?? []) {
    if (effect.type === 'person-created' && effect.person.id === id) return effect.person.address?.text ?? null
  }
  return undefined
}
