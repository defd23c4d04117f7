// getCampaignsForSource: the flows that may be requested, by a part of their name (legacy-soap-contract 3.15).

import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds } from '../faults.js'
import type { ParamsGetCampaignsForSource, Received, SuccessGetCampaignsForSource } from '../messages/messages.js'
import { sourceProblem } from './campaigns.js'

export async function getCampaignsForSource(
  { source, name = '', exactName }: Received<ParamsGetCampaignsForSource>,
  { service }: Call,
): Promise<Answered<SuccessGetCampaignsForSource>> {
  const problem = sourceProblem(source)
  if (problem !== undefined) return faulted(faultKinds.inputError, problem)
  const wanted = name.trim()
  const part = wanted.toLowerCase()
  const isWanted = (given: string): boolean =>
    wanted === '' || (exactName === true ? given === wanted : given.toLowerCase().includes(part))
  const flows = (await service.flows.flows()).filter(flow => isWanted(flow.name))
  const campaignRecord = flows.map(({ id, name, description }) => ({ id, name, description }))
  return {
    type: 'result',
    result: {
      result: {
        returnCount: campaignRecord.length,
        campaignRecordList: campaignRecord.length === 0 ? undefined : { campaignRecord },
      },
    },
  }
}
