// Which operations are carried out, by whom they may be called, and by which function. The names of operations are
// written here and nowhere else; what a contract version declares beyond them is answered as not supported.

import type { Role } from '../../domain/command.js'
import type { Call } from '../call.js'
import type { EncodeEnvelope } from '../codec/codec-envelope-encode.js'
import type { SoapVersion } from '../codec/codec-namespaces.js'
import type { DecodedObject } from '../codec/compile-decode.js'
import { type Answered, fault, faulted, faultKinds } from '../faults.js'
import type { Messages, Received } from '../messages/messages.js'
import { describeMObject, listMObjects } from './describe-objects.js'
import { getCampaignsForSource } from './get-campaigns-for-source.js'
import { getLead } from './get-lead.js'
import { getLeadActivity } from './get-lead-activity.js'
import { getLeadChanges } from './get-lead-changes.js'
import { getMultipleLeads } from './get-multiple-leads.js'
import { getImportToListStatus } from './import-status.js'
import { importToList } from './import-to-list.js'
import { listOperation } from './list-operation.js'
import { mergeLeads } from './merge-leads.js'
import { getChannels, getTags } from './program-tags.js'
import { requestCampaign } from './request-campaign.js'
import { scheduleCampaign } from './schedule-campaign.js'
import { syncLead } from './sync-lead.js'
import { syncMultipleLeads } from './sync-multiple-leads.js'

type Handler<Name extends keyof Messages> = (
  params: Received<Messages[Name]['params']>,
  call: Call,
) => Promise<Answered<Messages[Name]['reply']>>

export interface Reply {
  readonly encode: EncodeEnvelope
  readonly soapVersion: SoapVersion
}

export interface Operation {
  /** The least role that may call it. */
  readonly needs: Role
  /** The text of the reply. */
  carryOut(params: DecodedObject, call: Call, reply: Reply): Promise<Answered<string>>
}

function served<Name extends keyof Messages>(name: Name, needs: Role, handle: Handler<Name>): [string, Operation] {
  const carryOut: Operation['carryOut'] = async (params, call, { encode, soapVersion }) => {
    // Decoded by the schema of this very operation; a contract test holds the types of messages against the schema.
    const answered = await handle(params as Received<Messages[Name]['params']>, call)
    return answered.type === 'fault' ? answered : { type: 'result', result: encode(name, answered.result, soapVersion) }
  }
  return [name, { needs, carryOut }]
}

const operations: ReadonlyMap<string, Operation> = new Map([
  served('describeMObject', 'reader', describeMObject),
  served('getCampaignsForSource', 'reader', getCampaignsForSource),
  served('getChannels', 'reader', getChannels),
  served('getImportToListStatus', 'reader', getImportToListStatus),
  served('getLead', 'reader', getLead),
  served('getLeadActivity', 'reader', getLeadActivity),
  served('getLeadChanges', 'reader', getLeadChanges),
  served('getMultipleLeads', 'reader', getMultipleLeads),
  served('getTags', 'reader', getTags),
  served('importToList', 'writer', importToList),
  served('listMObjects', 'reader', listMObjects),
  served('listOperation', 'writer', listOperation),
  served('mergeLeads', 'writer', mergeLeads),
  served('requestCampaign', 'writer', requestCampaign),
  served('scheduleCampaign', 'writer', scheduleCampaign),
  served('syncLead', 'writer', syncLead),
  served('syncMultipleLeads', 'writer', syncMultipleLeads),
])

/** The names of the operations that are carried out. */
export const servedOperations: readonly string[] = [...operations.keys()]

const ofMarketingObjects =
  'opportunities and programs are not kept here: leave this call out, or make it to the CRM that owns them'
const ofCustomObjects =
  'custom objects are not kept here: leave this call out, or put what belongs to a lead into fields of the lead'

/** Why those that nothing here will ever carry out are not, and what a caller can do. */
const notKept: ReadonlyMap<string, string> = new Map<keyof Messages, string>([
  ['getMObjects', ofMarketingObjects],
  ['syncMObjects', ofMarketingObjects],
  ['deleteMObjects', ofMarketingObjects],
  ['getCustomObjects', ofCustomObjects],
  ['syncCustomObjects', ofCustomObjects],
  ['deleteCustomObjects', ofCustomObjects],
])

/** What carries out an operation of the contract for a caller of this role, or why nothing does. */
export function findOperation(name: string, role: Role): Answered<Operation> {
  const operation = operations.get(name)
  if (operation === undefined) {
    return faulted(
      faultKinds.unsupportedOperation,
      `${name} is not supported by this server; ${notKept.get(name) ?? `supported are ${servedOperations.join(', ')}`}`,
    )
  }
  if (rank[role] < rank[operation.needs]) {
    const message = `${name} needs a credential with the role ${operation.needs}, this one has the role ${role}`
    return { type: 'fault', fault: fault(faultKinds.accessDenied, message) }
  }
  return { type: 'result', result: operation }
}

const rank: Readonly<Record<Role, number>> = { reader: 0, writer: 1, admin: 2 }
