// getLead: the people that one key names, as records (legacy-soap-contract 3.3). Knows the key types of the wire; a key
// that nobody has is always the fault 20103, never an empty list.

import { parseAddress } from '../domain/address.js'
import type { PersonView } from '../service/ports.js'
import type { Service } from '../service/service.js'
import type { Call } from './call.js'
import { type Answered, fault, faulted, faultKinds, leadNotFound, quoted } from './faults.js'
import { foreignIdLengthMax, salesforce } from './foreign-id.js'
import { cookieLengthMax } from './lead-key.js'
import { presentLead } from './lead-record.js'
import type { LeadKey, ParamsGetLead, Received, SuccessGetLead } from './messages.js'
import { readPersonId } from './person-id.js'

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

/** How a key type finds people, by its name in any letter case. */
export function readKeyType(text: string): Answered<{ readonly name: string; readonly lookUp: LookUp }> {
  const name = text.trim().toUpperCase()
  const lookUp = lookUps.get(name)
  if (lookUp === undefined) {
    const expected = [...lookUps.keys()].join(', ')
    return faulted(faultKinds.leadKeyBad, `keyType: expected one of ${expected}, got '${text.slice(0, 60)}'`)
  }
  return { type: 'result', result: { name, lookUp } }
}

const nobody: LookUp = async () => []

const bySalesforceId: LookUp = async (value, reads) => {
  const id = value.trim()
  return id.length > foreignIdLengthMax ? [] : reads.peopleByForeignId({ system: salesforce, value: id })
}

// All of LeadKeyRef, in its order. What cannot be an id, an address or a cookie is simply a key that nobody has.
const lookUps: ReadonlyMap<string, LookUp> = new Map<string, LookUp>([
  [
    'IDNUM',
    async (value, reads) => {
      const id = readPersonId(value)
      return id.type === 'id' ? reads.peopleByIds([id.id]) : []
    },
  ],
  ['COOKIE', async (value, reads) => (value.trim().length > cookieLengthMax ? [] : reads.peopleByCookie(value.trim()))],
  [
    'EMAIL',
    async (value, reads) => {
      const parsed = parseAddress(value)
      return parsed.type === 'address' ? reads.peopleByAddress(parsed.address.key, duplicatesShownMax) : []
    },
  ],
  // Owners, accounts and opportunities are not kept here, so nobody has them.
  ['LEADOWNEREMAIL', nobody],
  ['SFDCACCOUNTID', nobody],
  ['SFDCCONTACTID', bySalesforceId],
  ['SFDCLEADID', bySalesforceId],
  ['SFDCLEADOWNERID', nobody],
  ['SFDCOPPTYID', nobody],
])

function nobodyHas(keyType: string, value: string) {
  return keyType === 'LEADOWNEREMAIL' || keyType === 'SFDCLEADOWNERID'
    ? fault(faultKinds.leadOwnerNotFound, `No lead owner found with ${keyType} = ${quoted(value)}`)
    : leadNotFound(keyType, value)
}
