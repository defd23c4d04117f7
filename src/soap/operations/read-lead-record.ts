// One leadRecord as one command: whom it means and what it says about the person (legacy-soap-contract 3.5, 3.6). The
// only reader of records, whichever call brings them; it must not know replies, nor who is found.

import type { SavePerson } from '../../domain/command.js'
import type { UnknownChild } from '../codec/codec-findings.js'
import type { Answered } from '../faults.js'
import type { LeadRecord, Received } from '../messages/messages.js'
import { type AttributeNames, readLeadAttributes } from './lead-attributes.js'
import { readLeadKey } from './lead-key.js'

export interface RecordToRead {
  readonly record: Received<LeadRecord>
  /** Children of the record that the contract does not have. */
  readonly misspelt: readonly UnknownChild[]
  readonly cookie?: string | undefined
  readonly moveCookie?: boolean | undefined
  /**
   * What the element Email says where an Id or a foreign id names the person. `value`: the address that it shall have.
   * `key`: nothing then, since the address is only changed by the attribute (3.6).
   */
  readonly emailElement: 'value' | 'key'
  /** False: a person is made even where somebody has the address. */
  readonly matchByAddress: boolean
}

export function readLeadRecord(given: RecordToRead, names: AttributeNames): Answered<SavePerson> {
  const { record, misspelt, cookie, moveCookie } = given
  const attributes = readLeadAttributes(record.leadAttributeList?.attribute ?? [], names)
  if (attributes.type === 'fault') return attributes
  const key = readLeadKey({ record, attributes: attributes.result, cookie, moveCookie, misspelt })
  if (key.type === 'fault') return key

  const { identity } = key.result
  const { unsubscribed, fields } = attributes.result
  const hasOwnId = identity.id !== undefined || identity.foreignId !== undefined
  const address = given.emailElement === 'key' && hasOwnId ? attributes.result.address : key.result.address
  const mode = hasOwnId || given.matchByAddress ? 'upsert' : 'duplicate'
  return { type: 'result', result: { type: 'save-person', identity, address, unsubscribed, fields, mode } }
}
