// syncLead: one record becomes one save-person command (legacy-soap-contract 3.5). Knows the shape of the call and of
// its reply; what then happens to people and addresses is the domain's.

import type { SavePerson } from '../../domain/command.js'
import type { PersonId } from '../../domain/person.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds } from '../faults.js'
import type { LeadRecord, ParamsSyncLead, Received, SuccessSyncLead } from '../messages/messages.js'
import { unknownNames } from './lead-attributes.js'
import { presentLead } from './lead-record.js'
import { readLeadRecord } from './read-lead-record.js'
import { submitCommand } from './submit-command.js'
import { savedStatus } from './sync-status.js'
import { readTargetWorkspace } from './target-workspace.js'

export async function syncLead(params: Received<ParamsSyncLead>, call: Call): Promise<Answered<SuccessSyncLead>> {
  const command = await readCommand(params, call)
  if (command.type === 'fault') return command
  const outcome = await submitCommand(command.result, call)
  if (outcome.type === 'fault') return outcome
  const syncStatus = savedStatus(outcome.result)
  const { leadId } = syncStatus
  // Read only now, so that it shows what is durable.
  const leadRecord = params.returnLead === true ? await readLead(leadId, call) : undefined
  return { type: 'result', result: { result: { leadId, syncStatus, leadRecord } } }
}

async function readCommand(params: Received<ParamsSyncLead>, call: Call): Promise<Answered<SavePerson>> {
  const { leadRecord: record, marketoCookie: cookie, moveCookie } = params
  const { fields } = call.service
  const place = await readTargetWorkspace(call)
  if (place.type === 'fault') return place
  if (record === undefined) return faulted(faultKinds.leadDetailRequired, 'expected a leadRecord, got none')

  const unknown = await unknownNames([record.leadAttributeList?.attribute ?? []], fields)
  const misspelt = call.unknownChildren.filter(({ parent }) => parent === record)
  const read = readLeadRecord(
    { record, misspelt, cookie, moveCookie, emailElement: 'value', matchByAddress: true },
    { dictionary: fields.dictionary, unknown, operation: call.operation },
  )
  if (read.type === 'fault' || place.result.partition === undefined) return read
  return { type: 'result', result: { ...read.result, ...place.result } }
}

// Nobody is there to be shown where somebody else deleted the person in between; the save itself did happen.
async function readLead(id: PersonId, { service }: Call): Promise<LeadRecord | undefined> {
  const [view] = await service.reads.peopleByIds([id])
  return view && presentLead(view, service.fields.dictionary)
}
