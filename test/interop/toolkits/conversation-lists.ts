// The part of the conversation that is about static lists, imports and campaigns. See conversation.ts.
import type { Arguments, PlannedCall } from './call.js'
import { batchAddresses } from './conversation-batches.js'
import { prepared } from './prepared-store.js'
import { type Circumstances, isDrawnId, optedOut, shown } from './wire-values.js'

export function lists(circumstances: Circumstances): readonly PlannedCall[] {
  return [...imports(circumstances), ...members(circumstances), ...campaigns(circumstances)]
}

function imports({ tag }: Circumstances): readonly PlannedCall[] {
  return [
    {
      claim: 'rows are taken, and worked through at once or a little later',
      operation: 'importToList',
      arguments: {
        programName: prepared.program,
        importFileHeader: 'Email,FirstName',
        importFileRows: { stringItem: [`${tag}-row@interop.example,"Øystein, jr."`] },
        importListMode: 'UPSERTLEADS',
        listName: tag,
        clearList: false,
      },
      expected: { reply: { result: { importStatus: /^(PROCESSING|COMPLETE)$/ } } },
    },
    {
      claim: 'an import that has ended',
      operation: 'getImportToListStatus',
      arguments: { programName: prepared.program, listName: prepared.list },
      expected: {
        reply: {
          result: {
            status: 'COMPLETE',
            startedTime: /^\d{4}-\d\d-\d\d/,
            endedTime: /^\d{4}-\d\d-\d\d/,
            estimatedRows: 2,
            rowsImported: 2,
            rowsFailed: 0,
            rowsIgnored: 0,
            importSummary: /^2 of 2 rows imported/,
          },
        },
      },
    },
    {
      claim: 'the members of a list',
      operation: 'getMultipleLeads',
      arguments: {
        leadSelector: { $type: 'StaticListSelector', staticListName: `${prepared.program}.${prepared.list}` },
        batchSize: 100,
      },
      expected: {
        reply: {
          result: {
            returnCount: 2,
            remainingCount: 0,
            leadRecordList: { leadRecord: prepared.members.map(address => ({ Id: isDrawnId, Email: address })) },
          },
        },
      },
    },
  ]
}

function members({ tag, firstId }: Circumstances): readonly PlannedCall[] {
  const leadKey = (id: number): Arguments => ({ keyType: 'IDNUM', keyValue: String(id) })
  const listKey = { keyType: 'MKTOLISTNAME', keyValue: `${prepared.program}.${tag}` }
  const stranger = firstId + 99
  return [
    {
      claim: 'a lead is put on a list, and success of all has no list of statuses',
      operation: 'listOperation',
      arguments: {
        listOperation: 'ADDTOLIST',
        listKey,
        listMemberList: { leadKey: [leadKey(firstId)] },
        strict: true,
      },
      expected: { reply: { result: { success: true, statusList: null } } },
    },
    {
      claim: 'who is on the list and who is not',
      operation: 'listOperation',
      arguments: {
        listOperation: 'ISMEMBEROFLIST',
        listKey,
        listMemberList: { leadKey: [leadKey(firstId), leadKey(stranger)] },
      },
      expected: {
        reply: {
          result: {
            success: false,
            statusList: {
              leadStatus: [
                { leadKey: { keyType: 'IDNUM', keyValue: firstId }, status: true },
                { leadKey: { keyType: 'IDNUM', keyValue: stranger }, status: false },
              ],
            },
          },
        },
      },
    },
    {
      claim: 'a list that nobody has made',
      operation: 'listOperation',
      arguments: {
        listOperation: 'REMOVEFROMLIST',
        listKey: { keyType: 'MKTOLISTNAME', keyValue: 'never made' },
        listMemberList: { leadKey: [leadKey(firstId)] },
      },
      expected: { fault: '20111 - ' },
    },
  ]
}

function campaigns(circumstances: Circumstances): readonly PlannedCall[] {
  const [, cem] = batchAddresses(circumstances)
  const leadKey = { keyType: 'EMAIL', keyValue: cem }
  const { program, campaign } = prepared
  const campaignReason = `Changed by Smart Campaign ${program}.${campaign} action Change Data Value`
  return [
    {
      claim: 'the campaign of an exact name',
      operation: 'getCampaignsForSource',
      arguments: { source: 'MKTOWS', name: prepared.campaign, exactName: true },
      expected: {
        reply: {
          result: {
            returnCount: 1,
            campaignRecordList: {
              campaignRecord: [{ id: /^\d+$/, name: prepared.campaign, description: prepared.description }],
            },
          },
        },
      },
    },
    {
      claim: 'a campaign opts a lead out',
      operation: 'requestCampaign',
      arguments: {
        source: 'MKTOWS',
        leadList: { leadKey: [leadKey] },
        programName: prepared.program,
        campaignName: prepared.campaign,
      },
      expected: { reply: { result: { success: true } } },
    },
    {
      claim: 'whom the campaign opted out',
      operation: 'getLead',
      arguments: { leadKey },
      expected: {
        reply: {
          result: {
            count: 1,
            leadRecordList: {
              leadRecord: [
                {
                  Email: cem,
                  leadAttributeList: shown({
                    FirstName: 'Cem',
                    LastName: 'Çelik',
                    ...optedOut,
                    UnsubscribedReason: campaignReason,
                  }),
                },
              ],
            },
          },
        },
      },
    },
    {
      claim: 'a campaign is scheduled for later',
      operation: 'scheduleCampaign',
      arguments: {
        programName: prepared.program,
        campaignName: prepared.campaign,
        campaignRunAt: '2099-12-31T23:00:00Z',
      },
      expected: { reply: { result: { success: true } } },
    },
    {
      claim: 'a campaign that nobody has defined',
      operation: 'scheduleCampaign',
      arguments: { programName: prepared.program, campaignName: 'Never defined' },
      expected: { fault: '20113 - ' },
    },
  ]
}
