// What activities are called on the legacy wire: tokens in one filter, display names in the other and in records
// (legacy-soap-contract 4.2, 4.3). Knows which of them is a kind of ours; must not know filters or records.

import type { ActivityKind } from '../../domain/command.js'

/** Every token of ActivityType, in the order of the contract, with its display name. */
export const activityTypes = [
  ['VisitWebpage', 'Visit Webpage'],
  ['FillOutForm', 'Fill Out Form'],
  ['ClickLink', 'Click Link'],
  ['SendEmail', 'Send Email'],
  ['EmailDelivered', 'Email Delivered'],
  ['EmailBounced', 'Email Bounced'],
  ['UnsubscribeEmail', 'Unsubscribe Email'],
  ['OpenEmail', 'Open Email'],
  ['ClickEmail', 'Click Email'],
  ['NewLead', 'New Lead'],
  ['ChangeDataValue', 'Change Data Value'],
  ['LeadAssigned', 'Lead Assigned'],
  ['NewSFDCOpprtnty', 'New SFDC Opportunity'],
  ['Wait', 'Wait'],
  ['RunSubflow', 'Run Subflow'],
  ['RemoveFromFlow', 'Remove from Flow'],
  ['PushLeadToSales', 'Sync Lead to SFDC'],
  ['CreateTask', 'Create Task'],
  ['ConvertLead', 'Convert Lead'],
  ['ChangeScore', 'Change Score'],
  ['ChangeOwner', 'Change Owner'],
  ['AddToList', 'Add to List'],
  ['RemoveFromList', 'Remove from List'],
  ['SFDCActivity', 'SFDC Activity'],
  ['EmailBouncedSoft', 'Email Bounced Soft'],
  ['PushLeadUpdatesToSales', 'Sync Lead Updates to SFDC'],
  ['DeleteLeadFromSales', 'Delete Lead from SFDC'],
  ['SFDCActivityUpdated', 'SFDC Activity Updated'],
  ['SFDCMergeLeads', 'SFDC Merge Leads'],
  ['MergeLeads', 'Merge Leads'],
  ['ResolveConflicts', 'Resolve Conflicts'],
  ['AssocWithOpprtntyInSales', 'Add to Opportunity'],
  ['DissocFromOpprtntyInSales', 'Remove from Opportunity'],
  ['UpdateOpprtntyInSales', 'Update Opportunity'],
  ['DeleteLead', 'Delete Lead'],
  ['SendAlert', 'Send Alert'],
  ['SendSalesEmail', 'Send Sales Email'],
  ['OpenSalesEmail', 'Open Sales Email'],
  ['ClickSalesEmail', 'Click Sales Email'],
  ['AddtoSFDCCampaign', 'Add to SFDC Campaign'],
  ['RemoveFromSFDCCampaign', 'Remove from SFDC Campaign'],
  ['ChangeStatusInSFDCCampaign', 'Change Status in SFDC Campaign'],
  ['ReceiveSalesEmail', 'Receive Sales Email'],
  ['InterestingMoment', 'Interesting Moment'],
  ['RequestCampaign', 'Request Campaign'],
  ['SalesEmailBounced', 'Sales Email Bounced'],
  ['ChangeLeadPartition', 'Change Lead Partition'],
  ['ChangeRevenueStage', 'Change Revenue Stage'],
  ['ChangeRevenueStageManually', 'Change Revenue Stage Manually'],
  ['ComputeDataValue', 'Compute Data Value'],
  ['ChangeStatusInProgression', 'Change Status in Progression'],
  ['ChangeFieldInProgram', 'Change Program Data'],
  ['EnrichWithDatacom', 'Enrich with Data.com'],
  ['ChangeSegment', 'Change Segment'],
  ['ResolveRuleset', 'Resolve Ruleset'],
  ['SmartCampaignTest', 'Smart Campaign Test'],
  ['SmartCampaignTestTrigger', 'Smart Campaign Test Trigger'],
] as const

// Clients that were generated from 1_6 may still name these two.
const retiredTypes = [
  ['RegisterForEvent', 'Register for Event'],
  ['AttendEvent', 'Attend Event'],
] as const

// Names that no token stands for. Nothing here ever has them, but who asks for them asks for something that there was.
const furtherNames = [
  'Add to Nurture',
  'Add to Segment',
  'Add to Smart Campaign',
  'Assign Nurture Content',
  'Capture Campaign Membership History',
  'Capture List Membership History',
  'Change Account Owner',
  'Change Attribute Datatype',
  'Change CRM User',
  'Change Custom Object',
  'Change Nurture Cadence',
  'Change Nurture Exhausted',
  'Change Nurture Track',
  'Click Shared Link',
  'Nurture Deploy',
  'Received Forward to Friend Email',
  'Reward Test Group Variant',
  'Segmentation Approval',
  'Sent Forward to Friend Email',
  'Share Content',
] as const

type ActivityName = (typeof activityTypes)[number][1]

const nameOfKind = {
  'person-created': 'New Lead',
  'value-changed': 'Change Data Value',
  'list-joined': 'Add to List',
  'list-left': 'Remove from List',
  'people-merged': 'Merge Leads',
  'person-deleted': 'Delete Lead',
} as const satisfies Record<ActivityKind, ActivityName>

/** `activityType` of a record. */
export function activityName(kind: ActivityKind): ActivityName {
  return nameOfKind[kind]
}

const fold = (text: string): string => text.trim().toLowerCase()
const types = [...activityTypes, ...retiredTypes]
const namesByToken = new Map(types.map(([token, name]) => [fold(token), fold(name)]))
const knownNames = new Set([...namesByToken.values(), ...furtherNames.map(fold)])
const kindsByName = new Map(Object.entries(nameOfKind).map(([kind, name]) => [fold(name), kind as ActivityKind]))

/** A kind of ours; null for an activity that never happens here; undefined for a word that stands for nothing. */
export type NamedKind = ActivityKind | null | undefined

/** What a token of ActivityType stands for, in whatever letter case. */
export function kindByToken(token: string): NamedKind {
  const name = namesByToken.get(fold(token))
  return name === undefined ? undefined : (kindsByName.get(name) ?? null)
}

/** What a display name stands for, in whatever letter case. */
export function kindByName(name: string): NamedKind {
  return knownNames.has(fold(name)) ? (kindsByName.get(fold(name)) ?? null) : undefined
}

/** All kinds of ours, which is what an activity that is not excluded can be. */
export const activityKinds: readonly ActivityKind[] = [...kindsByName.values()]
