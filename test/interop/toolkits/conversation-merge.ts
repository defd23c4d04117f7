// The part of the conversation in which one lead goes into another. See conversation.ts.
import type { Arguments, PlannedCall } from './call.js'
import { attributes, type Circumstances } from './wire-values.js'

export function merge({ tag, firstId }: Circumstances): readonly PlannedCall[] {
  const winner = firstId
  const loser = firstId + 1
  const keys = (id: number): Arguments => attributes({ IDNUM: String(id) })
  return [
    {
      claim: 'a lead that is to be merged',
      operation: 'syncLead',
      arguments: { leadRecord: { Id: loser, Email: `${tag}-dan@interop.example` }, returnLead: false },
      expected: { reply: { result: { leadId: loser, syncStatus: { status: 'CREATED' } } } },
    },
    {
      claim: 'the loser goes into the winner',
      operation: 'mergeLeads',
      arguments: { winningLeadKeyList: keys(winner), losingLeadKeyLists: { keyList: [keys(loser)] } },
      expected: {
        reply: {
          result: {
            mergeStatus: {
              winningLeadId: winner,
              losingLeadIdList: { integerItem: [loser] },
              status: 'MERGED',
              error: null,
            },
          },
        },
      },
    },
    {
      claim: 'who was merged is gone',
      operation: 'getLead',
      arguments: { leadKey: { keyType: 'IDNUM', keyValue: String(loser) } },
      expected: { fault: '20103 - Lead not found' },
    },
  ]
}
