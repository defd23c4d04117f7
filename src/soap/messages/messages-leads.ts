// Messages about leads: how they are named and selected, what they hold, and the calls that read, save and merge them.
// See messages.ts for what holds for all of these types.

import type { ArrayOfAttribute, ArrayOfInteger, ArrayOfKeyList, ArrayOfString } from './messages-values.js'

export interface LeadKey {
  /** A LeadKeyRef; a request may hold any text. */
  readonly keyType: string
  readonly keyValue: string
}

export interface ArrayOfLeadKey {
  readonly leadKey: readonly LeadKey[]
}

export interface LeadRecord {
  readonly Id?: number | undefined
  readonly Email?: string | undefined
  readonly ForeignSysPersonId?: string | undefined
  /** A ForeignSysType; a request may hold any text. */
  readonly ForeignSysType?: string | undefined
  readonly leadAttributeList?: ArrayOfAttribute | undefined
}

export interface ArrayOfLeadRecord {
  readonly leadRecord: readonly LeadRecord[]
}

export interface SyncStatus {
  readonly leadId: number
  /** A LeadSyncStatus; a request may hold any text. */
  readonly status: string
  readonly error?: string | undefined
}

export interface ArrayOfSyncStatus {
  readonly syncStatus: readonly SyncStatus[]
}

export interface MergeStatus {
  readonly winningLeadId?: number | undefined
  readonly losingLeadIdList?: ArrayOfInteger | undefined
  /** A LeadMergeStatusEnum; a request may hold any text. */
  readonly status: string
  readonly error?: string | undefined
}

/** Which leads are meant; `$type` says how. */
export type LeadSelector = LeadKeySelector | StaticListSelector | LastUpdateAtSelector

export interface LeadKeySelector {
  readonly $type: 'LeadKeySelector'
  /** A LeadKeyRef; a request may hold any text. */
  readonly keyType: string
  readonly keyValues: ArrayOfString
}

export interface StaticListSelector {
  readonly $type: 'StaticListSelector'
  readonly staticListName?: string | undefined
  readonly staticListId?: number | undefined
}

export interface LastUpdateAtSelector {
  readonly $type: 'LastUpdateAtSelector'
  readonly latestUpdatedAt?: string | number | undefined
  readonly oldestUpdatedAt: string | number
}

export interface ParamsGetLead {
  readonly leadKey: LeadKey
}

export interface ResultGetLead {
  readonly count: number
  readonly leadRecordList?: ArrayOfLeadRecord | undefined
}

export interface SuccessGetLead {
  readonly result: ResultGetLead
}

export interface ParamsGetMultipleLeads {
  readonly leadSelector?: LeadSelector | undefined
  readonly lastUpdatedAt?: string | number | undefined
  readonly streamPosition?: string | undefined
  readonly batchSize?: number | undefined
  readonly includeAttributes?: ArrayOfString | undefined
}

export interface ResultGetMultipleLeads {
  readonly returnCount: number
  readonly remainingCount: number
  readonly newStreamPosition: string
  readonly leadRecordList?: ArrayOfLeadRecord | undefined
}

export interface SuccessGetMultipleLeads {
  readonly result: ResultGetMultipleLeads
}

export interface ParamsSyncLead {
  readonly leadRecord: LeadRecord
  readonly returnLead: boolean
  readonly marketoCookie?: string | undefined
  readonly moveCookie?: boolean | undefined
}

export interface ResultSyncLead {
  readonly leadId: number
  readonly syncStatus: SyncStatus
  readonly leadRecord?: LeadRecord | undefined
}

export interface SuccessSyncLead {
  readonly result: ResultSyncLead
}

export interface ParamsSyncMultipleLeads {
  readonly leadRecordList: ArrayOfLeadRecord
  readonly dedupEnabled?: boolean | undefined
}

export interface ResultSyncMultipleLeads {
  readonly syncStatusList: ArrayOfSyncStatus
}

export interface SuccessSyncMultipleLeads {
  readonly result: ResultSyncMultipleLeads
}

export interface ParamsMergeLeads {
  readonly winningLeadKeyList: ArrayOfAttribute
  readonly losingLeadKeyLists: ArrayOfKeyList
  readonly mergeInSales?: boolean | undefined
}

export interface ResultMergeLeads {
  readonly mergeStatus: MergeStatus
}

export interface SuccessMergeLeads {
  readonly result: ResultMergeLeads
}
