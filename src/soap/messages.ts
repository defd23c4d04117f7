// The messages of the operations that are served, as the handlers see them: the 3_1 shapes by their schema names. A
// contract test compares every interface here with the compiled schema, key by key, so that they cannot drift. It must
// not know how messages are read or written.
//
// Optional here is what the schema lets be absent or nil. Requests are read leniently, so of a request even what the
// schema requires may be missing: handlers see `Received<...>` and answer with the fault that the rules have for it.

/** A message as it may arrive: anything may be missing, except that a list is always a list. */
export type Received<Message> = Message extends readonly (infer Item)[]
  ? readonly Received<Item>[]
  : Message extends object
    ? {
        readonly [Key in keyof Message as Message[Key] extends readonly unknown[] ? Key : never]: Received<Message[Key]>
      } & {
        readonly [Key in keyof Message as Message[Key] extends readonly unknown[] ? never : Key]?:
          | Received<Exclude<Message[Key], undefined>>
          | undefined
      }
    : Message

/** Request and reply of each operation that has types here; an operation gets its entry with its handler. */
export interface Messages {
  readonly getLead: { readonly params: ParamsGetLead; readonly reply: SuccessGetLead }
  readonly syncLead: { readonly params: ParamsSyncLead; readonly reply: SuccessSyncLead }
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

export interface Attribute {
  readonly attrName: string
  readonly attrType?: string | undefined
  readonly attrValue: string
}

export interface ArrayOfAttribute {
  readonly attribute: readonly Attribute[]
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

export interface LeadKey {
  /** A LeadKeyRef; a request may hold any text. */
  readonly keyType: string
  readonly keyValue: string
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

export interface ParamsSyncLead {
  readonly leadRecord: LeadRecord
  readonly returnLead: boolean
  readonly marketoCookie?: string | undefined
  readonly moveCookie?: boolean | undefined
}

export interface SyncStatus {
  readonly leadId: number
  readonly status: string
  readonly error?: string | undefined
}

export interface ResultSyncLead {
  readonly leadId: number
  readonly syncStatus: SyncStatus
  readonly leadRecord?: LeadRecord | undefined
}

export interface SuccessSyncLead {
  readonly result: ResultSyncLead
}
