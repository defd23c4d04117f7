// What the three operations about campaigns share: a campaign is a flow that an admin defined (legacy-soap-contract
// 3.15). Knows how campaigns are named and how tokens fill them; must not know who is put through one.

import { type Flow, type FlowChanges, fillFlow, tokenName } from '../../domain/flow.js'
import type { Call } from '../call.js'
import { type Answered, fault, faulted, faultKinds, quoted } from '../faults.js'
import type { ArrayOfAttrib, Received } from '../messages/messages.js'

const sources: readonly string[] = ['MKTOWS', 'SALES']

/** Flows here are for every source; a source that never was one is still an error of the caller. */
export function sourceProblem(given: string | undefined): string | undefined {
  const source = (given ?? '').trim()
  // One client leaves it out, though the schema demands it (client-habits 10).
  if (source === '' || sources.includes(source.toUpperCase())) return undefined
  return `source: expected ${sources.join(' or ')}, got '${quoted(source)}'`
}

export async function findCampaign(
  key: { readonly id: number } | { readonly name: string; readonly programName: string },
  { flows }: Call['service'],
): Promise<Answered<Flow>> {
  const flow =
    'id' in key ? await flows.flowById(key.id) : await flows.flowByName(key.name.trim(), key.programName.trim() || null)
  if (flow !== undefined) return { type: 'result', result: flow }
  const named =
    'id' in key ? `id = ${key.id}` : `name = ${quoted(key.name.trim())} in program ${quoted(key.programName.trim())}`
  return { type: 'fault', fault: fault(faultKinds.campaignNotFound, `No campaign found with ${named}`) }
}

export const tokensMax = 200

/** What the flow does to each lead, once the tokens of the call fill it. Those that it does not ask for say nothing. */
export async function fillCampaign(
  { steps }: Flow,
  tokens: Received<ArrayOfAttrib> | undefined,
  { fields }: Call['service'],
): Promise<Answered<FlowChanges>> {
  const given = tokens?.attrib ?? []
  if (given.length > tokensMax) {
    return faulted(faultKinds.inputError, `programTokenList: expected at most ${tokensMax} tokens, got ${given.length}`)
  }
  const values = new Map(given.map(({ name = '', value = '' }) => [tokenName(name), value]))
  // Another process may have added a field since this one looked; asking for unknown names looks again.
  await fields.unknownAmong(steps.map(({ field }) => field))
  const filled = fillFlow(steps, values, fields.dictionary)
  if (filled.type === 'changes') return { type: 'result', result: filled.changes }
  return faulted(faultKinds.inputError, `programTokenList: ${filled.problem}`)
}
