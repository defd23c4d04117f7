// Messages about activities: filters, positions in the stream, records, and the two calls that read it. See messages.ts
// for what holds for all of these types.

import type { LeadKey, LeadSelector } from './messages-leads.js'
import type { ArrayOfAttribute, ArrayOfString } from './messages-values.js'

export interface ArrayOfActivityType {
  /** An ActivityType; a request may hold any text. */
  readonly activityType: readonly string[]
}

export interface ActivityTypeFilter {
  readonly includeTypes?: ArrayOfActivityType | undefined
  readonly excludeTypes?: ArrayOfActivityType | undefined
}

export interface StreamPosition {
  readonly latestCreatedAt?: string | number | undefined
  readonly oldestCreatedAt?: string | number | undefined
  readonly activityCreatedAt?: string | number | undefined
  readonly offset?: string | undefined
}

export interface ActivityRecord {
  readonly id?: number | undefined
  readonly marketoGUID: string
  readonly activityDateTime: string | number
  readonly activityType: string
  readonly mktgAssetName?: string | undefined
  readonly activityAttributes?: ArrayOfAttribute | undefined
  readonly campaign?: string | undefined
  readonly personName?: string | undefined
  readonly mktPersonId: string
  readonly foreignSysId?: string | undefined
  readonly orgName?: string | undefined
  readonly foreignSysOrgId?: string | undefined
}

export interface ArrayOfActivityRecord {
  readonly activityRecord: readonly ActivityRecord[]
}

export interface LeadChangeRecord {
  readonly id?: number | undefined
  readonly marketoGUID: string
  readonly activityDateTime: string | number
  readonly activityType: string
  readonly mktgAssetName?: string | undefined
  readonly activityAttributes?: ArrayOfAttribute | undefined
  readonly campaign?: string | undefined
  readonly mktPersonId: string
}

export interface ArrayOfLeadChangeRecord {
  readonly leadChangeRecord: readonly LeadChangeRecord[]
}

export interface ParamsGetLeadActivity {
  readonly leadKey: LeadKey
  readonly activityFilter?: ActivityTypeFilter | undefined
  readonly startPosition?: StreamPosition | undefined
  readonly batchSize?: number | undefined
}

export interface LeadActivityList {
  readonly returnCount: number
  readonly remainingCount: number
  readonly newStartPosition: StreamPosition
  readonly activityRecordList?: ArrayOfActivityRecord | undefined
}

export interface SuccessGetLeadActivity {
  readonly leadActivityList: LeadActivityList
}

export interface ParamsGetLeadChanges {
  readonly startPosition: StreamPosition
  readonly activityFilter?: ActivityTypeFilter | undefined
  readonly activityNameFilter?: ArrayOfString | undefined
  readonly batchSize?: number | undefined
  readonly leadSelector?: LeadSelector | undefined
}

export interface ResultGetLeadChanges {
  readonly returnCount: number
  readonly remainingCount: number
  readonly newStartPosition: StreamPosition
  readonly leadChangeRecordList?: ArrayOfLeadChangeRecord | undefined
}

export interface SuccessGetLeadChanges {
  readonly result: ResultGetLeadChanges
}
