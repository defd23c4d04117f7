// Messages about static lists, the import into them, and campaigns. See messages.ts for what holds for all of these
// types.

import type { ArrayOfLeadKey, LeadKey } from './messages-leads.js'
import type { ArrayOfAttrib, ArrayOfString } from './messages-values.js'

export interface ListKey {
  /** A ListKeyType; a request may hold any text. */
  readonly keyType: string
  readonly keyValue: string
}

export interface LeadStatus {
  readonly leadKey: LeadKey
  readonly status: boolean
}

export interface ArrayOfLeadStatus {
  readonly leadStatus: readonly LeadStatus[]
}

export interface ParamsListOperation {
  /** A ListOperationType; a request may hold any text. */
  readonly listOperation: string
  readonly listKey: ListKey
  readonly listMemberList: ArrayOfLeadKey
  readonly strict?: boolean | undefined
}

export interface ResultListOperation {
  readonly success: boolean
  readonly statusList?: ArrayOfLeadStatus | undefined
}

export interface SuccessListOperation {
  readonly result: ResultListOperation
}

export interface ParamsImportToList {
  readonly programName: string
  readonly importFileHeader: string
  readonly importFileRows: ArrayOfString
  /** An ImportToListModeEnum; a request may hold any text. */
  readonly importListMode: string
  readonly listName: string
  readonly clearList: boolean
  readonly campaignName?: string | undefined
}

export interface ResultImportToList {
  /** An ImportToListStatusEnum; a request may hold any text. */
  readonly importStatus: string
}

export interface SuccessImportToList {
  readonly result: ResultImportToList
}

export interface ParamsGetImportToListStatus {
  readonly programName?: string | undefined
  readonly listName?: string | undefined
}

export interface ResultGetImportToListStatus {
  /** An ImportToListStatusEnum; a request may hold any text. */
  readonly status: string
  readonly startedTime?: string | number | undefined
  readonly endedTime?: string | number | undefined
  readonly estimatedTime?: number | undefined
  readonly estimatedRows?: number | undefined
  readonly rowsImported?: number | undefined
  readonly rowsFailed?: number | undefined
  readonly rowsIgnored?: number | undefined
  readonly importSummary?: string | undefined
}

export interface SuccessGetImportToListStatus {
  readonly result: ResultGetImportToListStatus
}

export interface CampaignRecord {
  readonly id: number
  readonly name: string
  readonly description: string
}

export interface ArrayOfCampaignRecord {
  readonly campaignRecord: readonly CampaignRecord[]
}

export interface ParamsGetCampaignsForSource {
  /** A ReqCampSourceType; a request may hold any text. */
  readonly source: string
  readonly name?: string | undefined
  readonly exactName?: boolean | undefined
}

export interface ResultGetCampaignsForSource {
  readonly returnCount: number
  readonly campaignRecordList?: ArrayOfCampaignRecord | undefined
}

export interface SuccessGetCampaignsForSource {
  readonly result: ResultGetCampaignsForSource
}

export interface ParamsRequestCampaign {
  /** A ReqCampSourceType; a request may hold any text. */
  readonly source: string
  readonly campaignId?: number | undefined
  readonly leadList?: ArrayOfLeadKey | undefined
  readonly programName?: string | undefined
  readonly campaignName?: string | undefined
  readonly programTokenList?: ArrayOfAttrib | undefined
}

export interface ResultRequestCampaign {
  readonly success: boolean
}

export interface SuccessRequestCampaign {
  readonly result: ResultRequestCampaign
}

export interface ParamsScheduleCampaign {
  readonly programName: string
  readonly cloneToProgramName?: string | undefined
  readonly campaignName: string
  readonly campaignRunAt?: string | number | undefined
  readonly programTokenList?: ArrayOfAttrib | undefined
}

export interface ResultScheduleCampaign {
  readonly success: boolean
}

export interface SuccessScheduleCampaign {
  readonly result: ResultScheduleCampaign
}
