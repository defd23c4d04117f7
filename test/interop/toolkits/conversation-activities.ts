// The part of the conversation that is about the history of leads. See conversation.ts.
import type { Arguments, Expectations, PlannedCall } from './call.js'
import { anHourAgo, batchAddresses } from './conversation-batches.js'
import { type Circumstances, isDrawnId } from './wire-values.js'

export function activities(circumstances: Circumstances): readonly PlannedCall[] {
  const { version } = circumstances
  const [bea] = batchAddresses(circumstances)
  const created = newLead(version, 'SOAP API')
  return [
    {
      claim: 'what happened to one lead, of one type',
      operation: 'getLeadActivity',
      arguments: {
        leadKey: { keyType: 'EMAIL', keyValue: bea },
        activityFilter: { includeTypes: { activityType: ['NewLead'] } },
        batchSize: 10,
      },
      expected: {
        reply: {
          leadActivityList: {
            returnCount: 1,
            remainingCount: 0,
            newStartPosition: { offset: /./ },
            activityRecordList: { activityRecord: [{ ...created, campaign: null, personName: null }] },
          },
        },
      },
    },
    {
      claim: 'what happened to all leads since a time, or to those that a selector names',
      operation: 'getLeadChanges',
      arguments: {
        startPosition: { oldestCreatedAt: anHourAgo() },
        activityFilter: { includeTypes: { activityType: ['NewLead'] } },
        batchSize: 1,
        ...selectorSince2_2(version, bea),
      },
      expected: {
        reply: {
          result: {
            returnCount: 1,
            remainingCount: version === '2_1' ? /^[1-9]\d*$/ : 0,
            newStartPosition: { offset: /./ },
            // Without a selector the first of all: of those whom the import into the prepared list made.
            leadChangeRecordList: { leadChangeRecord: [version === '2_1' ? newLead(version, 'List import') : created] },
          },
        },
      },
    },
  ]
}

// The message has a selector since 2_2 (legacy-soap-contract 8), and generated classes of 2_1 have no place for it.
function selectorSince2_2(version: string, address: string): Arguments {
  if (version === '2_1') return {}
  return { leadSelector: { $type: 'LeadKeySelector', keyType: 'EMAIL', keyValues: { stringItem: [address] } } }
}

function newLead(version: string, sourceInfo: string): Expectations {
  const attribute = (attrName: string, attrValue: string | RegExp): Expectations => ({
    attrName,
    attrType: null,
    attrValue,
  })
  return {
    id: /^\d+$/,
    marketoGUID: version.startsWith('3') ? /^\d+$/ : null,
    activityDateTime: /^\d{4}-\d\d-\d\d/,
    activityType: 'New Lead',
    mktgAssetName: null,
    mktPersonId: isDrawnId,
    activityAttributes: {
      attribute: [
        attribute('Source Type', 'Web service API'),
        attribute('Source Info', sourceInfo),
        attribute('Created Date', /^\d{4}-\d\d-\d\d$/),
        attribute('Lead ID', isDrawnId),
      ],
    },
  }
}
