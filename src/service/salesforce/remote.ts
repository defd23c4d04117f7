// What this side asks of a Salesforce: to write flags and to read records. How it is asked is not known here, only what
// may be the answer, and which of the refusals may pass by themselves.

import type { SalesforceObject } from '../../domain/salesforce-record.js'

/** One call takes no more writes than this, and they are answered record by record. */
export const writesPerCallMax = 200

export interface RemoteWrite {
  readonly objectType: SalesforceObject
  readonly recordId: string
  readonly optedOut: boolean
}

export type RemoteWriteResult =
  | { readonly type: 'written' }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }

/** A record as it is there at the moment. */
export interface RemoteRecord {
  readonly objectType: SalesforceObject
  readonly recordId: string
  readonly email: string | null
  readonly optedOut: boolean
  /** By the clock of Salesforce. */
  readonly lastModified: number
}

export interface RemotePage {
  readonly records: readonly RemoteRecord[]
  /** Of the whole question, where it was told. */
  readonly size: number
  /** Asks for the next page; null at the end. Good for minutes only. */
  readonly more: string | null
}

export interface SalesforceRemote {
  /** The organisation that is reached: 18 characters. */
  orgId(): Promise<string>
  /** Results in the order of the writes. Throws CallRefused and RemoteUnreachable. */
  write(writes: readonly RemoteWrite[]): Promise<readonly RemoteWriteResult[]>
  /** All that have an address, in the order of their ids, from behind one of them. */
  firstPage(objectType: SalesforceObject, afterId: string | null): Promise<RemotePage>
  nextPage(objectType: SalesforceObject, more: string): Promise<RemotePage>
}

/** Salesforce answered that it does not carry out the whole call. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** There was no answer, or none that one could read: it may have been carried out. */
export class RemoteUnreachable extends Error {
  override readonly name = 'RemoteUnreachable'
}

// What another call may find otherwise (durable-unsubscribe 3.5). All others say something about the record that stays
// true until somebody changes it there.
const passingCodes: ReadonlySet<string> = new Set([
  'UNABLE_TO_LOCK_ROW',
  'REQUEST_LIMIT_EXCEEDED',
  'INVALID_SESSION_ID',
  'SERVER_UNAVAILABLE',
  'REQUEST_RUNNING_TOO_LONG',
  'API_CURRENTLY_DISABLED',
  'UNKNOWN_EXCEPTION',
])

export const passesByItself = (code: string): boolean => passingCodes.has(code)
