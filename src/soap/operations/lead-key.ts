// Which person a record means: its elements, its attributes and the cookie beside it, as the identity that the domain
// ranks (legacy-soap-contract 3.5, client-habits 6 and 7). Knows where clients put a key; must not know who is found.

import { type Address, parseAddress } from '../../domain/address.js'
import type { Identity } from '../../domain/command.js'
import { addressField } from '../../domain/flag.js'
import type { ForeignId, PersonId } from '../../domain/person.js'
import type { UnknownChild } from '../codec/codec-findings.js'
import { type Answered, faulted, faultKinds, quoted } from '../faults.js'
import type { LeadRecord, Received } from '../messages/messages.js'
import { readForeignId } from './foreign-id.js'
import type { AttributesRead } from './lead-attributes.js'
import { readPersonId } from './person-id.js'

/** The column of a store holds no more, in characters. */
export const cookieLengthMax = 512

export interface LeadKeySources {
  readonly record: Received<LeadRecord>
  readonly attributes: Pick<AttributesRead, 'id' | 'address'>
  readonly cookie: string | undefined
  readonly moveCookie: boolean | undefined
  /** Children of the record that the contract does not have. */
  readonly misspelt: readonly UnknownChild[]
}

export interface LeadKeyRead {
  readonly identity: Identity
  /** The address that the person shall have. Absent: not mentioned. Null: none. */
  readonly address: Address | null | undefined
}

export function readLeadKey(sources: LeadKeySources): Answered<LeadKeyRead> {
  const { record, attributes, moveCookie } = sources
  const problems: string[] = []
  const cookie = readCookie(sources.cookie, problems)
  const elements = readElements(record, problems)
  // An element goes before the attribute of the same name: the key, while the attribute is then the new value.
  const identity = {
    id: elements.id ?? attributes.id,
    foreignId: elements.foreignId,
    address: elements.address ?? attributes.address ?? undefined,
  }
  const isNamed = [identity.id, identity.foreignId, identity.address, cookie].some(key => key !== undefined)
  const given = isNamed || problems.length > 0 ? identity : readElements(correctlySpelt(sources.misspelt), problems)
  if (problems.length > 0) return faulted(faultKinds.inputError, problems.join('; '))

  const { id, foreignId } = given
  const address = attributes.address === undefined ? given.address : attributes.address
  return {
    type: 'result',
    result: { identity: { id, foreignId, address: given.address, cookie, moveCookie }, address },
  }
}

interface ElementsRead {
  readonly id: PersonId | undefined
  readonly foreignId: ForeignId | undefined
  readonly address: Address | undefined
}

function readElements(record: RawKeys, problems: string[]): ElementsRead {
  const id = readPersonId(String(record.Id ?? ''))
  if (id.type === 'not-an-id') problems.push(`Id: ${id.problem}`)
  const foreignId = readForeignId(record.ForeignSysPersonId, record.ForeignSysType)
  if (foreignId.type === 'not-a-foreign-id') problems.push(foreignId.problem)
  const address = readAddress(record.Email ?? '', problems)
  return {
    id: id.type === 'id' ? id.id : undefined,
    foreignId: foreignId.type === 'foreign-id' ? foreignId.foreignId : undefined,
    address,
  }
}

function readAddress(text: string, problems: string[]): Address | undefined {
  if (text.trim() === '') return undefined
  const parsed = parseAddress(text)
  if (parsed.type === 'address') return parsed.address
  problems.push(`${addressField}: ${parsed.problem}, in '${quoted(text)}'`)
  return undefined
}

function readCookie(text: string | undefined, problems: string[]): string | undefined {
  const cookie = (text ?? '').trim()
  if (cookie.length > cookieLengthMax) {
    problems.push(`marketoCookie: expected at most ${cookieLengthMax} characters, got ${cookie.length}`)
  }
  return cookie === '' ? undefined : cookie
}

/** The keys of a record, as they are spelt right. */
type RawKeys = {
  readonly [name in 'Email' | 'ForeignSysPersonId' | 'ForeignSysType']?: string | undefined
} & { readonly Id?: number | string | undefined }

const spellings: ReadonlyMap<string, keyof RawKeys> = new Map([
  ['id', 'Id'],
  ['email', 'Email'],
  ['foreignsyspersonid', 'ForeignSysPersonId'],
  ['foreignsystype', 'ForeignSysType'],
])

// The old service ignored <email> and <id>, and callers lived with it by naming the person elsewhere too. Only for a
// record that names nobody otherwise are they taken for what they must have been meant as.
function correctlySpelt(misspelt: readonly UnknownChild[]): RawKeys {
  const keys: Record<string, string> = {}
  for (const { localName, text } of misspelt) {
    const name = spellings.get(localName.toLowerCase())
    if (name !== undefined) keys[name] ??= text
  }
  return keys
}
