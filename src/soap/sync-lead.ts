// syncLead: one record becomes one save-person command (legacy-soap-contract 3.5). Knows the shape of the call and of
// its reply; what then happens to people and addresses is the domain's.

import type { Outcome, SavePerson } from '../domain/command.js'
import type { PersonId } from '../domain/person.js'
import type { Call } from './call.js'
import { type Answered, faulted, faultKinds } from './faults.js'
import { readLeadAttributes } from './lead-attributes.js'
import { readLeadKey } from './lead-key.js'
import { presentLead } from './lead-record.js'
import type { LeadRecord, ParamsSyncLead, Received, SuccessSyncLead } from './messages.js'
import { submitCommand } from './submit-command.js'

export async function syncLead(params: Received<ParamsSyncLead>, call: Call): Promise<Answered<SuccessSyncLead>> {
  const command = await readCommand(params, call)
  if (command.type === 'fault') return command
  const outcome = await submitCommand(command.result, call)
  if (outcome.type === 'fault') return outcome
  const { personId: leadId, status } = savedBy(outcome.result)
  // Read only now, so that it shows what is durable.
  const leadRecord = params.returnLead === true ? await readLead(leadId, call) : undefined
  return { type: 'result', result: { result: { leadId, syncStatus: { leadId, status }, leadRecord } } }
}

async function readCommand(params: Received<ParamsSyncLead>, call: Call): Promise<Answered<SavePerson>> {
  const { leadRecord: record, marketoCookie: cookie, moveCookie } = params
  const { fields } = call.service
  const stray = strayWorkspace(call.targetWorkspace)
  if (stray !== undefined) {
    return faulted(faultKinds.inputError, `targetWorkspace: expected Default, got unknown '${stray.slice(0, 60)}'`)
  }
  if (record === undefined) return faulted(faultKinds.leadDetailRequired, 'expected a leadRecord, got none')

  const given = record.leadAttributeList?.attribute ?? []
  const attributes = await readLeadAttributes(given, { fields, operation: call.operation })
  if (attributes.type === 'fault') return attributes
  const misspelt = call.unknownChildren.filter(({ parent }) => parent === record)
  const key = readLeadKey({ record, attributes: attributes.result, cookie, moveCookie, misspelt })
  if (key.type === 'fault') return key

  const { unsubscribed, fields: values } = attributes.result
  const { identity, address } = key.result
  return {
    type: 'result',
    result: { type: 'save-person', identity, address, unsubscribed, fields: values, mode: 'upsert' },
  }
}

// There are no workspaces here, and without them only Default may be named; clients write it in any case, on every
// call (legacy-soap-contract 2 and 3.5).
function strayWorkspace(targetWorkspace: string | undefined): string | undefined {
  const name = (targetWorkspace ?? '').trim()
  return name === '' || name.toLowerCase() === 'default' ? undefined : name
}

function savedBy(outcome: Outcome): { readonly personId: PersonId; readonly status: 'CREATED' | 'UPDATED' } {
  // Warnings stay unsaid: the old wire has no place for them, and the call did succeed.
  if (outcome.type === 'created') return { personId: outcome.personId, status: 'CREATED' }
  if (outcome.type === 'updated') return { personId: outcome.personId, status: 'UPDATED' }
  throw new Error(`saving a person had the outcome '${outcome.type}'`)
}

// Nobody is there to be shown where somebody else deleted the person in between; the save itself did happen.
async function readLead(id: PersonId, { service }: Call): Promise<LeadRecord | undefined> {
  const [view] = await service.reads.peopleByIds([id])
  return view && presentLead(view, service.fields.dictionary)
}
