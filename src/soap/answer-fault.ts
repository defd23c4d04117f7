// How an error, a refusal or a bad value became a fault: the way from what went wrong to the table in faults.ts. Knows
// the errors of all parts that a call passes; must not know how a fault is written.

import { BodyError } from '../http/body.js'
import type { Admission } from '../service/access/call-limits.js'
import { CommitUnknown, StoreUnavailable } from '../service/ports.js'
import { QueueFull, Stopping } from '../service/writes/submission.js'
import type { Authentication } from './authenticate.js'
import type { ElementName, EnvelopeReading } from './codec/codec-envelope-decode.js'
import { describeFinding, type Finding } from './codec/codec-findings.js'
import { MessageTextError } from './codec/message-text.js'
import { type Fault, type FaultKind, fault, faultKinds, quoted } from './faults.js'
import { XmlError } from './xml/xml-error.js'

/** The fault for what was thrown. Undefined: nothing that a caller could have caused, so it is a defect of ours. */
export function thrownFault(cause: unknown): Fault | undefined {
  if (cause instanceof XmlError) {
    return fault(faultKinds.notUnderstood, `not well-formed XML: ${cause.message}`)
  }
  if (cause instanceof MessageTextError) return fault(faultKinds.badEncoding, cause.message)
  if (cause instanceof BodyError) {
    return fault(bodyFaultKinds[cause.status], cause.message)
  }
  if (cause instanceof QueueFull) {
    return fault(faultKinds.tooManyAtOnce, 'too many calls wait at this moment; nothing was changed, try again')
  }
  if (cause instanceof CommitUnknown) {
    return fault(faultKinds.unavailable, 'the call may or may not have been carried out; send the same call again')
  }
  if (cause instanceof StoreUnavailable || cause instanceof Stopping) {
    return fault(faultKinds.unavailable, 'the service cannot take this call at this moment, try again')
  }
  return undefined
}

// A body that came too slowly, or among too many, may be taken when it is sent again; all others stay as they are.
const bodyFaultKinds: Readonly<Record<BodyError['status'], FaultKind>> = {
  400: faultKinds.notUnderstood,
  408: faultKinds.unavailable,
  413: faultKinds.notUnderstood,
  415: faultKinds.notUnderstood,
  503: faultKinds.tooManyAtOnce,
}

/** What a caller is told of a defect: nothing of it but the name under which the log has it. */
export function defectFault(requestId: string): Fault {
  return fault(
    faultKinds.internalError,
    `The call could not be carried out because of an error in this server; its log has it as request ${requestId}`,
  )
}

export function refusedEnvelopeFault(refusal: EnvelopeReading & { readonly type: 'refused' }): Fault {
  const kind = refusal.reason === 'versionMismatch' ? faultKinds.versionMismatch : faultKinds.notUnderstood
  return fault(kind, refusal.message)
}

export function notUnderstoodFault(blocks: readonly ElementName[]): Fault {
  const names = blocks.slice(0, namedMax).map(({ namespaceUri, localName }) => quoted(`{${namespaceUri}}${localName}`))
  return fault(
    faultKinds.headerNotUnderstood,
    `header not understood: ${names.join(', ')}: leave mustUnderstand out if the call may go on without it`,
  )
}

export function unknownOperationFault({ namespaceUri, localName }: ElementName): Fault {
  return fault(
    faultKinds.unsupportedOperation,
    `the element {${quoted(namespaceUri)}}${localName} in the Body is no request of this service: ` +
      'requests are named params and the operation, such as paramsGetLead',
  )
}

export function authenticationFault(
  refusal: Exclude<Authentication, { readonly type: 'caller' }>,
  clock: { readonly windowMs: number; readonly now: number },
): Fault {
  switch (refusal.type) {
    // Also for a header that is missing: clients answer this code by signing anew, and that is what helps.
    case 'unsigned':
      return fault(faultKinds.authenticationFailed, `AuthenticationHeader: expected ${refusal.missing.join(', ')}`)
    case 'refused':
      return fault(faultKinds.authenticationFailed, 'Authentication failed')
    // Not the code for which clients sign anew, because the next timestamp would look the same.
    case 'timeless':
      return fault(
        faultKinds.invalidRequest,
        `requestTimestamp: expected a time such as 2026-01-31T09:30:00-08:00, got '${refusal.timestamp.slice(0, 60)}'`,
      )
    case 'expired': {
      const hours = Math.round(clock.windowMs / 36_000) / 100
      const here = new Date(clock.now).toISOString()
      return fault(
        faultKinds.requestExpired,
        `requestTimestamp: expected a time within ${hours} hours of the time here, ${here}: sign anew`,
      )
    }
    default:
      return refusal satisfies never
  }
}

// All three are the Server's: clients that wait and try again do it for no other fault.
export function limitFault({ by, limit }: Admission & { readonly type: 'refused' }): Fault {
  switch (by) {
    case 'rate':
      return fault(faultKinds.rateExceeded, `at most ${limit} calls in 20 seconds: try again a little later`)
    case 'concurrency':
      return fault(faultKinds.tooManyAtOnce, `at most ${limit} calls at the same time: try again when one is over`)
    case 'daily':
      return fault(faultKinds.quotaExceeded, `at most ${limit} calls a day: the next begins at midnight US Central`)
  }
}

/** Told without a look at the signature: it may well be right. */
export function tooManyFailuresFault(): Fault {
  const sentence = 'too many calls with wrong signatures came from your address or for this user: try again later'
  return fault(faultKinds.rateExceeded, sentence)
}

const namedMax = 20

/** All that was wrong with the values of a call, in one fault, so that its sender can mend everything at once. */
export function findingsFault(findings: readonly Finding[]): Fault {
  const sentences = findings.slice(0, namedMax).map(describeFinding)
  if (findings.length > namedMax) sentences.push(`and ${findings.length - namedMax} more`)
  return fault(faultKinds.inputError, sentences.join('; '))
}
