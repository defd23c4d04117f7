// getLead: the people that one key names, as records (legacy-soap-contract 3.3). Knows the key types of the wire; a key
// that nobody has is always the fault 20103, never an empty list.

import type { PeopleSelection, PersonView } from '../../service/ports.js'
import type { Service } from '../../service/service.js'
import type { Call } from '../call.js'
import { type Answered, fault, faulted, faultKinds, leadNotFound, quoted } from '../faults.js'
import type { LeadKey, ParamsGetLead, Received, SuccessGetLead } from '../messages/messages.js'
import { keySelections, type SelectByValues } from './key-selection.js'
import { presentLead } from './lead-record.js'

/** How many people of one address are shown; no reply may grow with what others have stored. */
export const duplicatesShownMax = 100

type Reads = Service['reads']
type LookUp = (value: string, reads: Reads) => Promise<readonly PersonView[]>

export async function getLead(params: Received<ParamsGetLead>, call: Call): Promise<Answered<SuccessGetLead>> {
  const { reads, fields } = call.service
  const views = await findLeads(params.leadKey, reads)
  if (views.type === 'fault') return views

  const leadRecord = views.result.map(view => presentLead(view, fields.dictionary))
  return { type: 'result', result: { result: { count: leadRecord.length, leadRecordList: { leadRecord } } } }
}

/** Everybody that a key names, at least one; the fault of every call that has such a key where it names nobody. */
export async function findLeads(
  leadKey: Received<LeadKey> | undefined,
  reads: Reads,
): Promise<Answered<readonly PersonView[]>> {
  const { keyType = '', keyValue = '' } = leadKey ?? {}
  if (keyType === '' || keyValue.trim() === '') {
    return faulted(faultKinds.leadKeyRequired, 'expected a leadKey with keyType and keyValue')
  }
  const read = readKeyType(keyType)
  if (read.type === 'fault') return read
  const { name, lookUp } = read.result
  const views = await lookUp(keyValue, reads)
  return views.length === 0 ? { type: 'fault', fault: nobodyHas(name, keyValue) } : { type: 'result', result: views }
}

export interface KeyType {
  readonly name: string
  /** Whom one value means, newest id first. */
  readonly lookUp: LookUp
  /** Whom any of the values means. */
  readonly select: SelectByValues
}

/** How a key type finds people, by its name in any letter case. */
export function readKeyType(text: string): Answered<KeyType> {
  const name = text.trim().toUpperCase()
  const select = keySelections.get(name)
  if (select === undefined) {
    const expected = [...keySelections.keys()].join(', ')
    return faulted(faultKinds.leadKeyBad, `keyType: expected one of ${expected}, got '${text.slice(0, 60)}'`)
  }
  return { type: 'result', result: { name, select, lookUp: (value, reads) => newestFirst(select([value]), reads) } }
}

async function newestFirst(selection: PeopleSelection, reads: Reads): Promise<readonly PersonView[]> {
  // Only an address can belong to more people than are shown; of those the newest are.
  const [key] = selection.type === 'addresses' ? selection.keys : []
  if (key !== undefined) return reads.peopleByAddress(key, duplicatesShownMax)
  const { people } = await reads.selectedPeople(selection, { after: 0, limit: duplicatesShownMax })
  return [...people].reverse()
}

function nobodyHas(keyType: string, value: string) {
  return keyType === 'LEADOWNEREMAIL' || keyType === 'SFDCLEADOWNERID'
    ? fault(faultKinds.leadOwnerNotFound, `No lead owner found with ${keyType} = ${quoted(value)}`)
    : leadNotFound(keyType, value)
}
