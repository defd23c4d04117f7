// The part of the conversation that is about what there is: objects and their fields, tags, channels. See
// conversation.ts.
import type { Expectations, PlannedCall } from './call.js'

export function objects(): readonly PlannedCall[] {
  return [
    {
      claim: 'which objects there are',
      operation: 'listMObjects',
      arguments: {},
      expected: {
        reply: { result: { objects: ['ActivityRecord', 'LeadRecord', 'Opportunity', 'OpportunityPersonRole'] } },
      },
    },
    {
      claim: 'what an activity is made of, in its order',
      operation: 'describeMObject',
      arguments: { objectName: 'ActivityRecord' },
      expected: {
        reply: {
          result: {
            metadata: {
              name: 'ActivityRecord',
              isCustom: false,
              isVirtual: true,
              fieldList: { field: fieldsOfActivities() },
              updatedAt: /^2010-01-01/,
            },
          },
        },
      },
    },
    {
      claim: 'an object that does not exist',
      operation: 'describeMObject',
      arguments: { objectName: 'Car' },
      expected: { fault: '20110 - Input error' },
    },
    {
      claim: 'there are no programs, and so no tags',
      operation: 'getTags',
      arguments: {},
      expected: { reply: { result: { tagList: null } } },
    },
    {
      claim: 'there are no programs, and so no channels',
      operation: 'getChannels',
      arguments: {},
      expected: { reply: { result: { tags: null } } },
    },
  ]
}

function fieldsOfActivities(): readonly Expectations[] {
  const field = (name: string, dataType: string): Expectations => ({
    name,
    dataType,
    isReadonly: true,
    isPrimaryKey: name === 'id',
    isCustom: false,
    updatedAt: /^2010-01-01/,
  })
  const texts = ['campaign', 'personName', 'mktPersonId', 'foreignSysId', 'orgName', 'foreignSysOrgId']
  return [
    field('id', 'integer'),
    field('activityDateTime', 'datetime'),
    field('activityType', 'string'),
    field('mktgAssetName', 'string'),
    field('activityAttributes', 'Array'),
    ...texts.map(name => field(name, 'string')),
  ]
}
