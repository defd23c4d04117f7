// getTags and getChannels: there are no programs here, so there are no tags and no channels of any
// (legacy-soap-contract 3.15). Callers get the empty lists that an instance without programs would give.

import type { Answered } from '../faults.js'
import type {
  ParamsGetChannels,
  ParamsGetTags,
  Received,
  SuccessGetChannels,
  SuccessGetTags,
} from '../messages/messages.js'

export async function getTags(_: Received<ParamsGetTags>): Promise<Answered<SuccessGetTags>> {
  return { type: 'result', result: { result: { tagList: { tag: [] } } } }
}

export async function getChannels(_: Received<ParamsGetChannels>): Promise<Answered<SuccessGetChannels>> {
  return { type: 'result', result: { result: { tags: { tagStatus: [] } } } }
}
