// scheduleCampaign: a flow is run later, on the list that it was defined with (legacy-soap-contract 3.15). Knows the
// call; the run is carried out in the background, by whichever process is there when its time has come.

import { flowNameLengthMax, flowReason } from '../../domain/flow.js'
import { flowCommand } from '../../service/flows/flows.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds } from '../faults.js'
import type { ParamsScheduleCampaign, Received, SuccessScheduleCampaign } from '../messages/messages.js'
import { fillCampaign, findCampaign } from './campaigns.js'
import { readTime } from './stream-position.js'
import { clientRequestIdReused, replayOf } from './submit-command.js'

export async function scheduleCampaign(
  params: Received<ParamsScheduleCampaign>,
  call: Call,
): Promise<Answered<SuccessScheduleCampaign>> {
  const { service, caller, now } = call
  const { programName = '', campaignName = '', cloneToProgramName = '' } = params
  if (campaignName.trim() === '') return faulted(faultKinds.parameterRequired, 'expected a campaignName, got none')
  const flow = await findCampaign({ name: campaignName, programName }, service)
  if (flow.type === 'fault') return flow
  const { id: flowId, name, program, listId } = flow.result
  if (cloneToProgramName.length > flowNameLengthMax) {
    const limit = `expected at most ${flowNameLengthMax} characters, got ${cloneToProgramName.length}`
    return faulted(faultKinds.inputError, `cloneToProgramName: ${limit}`)
  }
  if (listId === null) {
    const problem = `campaignName: '${name}' has no list of leads to run on, so it can be requested and not scheduled`
    return faulted(faultKinds.inputError, problem)
  }
  const changes = await fillCampaign(flow.result, params.programTokenList, service)
  if (changes.type === 'fault') return changes

  // A clone was the same campaign under another program's name. Nothing is copied here; its changes carry the name.
  const reason = flowReason(name, cloneToProgramName.trim() || program)
  const runAt = Math.max(readTime(params.campaignRunAt) ?? 0, now())
  const run = { flowId, listId, changes: changes.result, reason, actor: caller.id, role: caller.role, runAt }
  // R13 holds for the run as a whole: a late retry must not subscribe anybody who opted out after it.
  const replay = replayOf(flowCommand(run, 0), call, 0)
  if ((await service.flows.scheduleFlowRun(run, replay)) === undefined) return clientRequestIdReused()
  return { type: 'result', result: { result: { success: true } } }
}
