// requestCampaign: leads are put through a flow at once (legacy-soap-contract 3.15, client-habits 10). Knows how the
// campaign and the leads are named; each lead then is one command, all of them together in the group commit.

import { type Flow, flowReason } from '../../domain/flow.js'
import type { PersonId } from '../../domain/person.js'
import { flowCause, flowSubmission } from '../../service/flows/flows.js'
import type { PersonView } from '../../service/ports.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds } from '../faults.js'
import type { ArrayOfLeadKey, ParamsRequestCampaign, Received, SuccessRequestCampaign } from '../messages/messages.js'
import { fillCampaign, findCampaign, sourceProblem } from './campaigns.js'
import { findLeads } from './get-lead.js'
import { outcomeOf, replaysOf } from './submit-command.js'

/** Keys behind these are passed over without a word, as they were in the old service. */
export const requestedLeadsMax = 100

export async function requestCampaign(
  params: Received<ParamsRequestCampaign>,
  call: Call,
): Promise<Answered<SuccessRequestCampaign>> {
  const { service, caller, face } = call
  const flow = await readCampaign(params, call)
  if (flow.type === 'fault') return flow
  const changes = await fillCampaign(flow.result, params.programTokenList, service)
  if (changes.type === 'fault') return changes
  const leads = await readLeads(params.leadList, call)
  if (leads.type === 'fault') return leads

  const { name, program } = flow.result
  const cause = flowCause(caller.id, caller.role, flowReason(name, program))
  const work = { changes: changes.result, cause, policy: face.policy }
  const replayOf = replaysOf(call)
  const submissions = leads.result.map(({ id, place }) => {
    const submission = flowSubmission(work, id, { type: 'none' })
    return { ...submission, replay: replayOf(submission.command, place) }
  })
  for (const answer of await service.writes.submitAll(submissions)) {
    if (answer instanceof Error) throw answer
    // Whoever was deleted since the keys were looked up needs nothing any more.
    if (answer.type === 'rejected' && answer.rejection.type === 'person-not-found') continue
    const outcome = outcomeOf(answer, call.operation)
    if (outcome.type === 'fault') return outcome
  }
  return { type: 'result', result: { result: { success: true } } }
}

async function readCampaign(
  { source, campaignId, campaignName = '', programName = '' }: Received<ParamsRequestCampaign>,
  { service }: Call,
): Promise<Answered<Flow>> {
  const problem = sourceProblem(source)
  if (problem !== undefined) return faulted(faultKinds.inputError, problem)
  // Clients that cannot leave an integer out send 0.
  const id = campaignId === 0 ? undefined : campaignId
  const isNamed = campaignName.trim() !== '' || programName.trim() !== ''
  if (id !== undefined && isNamed) {
    return faulted(faultKinds.inputError, 'expected either campaignId or campaignName with programName, got both')
  }
  if (id !== undefined) return findCampaign({ id }, service)
  if (campaignName.trim() === '') {
    const expected = 'expected campaignId, or campaignName and programName'
    return faulted(faultKinds.parameterRequired, `${expected}, got ${isNamed ? 'programName alone' : 'neither'}`)
  }
  return findCampaign({ name: campaignName, programName }, service)
}

interface RequestedLead {
  readonly id: PersonId
  /** Of its key in the call: the same call names it there again. */
  readonly place: number
}

// All or nobody: who sends 100 leads must not take it for done when some of them were not reached.
async function readLeads(
  leadList: Received<ArrayOfLeadKey> | undefined,
  { service }: Call,
): Promise<Answered<readonly RequestedLead[]>> {
  const keys = (leadList?.leadKey ?? []).slice(0, requestedLeadsMax)
  if (keys.length === 0) return faulted(faultKinds.leadKeyRequired, 'leadList: expected a leadKey, got none')
  const leads = new Map<PersonId, RequestedLead>()
  for (const [place, leadKey] of keys.entries()) {
    const found = await findLeads(leadKey, service.reads)
    if (found.type === 'fault') return found
    const id = lastSaved(found.result)
    if (!leads.has(id)) leads.set(id, { id, place })
  }
  return { type: 'result', result: [...leads.values()] }
}

/** Of people that share an address the one that syncLead would mean; an opt-out reaches the others all the same. */
function lastSaved(views: readonly PersonView[]): PersonId {
  const people = views.map(({ person }) => person)
  return people.reduce((last, person) => (person.savedAt > last.savedAt ? person : last)).id
}
