// What a call that is not carried out is told: the one table of codes, short texts and fault codes, and the sentences.
// Knows legacy-soap-contract 1.1 and 7; must not know XML, HTTP or how an error came about (see answer-fault.ts).

/** The four that SOAP 1.1 names. Old clients never retry Client, so what may pass by itself is Server. */
export type FaultCode = 'Client' | 'Server' | 'MustUnderstand' | 'VersionMismatch'

export interface FaultKind {
  /** Digits only: old clients compare it as a string. */
  readonly code: string
  readonly faultCode: FaultCode
  /** Stands behind the code in `faultstring`. */
  readonly shortText: string
}

export interface Fault extends FaultKind {
  /** What happened, in one sentence, without the code behind it. */
  readonly message: string
}

/** What a handler gives back: what was asked for, or why not. */
export type Answered<Result> =
  | { readonly type: 'result'; readonly result: Result }
  | { readonly type: 'fault'; readonly fault: Fault }

const client = (code: string, shortText: string): FaultKind => ({ code, faultCode: 'Client', shortText })
const server = (code: string, shortText: string): FaultKind => ({ code, faultCode: 'Server', shortText })

// Recorded are the short texts of 20014, 20103, 20105 and 20110; the others are ours, after the titles of the codes.
export const faultKinds = {
  internalError: server('10001', 'Internal error'),
  unavailable: server('20011', 'Internal error'),
  notUnderstood: client('20012', 'Request not understood'),
  headerNotUnderstood: { ...client('20012', 'Request not understood'), faultCode: 'MustUnderstand' },
  versionMismatch: { ...client('20012', 'Request not understood'), faultCode: 'VersionMismatch' },
  accessDenied: client('20013', 'Access denied'),
  authenticationFailed: client('20014', 'Authentication failed'),
  quotaExceeded: server('20015', 'Request limit exceeded'),
  requestExpired: client('20016', 'Request expired'),
  invalidRequest: client('20017', 'Invalid request'),
  badEncoding: client('20018', 'Bad encoding'),
  unsupportedOperation: client('20019', 'Unsupported operation'),
  timeRangeExceeded: client('20022', 'Time range exceeded limit'),
  rateExceeded: server('20023', 'Rate limit exceeded'),
  tooManyAtOnce: server('20024', 'Concurrency limit exceeded'),
  leadKeyRequired: client('20101', 'Lead key required'),
  leadKeyBad: client('20102', 'Lead key bad'),
  leadNotFound: client('20103', 'Lead not found'),
  leadDetailRequired: client('20104', 'Lead detail required'),
  unknownLeadField: client('20105', 'Unknown lead field'),
  leadSyncFailed: client('20106', 'Lead sync failed'),
  activityKeyBad: client('20107', 'Activity key bad'),
  leadOwnerNotFound: client('20108', 'Lead owner not found'),
  parameterRequired: client('20109', 'Parameter required'),
  inputError: client('20110', 'Input error'),
  listNotFound: client('20111', 'List not found'),
  campaignNotFound: client('20113', 'Campaign not found'),
  badStreamPosition: client('20122', 'Bad stream position'),
} as const satisfies Record<string, FaultKind>

export function fault(kind: FaultKind, message: string): Fault {
  const { code, faultCode, shortText } = kind
  return { code, faultCode, shortText, message }
}

export function faulted(kind: FaultKind, message: string): { readonly type: 'fault'; readonly fault: Fault } {
  return { type: 'fault', fault: fault(kind, message) }
}

/** `faultstring` of a fault: JAX-WS shows its users nothing else, so the code must be in it. */
export function faultString({ code, shortText }: Fault): string {
  return `${code} - ${shortText}`
}

/** `message` inside the detail. */
export function faultMessage({ code, message }: Fault): string {
  return `${message} (${code})`
}

/** The recorded sentence; `keyType` is one of LeadKeyRef, or what the caller would take for it. */
export function leadNotFound(keyType: string, value: string): Fault {
  return fault(faultKinds.leadNotFound, `No lead found with ${keyType} = ${quoted(value)}`)
}

// A fault names what was wrong, but a caller that sent a megabyte does not get it back.
const quotedLengthMax = 320
const namedMax = 100

export function unknownLeadFields(operation: string, names: readonly string[]): Fault {
  const named = names.slice(0, namedMax).map(quoted)
  if (names.length > namedMax) named.push(`and ${names.length - namedMax} more`)
  const list = named.join(', ')
  return fault(faultKinds.unknownLeadField, `${operation} operation failed: unknown fields for import: ${list}`)
}

/** A value as a fault repeats it: cut where it is longer than any that could have been meant. */
export function quoted(value: string): string {
  if (value.length <= quotedLengthMax) return value
  // Never half a pair of surrogates: the reply would not be well-formed.
  return `${value.slice(0, quotedLengthMax).replace(/[\uD800-\uDBFF]$/, '')}...`
}
