// The messages of all operations, as the handlers see them: the 3_1 shapes by their schema names, a file for each
// family. A contract test compares every type with the compiled schema, key by key, so that they cannot drift. None of
// these files must know how messages are read or written; what other versions leave out is the encoder's.
//
// Optional is what the schema lets be absent or nil. Requests are read leniently, so of a request even what the schema
// requires may be missing: handlers see `Received<...>` and answer with the fault that the rules have for it.

import type {
  ParamsGetLeadActivity,
  ParamsGetLeadChanges,
  SuccessGetLeadActivity,
  SuccessGetLeadChanges,
} from './messages-activities.js'
import type {
  ParamsGetLead,
  ParamsGetMultipleLeads,
  ParamsMergeLeads,
  ParamsSyncLead,
  ParamsSyncMultipleLeads,
  SuccessGetLead,
  SuccessGetMultipleLeads,
  SuccessMergeLeads,
  SuccessSyncLead,
  SuccessSyncMultipleLeads,
} from './messages-leads.js'
import type {
  ParamsGetCampaignsForSource,
  ParamsGetImportToListStatus,
  ParamsImportToList,
  ParamsListOperation,
  ParamsRequestCampaign,
  ParamsScheduleCampaign,
  SuccessGetCampaignsForSource,
  SuccessGetImportToListStatus,
  SuccessImportToList,
  SuccessListOperation,
  SuccessRequestCampaign,
  SuccessScheduleCampaign,
} from './messages-lists.js'
import type {
  ParamsDeleteCustomObjects,
  ParamsDeleteMObjects,
  ParamsDescribeMObject,
  ParamsGetChannels,
  ParamsGetCustomObjects,
  ParamsGetMObjects,
  ParamsGetTags,
  ParamsListMObjects,
  ParamsSyncCustomObjects,
  ParamsSyncMObjects,
  SuccessDeleteCustomObjects,
  SuccessDeleteMObjects,
  SuccessDescribeMObject,
  SuccessGetChannels,
  SuccessGetCustomObjects,
  SuccessGetMObjects,
  SuccessGetTags,
  SuccessListMObjects,
  SuccessSyncCustomObjects,
  SuccessSyncMObjects,
} from './messages-objects.js'

// Handlers name the messages that they are about, not the file that happens to hold them.
export type * from './messages-activities.js'
export type * from './messages-leads.js'
export type * from './messages-lists.js'
export type * from './messages-objects.js'
export type * from './messages-values.js'

/**
 * A message as it may arrive: anything may be missing, except that a list is always a list and `$type` always says
 * which form came. Times are texts of some form of date and time, as they came.
 */
export type Received<Message> = [string | number] extends [Message]
  ? string
  : Message extends readonly (infer Item)[]
    ? readonly Received<Item>[]
    : Message extends object
      ? {
          readonly [Key in keyof Message as SurelyThere<Message, Key>]: Received<Message[Key]>
        } & {
          readonly [Key in keyof Message as Exclude<Key, SurelyThere<Message, Key>>]?:
            | Received<Exclude<Message[Key], undefined>>
            | undefined
        }
      : Message

type SurelyThere<Message, Key extends keyof Message> = Key extends '$type'
  ? Key
  : Message[Key] extends readonly unknown[]
    ? Key
    : never

/** Request and reply of each operation of the contract. */
export interface Messages {
  readonly deleteMObjects: { readonly params: ParamsDeleteMObjects; readonly reply: SuccessDeleteMObjects }
  readonly describeMObject: { readonly params: ParamsDescribeMObject; readonly reply: SuccessDescribeMObject }
  readonly getMObjects: { readonly params: ParamsGetMObjects; readonly reply: SuccessGetMObjects }
  readonly syncMObjects: { readonly params: ParamsSyncMObjects; readonly reply: SuccessSyncMObjects }
  readonly getCampaignsForSource: {
    readonly params: ParamsGetCampaignsForSource
    readonly reply: SuccessGetCampaignsForSource
  }
  readonly getImportToListStatus: {
    readonly params: ParamsGetImportToListStatus
    readonly reply: SuccessGetImportToListStatus
  }
  readonly getLead: { readonly params: ParamsGetLead; readonly reply: SuccessGetLead }
  readonly getLeadActivity: { readonly params: ParamsGetLeadActivity; readonly reply: SuccessGetLeadActivity }
  readonly getLeadChanges: { readonly params: ParamsGetLeadChanges; readonly reply: SuccessGetLeadChanges }
  readonly getMultipleLeads: { readonly params: ParamsGetMultipleLeads; readonly reply: SuccessGetMultipleLeads }
  readonly importToList: { readonly params: ParamsImportToList; readonly reply: SuccessImportToList }
  readonly listMObjects: { readonly params: ParamsListMObjects; readonly reply: SuccessListMObjects }
  readonly listOperation: { readonly params: ParamsListOperation; readonly reply: SuccessListOperation }
  readonly requestCampaign: { readonly params: ParamsRequestCampaign; readonly reply: SuccessRequestCampaign }
  readonly scheduleCampaign: { readonly params: ParamsScheduleCampaign; readonly reply: SuccessScheduleCampaign }
  readonly syncLead: { readonly params: ParamsSyncLead; readonly reply: SuccessSyncLead }
  readonly syncMultipleLeads: { readonly params: ParamsSyncMultipleLeads; readonly reply: SuccessSyncMultipleLeads }
  readonly syncCustomObjects: { readonly params: ParamsSyncCustomObjects; readonly reply: SuccessSyncCustomObjects }
  readonly deleteCustomObjects: {
    readonly params: ParamsDeleteCustomObjects
    readonly reply: SuccessDeleteCustomObjects
  }
  readonly getCustomObjects: { readonly params: ParamsGetCustomObjects; readonly reply: SuccessGetCustomObjects }
  readonly mergeLeads: { readonly params: ParamsMergeLeads; readonly reply: SuccessMergeLeads }
  readonly getChannels: { readonly params: ParamsGetChannels; readonly reply: SuccessGetChannels }
  readonly getTags: { readonly params: ParamsGetTags; readonly reply: SuccessGetTags }
}

/** Header blocks by the part names of the WSDL. */
export interface HeaderBlocks {
  readonly authentication?: Received<AuthenticationHeaderInfo> | undefined
  readonly mktowsContext?: Received<MktowsContextHeaderInfo> | undefined
}

export interface AuthenticationHeaderInfo {
  readonly mktowsUserId: string
  readonly requestSignature: string
  /** As sent: the signature covers the text, not the time that it means. */
  readonly requestTimestamp: string
  readonly partnerId?: string | undefined
  readonly audit?: string | undefined
  readonly mode?: number | undefined
}

export interface MktowsContextHeaderInfo {
  readonly targetWorkspace: string
}
