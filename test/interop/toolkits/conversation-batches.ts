// The part of the conversation that is about many leads at once. See conversation.ts.
import type { Expectations, PlannedCall } from './call.js'
import { attributes, type Circumstances, isDrawnId, shown } from './wire-values.js'

/** The addresses that the batch creates; the activities of the first are read later. */
export function batchAddresses({ tag }: Circumstances): readonly [string, string] {
  return [`${tag}-bea@interop.example`, `${tag}-cem@interop.example`]
}

/** A time before all of the test, as clients write it. */
export function anHourAgo(): string {
  return `${new Date(Date.now() - 3_600_000).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z`
}

export function batches(circumstances: Circumstances): readonly PlannedCall[] {
  const [bea, cem] = batchAddresses(circumstances)
  return [
    {
      claim: 'two records of three are created, and what is wrong with the third is said',
      operation: 'syncMultipleLeads',
      arguments: {
        leadRecordList: {
          leadRecord: [
            { Email: bea, leadAttributeList: attributes({ FirstName: 'Béa', Unsubscribed: '1' }) },
            { Email: cem, leadAttributeList: attributes({ FirstName: 'Cem', LastName: 'Çelik' }) },
            { leadAttributeList: attributes({ FirstName: 'Nobody' }) },
          ],
        },
        dedupEnabled: true,
      },
      expected: {
        reply: {
          result: {
            syncStatusList: {
              syncStatus: [
                { leadId: isDrawnId, status: 'CREATED', error: null },
                { leadId: isDrawnId, status: 'CREATED', error: null },
                { leadId: 0, status: 'FAILED', error: /\(20101\)$/ },
              ],
            },
          },
        },
      },
    },
    {
      claim: 'by keys, of which one is nobody’s, with two fields only',
      operation: 'getMultipleLeads',
      arguments: {
        leadSelector: {
          $type: 'LeadKeySelector',
          keyType: 'EMAIL',
          keyValues: { stringItem: [cem, `no-${cem}`, bea] },
        },
        includeAttributes: { stringItem: ['Email', 'FirstName'] },
      },
      expected: page(2, 0, [
        { Id: isDrawnId, Email: bea, leadAttributeList: shown({ FirstName: 'Béa' }) },
        { Id: isDrawnId, Email: cem, leadAttributeList: shown({ FirstName: 'Cem' }) },
      ]),
    },
    {
      claim: 'updated within the last hour, a page of one, and a position to go on from',
      operation: 'getMultipleLeads',
      arguments: {
        leadSelector: { $type: 'LastUpdateAtSelector', oldestUpdatedAt: anHourAgo() },
        batchSize: 1,
      },
      expected: {
        reply: {
          result: {
            returnCount: 1,
            remainingCount: /^[1-9]\d*$/,
            newStreamPosition: /./,
            leadRecordList: { leadRecord: [{ Email: /@interop\.example$/ }] },
          },
        },
      },
    },
    {
      claim: 'a list that nobody has made has no members',
      operation: 'getMultipleLeads',
      arguments: { leadSelector: { $type: 'StaticListSelector', staticListName: 'never made' } },
      expected: { reply: { result: { returnCount: 0, remainingCount: 0, leadRecordList: null } } },
    },
  ]
}

function page(
  returnCount: number,
  remainingCount: number,
  leadRecord: readonly Expectations[],
): PlannedCall['expected'] {
  return { reply: { result: { returnCount, remainingCount, newStreamPosition: null, leadRecordList: { leadRecord } } } }
}
