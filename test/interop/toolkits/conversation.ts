// The calls that every toolkit makes with every version, with what it must read: another operation is another entry
// here or in one of the parts. It knows messages of the contract; it must not know toolkits.
import type { PlannedCall } from './call.js'
import { activities } from './conversation-activities.js'
import { batches } from './conversation-batches.js'
import { lists } from './conversation-lists.js'
import { merge } from './conversation-merge.js'
import { objects } from './conversation-objects.js'
import { attributes, type Circumstances, isDrawnId, optedOut, shown } from './wire-values.js'

export function conversation(circumstances: Circumstances): readonly PlannedCall[] {
  return [
    ...oneLead(circumstances),
    ...batches(circumstances),
    ...activities(circumstances),
    ...lists(circumstances),
    ...merge(circumstances),
    ...objects(),
    ...refusals(circumstances),
  ]
}

function oneLead({ tag, firstId, writesAllCharacters }: Circumstances): readonly PlannedCall[] {
  const email = `${tag}-ada@interop.example`
  const names = { Company: 'Łódź & <Søn> "☂"', FirstName: 'Zoë', LastName: `渡辺${writesAllCharacters ? ' 😀' : ''}` }
  const key = { leadKey: { keyType: 'EMAIL', keyValue: email } }
  const twin = firstId
  return [
    {
      claim: 'a record with text of many scripts is created, opted out, and shown',
      operation: 'syncLead',
      arguments: {
        leadRecord: { Email: email, leadAttributeList: attributes({ ...names, Unsubscribed: '1' }) },
        returnLead: true,
      },
      expected: {
        reply: {
          result: {
            leadId: isDrawnId,
            syncStatus: { leadId: isDrawnId, status: 'CREATED', error: null },
            leadRecord: { Id: isDrawnId, Email: email, leadAttributeList: shown({ ...names, ...optedOut }) },
          },
        },
      },
    },
    {
      claim: 'the one record of an address',
      operation: 'getLead',
      arguments: key,
      expected: {
        reply: {
          result: {
            count: 1,
            leadRecordList: {
              leadRecord: [
                {
                  Id: isDrawnId,
                  Email: email,
                  ForeignSysPersonId: null,
                  leadAttributeList: shown({ ...names, ...optedOut }),
                },
              ],
            },
          },
        },
      },
    },
    {
      claim: 'the address is opted in again, and no record comes where none was asked for',
      operation: 'syncLead',
      arguments: {
        leadRecord: { Email: email, leadAttributeList: attributes({ Unsubscribed: '0' }) },
        returnLead: false,
      },
      expected: { reply: { result: { leadId: isDrawnId, syncStatus: { status: 'UPDATED' }, leadRecord: null } } },
    },
    {
      claim: 'a second record of the address is created under an id that the caller brings along',
      operation: 'syncLead',
      arguments: {
        leadRecord: {
          Id: twin,
          Email: email,
          ForeignSysPersonId: `${tag}-crm`,
          ForeignSysType: 'CUSTOM',
          leadAttributeList: attributes({ FirstName: 'Twin' }),
        },
        returnLead: false,
      },
      expected: { reply: { result: { leadId: twin, syncStatus: { leadId: twin, status: 'CREATED', error: null } } } },
    },
    {
      claim: 'both records of the address, highest id first, neither opted out',
      operation: 'getLead',
      arguments: key,
      expected: {
        reply: {
          result: {
            count: 2,
            leadRecordList: {
              leadRecord: [
                { Id: isDrawnId, Email: email, ForeignSysPersonId: null, leadAttributeList: shown(names) },
                {
                  Id: twin,
                  Email: email,
                  ForeignSysPersonId: `${tag}-crm`,
                  ForeignSysType: 'CUSTOM',
                  leadAttributeList: shown({ FirstName: 'Twin' }),
                },
              ],
            },
          },
        },
      },
    },
  ]
}

function refusals({ tag }: Circumstances): readonly PlannedCall[] {
  const leadKey = { keyType: 'EMAIL', keyValue: `${tag}-nobody@interop.example` }
  return [
    {
      claim: 'a key that nobody has',
      operation: 'getLead',
      arguments: { leadKey },
      expected: { fault: '20103 - Lead not found' },
    },
    {
      claim: 'a field that does not exist',
      operation: 'syncLead',
      arguments: {
        leadRecord: { Email: leadKey.keyValue, leadAttributeList: attributes({ NoSuchField: 'x' }) },
        returnLead: false,
      },
      expected: { fault: '20105 - Unknown lead field' },
    },
    {
      claim: 'a signature by another key',
      operation: 'getLead',
      arguments: { leadKey },
      signedWith: 'another key',
      expected: { fault: '20014 - Authentication failed' },
    },
    {
      claim: 'an operation on custom objects, which this server does not keep',
      operation: 'getCustomObjects',
      arguments: { objTypeName: 'Car', includeAttributes: { stringItem: ['Colour'] } },
      expected: { fault: '20019 - ' },
    },
  ]
}
