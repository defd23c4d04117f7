// The members that a listOperation names, each key with the people that it stands for (legacy-soap-contract 3.10).
// Knows keys; must not know what is done with the people.

import type { PersonId } from '../../domain/person.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds } from '../faults.js'
import type { ArrayOfLeadKey, LeadKey, Received } from '../messages/messages.js'
import { type KeyType, readKeyType } from './get-lead.js'
import { readPersonId } from './person-id.js'

export const membersMax = 1_000

export interface NamedMember {
  /** As it came, to be echoed. */
  readonly leadKey: LeadKey
  /** Everybody who has the key: people may share an address. Nobody: none. */
  readonly ids: readonly PersonId[]
}

// Keys that need a question each to the store, so many at a time: a call must not take all of its connections.
const questionsAtOnce = 8

export async function readMembers(
  { leadKey: given }: Received<ArrayOfLeadKey>,
  reads: Call['service']['reads'],
): Promise<Answered<readonly NamedMember[]>> {
  if (given.length === 0) return faulted(faultKinds.leadKeyRequired, 'listMemberList: expected a leadKey, got none')
  if (given.length > membersMax) {
    return faulted(
      faultKinds.inputError,
      `listMemberList: expected at most ${membersMax} leadKeys in one call, got ${given.length}`,
    )
  }
  const keys: { readonly leadKey: LeadKey; readonly keyType: KeyType }[] = []
  for (const [index, { keyType = '', keyValue = '' }] of given.entries()) {
    if (keyType.trim() === '' || keyValue.trim() === '') {
      const place = `leadKey number ${index + 1}`
      return faulted(faultKinds.leadKeyRequired, `listMemberList: expected keyType and keyValue in ${place}`)
    }
    const read = readKeyType(keyType)
    if (read.type === 'fault') return read
    keys.push({ leadKey: { keyType, keyValue }, keyType: read.result })
  }

  const isThere = await peopleThere(
    keys.flatMap(({ leadKey, keyType }) => (keyType.name === 'IDNUM' ? idIn(leadKey.keyValue) : [])),
    reads,
  )
  const members = await inTurns(keys, questionsAtOnce, async ({ leadKey, keyType }): Promise<NamedMember> => {
    if (keyType.name === 'IDNUM') return { leadKey, ids: idIn(leadKey.keyValue).filter(id => isThere.has(id)) }
    const views = await keyType.lookUp(leadKey.keyValue, reads)
    return { leadKey, ids: views.map(({ person }) => person.id) }
  })
  return { type: 'result', result: members }
}

function idIn(text: string): PersonId[] {
  const read = readPersonId(text)
  return read.type === 'id' ? [read.id] : []
}

// Ids are what nearly all callers send, so they are asked about in one question.
async function peopleThere(ids: readonly PersonId[], reads: Call['service']['reads']): Promise<ReadonlySet<PersonId>> {
  if (ids.length === 0) return new Set()
  const views = await reads.peopleByIds([...new Set(ids)])
  return new Set(views.map(({ person }) => person.id))
}

async function inTurns<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  ask: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(ask))))
  }
  return results
}
