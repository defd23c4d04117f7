// Messages about objects other than leads: their descriptions, marketing objects, custom objects, program tags and
// channels. See messages.ts for what holds for all of these types.

import type {
  ArrayOfAttrib,
  ArrayOfAttribute,
  ArrayOfKeyList,
  ArrayOfString,
  ArrayOfTypeAttrib,
  Attrib,
} from './messages-values.js'

export interface MObjectMetadata {
  readonly name: string
  readonly description?: string | undefined
  readonly isCustom: boolean
  readonly isVirtual: boolean
  readonly fieldList: ArrayOfMObjFieldMetadata
  readonly updatedAt: string | number
}

export interface MObjFieldMetadata {
  readonly name: string
  readonly description?: string | undefined
  readonly displayName?: string | undefined
  readonly sourceObject?: string | undefined
  readonly dataType: string
  readonly size?: number | undefined
  readonly isReadonly: boolean
  readonly isUpdateBlocked: boolean
  readonly isName?: boolean | undefined
  readonly isPrimaryKey: boolean
  readonly isCustom: boolean
  readonly isDynamic: boolean
  readonly dynamicFieldRef?: string | undefined
  readonly updatedAt: string | number
}

export interface ArrayOfMObjFieldMetadata {
  readonly field: readonly MObjFieldMetadata[]
}

/** Nothing is asked for. */
export type ParamsListMObjects = Readonly<Record<string, never>>

export interface ResultListMObjects {
  readonly objects: readonly string[]
}

export interface SuccessListMObjects {
  readonly result: ResultListMObjects
}

export interface ParamsDescribeMObject {
  readonly objectName: string
}

export interface ResultDescribeMObject {
  readonly metadata: MObjectMetadata
}

export interface SuccessDescribeMObject {
  readonly result: ResultDescribeMObject
}

export interface MObject {
  readonly type: string
  readonly id?: number | undefined
  readonly externalKey?: Attrib | undefined
  readonly createdAt?: string | number | undefined
  readonly updatedAt?: string | number | undefined
  readonly attribList?: ArrayOfAttrib | undefined
  readonly typeAttribList?: ArrayOfTypeAttrib | undefined
  readonly associationList?: ArrayOfMObjAssociation | undefined
}

export interface ArrayOfMObject {
  readonly mObject: readonly MObject[]
}

export interface MObjAssociation {
  readonly mObjType: string
  readonly id?: number | undefined
  readonly externalKey?: Attrib | undefined
}

export interface ArrayOfMObjAssociation {
  readonly mObjAssociation: readonly MObjAssociation[]
}

export interface MObjStatus {
  readonly id?: number | undefined
  readonly externalKey?: Attrib | undefined
  /** A MObjStatusEnum; a request may hold any text. */
  readonly status: string
  readonly error?: string | undefined
}

export interface ArrayOfMObjStatus {
  readonly mObjStatus: readonly MObjStatus[]
}

export interface MObjCriteria {
  readonly attrName: string
  /** A ComparisonEnum; a request may hold any text. */
  readonly comparison: string
  readonly attrValue: string
}

export interface ArrayOfMObjCriteria {
  readonly mObjCriteria: readonly MObjCriteria[]
}

export interface ParamsGetMObjects {
  readonly type: string
  readonly id?: number | undefined
  readonly externalKey?: Attrib | undefined
  readonly mObjCriteriaList?: ArrayOfMObjCriteria | undefined
  readonly mObjAssociationList?: ArrayOfMObjAssociation | undefined
  readonly includeDetails?: boolean | undefined
  readonly streamPosition?: string | undefined
}

export interface ResultGetMObjects {
  readonly returnCount: number
  readonly hasMore: boolean
  readonly newStreamPosition: string
  readonly mObjectList?: ArrayOfMObject | undefined
}

export interface SuccessGetMObjects {
  readonly result: ResultGetMObjects
}

export interface ParamsSyncMObjects {
  readonly mObjectList: ArrayOfMObject
  /** A SyncOperationEnum; a request may hold any text. */
  readonly operation: string
}

export interface ResultSyncMObjects {
  readonly mObjStatusList: ArrayOfMObjStatus
}

export interface SuccessSyncMObjects {
  readonly result: ResultSyncMObjects
}

export interface ParamsDeleteMObjects {
  readonly mObjectList: ArrayOfMObject
}

export interface ResultDeleteMObjects {
  readonly mObjStatusList: ArrayOfMObjStatus
}

export interface SuccessDeleteMObjects {
  readonly result: ResultDeleteMObjects
}

export interface CustomObj {
  readonly customObjKeyList?: ArrayOfAttribute | undefined
  readonly customObjAttributeList?: ArrayOfAttribute | undefined
}

export interface ArrayOfCustomObj {
  readonly customObj: readonly CustomObj[]
}

export interface SyncCustomObjStatus {
  readonly objTypeName: string
  readonly customObjKeyList?: ArrayOfAttribute | undefined
  /** A SyncStatusEnum; a request may hold any text. */
  readonly status: string
  readonly error?: string | undefined
}

export interface ArrayOfSyncCustomObjStatus {
  readonly syncCustomObjStatus: readonly SyncCustomObjStatus[]
}

export interface ParamsGetCustomObjects {
  readonly objTypeName: string
  readonly streamPosition?: string | undefined
  readonly batchSize?: number | undefined
  readonly customObjKeyList?: ArrayOfAttribute | undefined
  readonly includeAttributes: ArrayOfString
}

export interface ResultGetCustomObjects {
  readonly objTypeName: string
  readonly returnCount: number
  readonly remainingCount: number
  readonly newStreamPosition: string
  readonly customObjList?: ArrayOfCustomObj | undefined
}

export interface SuccessGetCustomObjects {
  readonly result: ResultGetCustomObjects
}

export interface ParamsSyncCustomObjects {
  readonly objTypeName: string
  readonly customObjList: ArrayOfCustomObj
  /** A SyncOperationEnum; a request may hold any text. */
  readonly operation?: string | undefined
}

export interface ResultSyncCustomObjects {
  readonly syncCustomObjStatusList: ArrayOfSyncCustomObjStatus
}

export interface SuccessSyncCustomObjects {
  readonly result: ResultSyncCustomObjects
}

export interface ParamsDeleteCustomObjects {
  readonly objTypeName: string
  readonly customObjKeyLists: ArrayOfKeyList
}

export interface ResultDeleteCustomObjects {
  readonly deleteCustomObjStatusList: ArrayOfSyncCustomObjStatus
}

export interface SuccessDeleteCustomObjects {
  readonly result: ResultDeleteCustomObjects
}

export interface Tag {
  readonly type?: string | undefined
  readonly values?: ArrayOfString | undefined
}

export interface ArrayOfTag {
  readonly tag: readonly Tag[]
}

export interface ProgressionStatus {
  readonly progressionStatus?: ArrayOfAttrib | undefined
}

export interface ArrayOfProgressionStatus {
  readonly progressionStatusItem: readonly ProgressionStatus[]
}

export interface TagStatus {
  readonly tagValue: string
  readonly statusList: ArrayOfProgressionStatus
}

export interface ArrayOfTagStatus {
  readonly tagStatus: readonly TagStatus[]
}

export interface ParamsGetTags {
  readonly tagList?: ArrayOfTag | undefined
}

export interface ResultGetTags {
  readonly tagList: ArrayOfTag
}

export interface SuccessGetTags {
  readonly result: ResultGetTags
}

export interface ParamsGetChannels {
  readonly tag?: Tag | undefined
}

export interface ResultGetChannels {
  readonly tags: ArrayOfTagStatus
}

export interface SuccessGetChannels {
  readonly result: ResultGetChannels
}
