// From a handler to the service and back: the replay rule that fits the call, and each answer as an outcome or a fault.
// Knows ClientRequestId and R13; must not know what a command does.

import type { Command, Outcome, Rejection } from '../../domain/command.js'
import type { GuardItem } from '../../domain/resubscribe.js'
import { sha256 } from '../../service/log/log-chain.js'
import { causeOf } from '../../service/service.js'
import { type Answer, fingerprintReplay, namedReplay, type Replay } from '../../service/writes/submission.js'
import type { Call } from '../call.js'
import { type Answered, type Fault, fault, faulted, faultKinds, leadNotFound, quoted } from '../faults.js'

/** `part` tells apart the commands of one call. */
export async function submitCommand(command: Command, call: Call, part = 0): Promise<Answered<Outcome>> {
  const { service, caller, face } = call
  const cause = causeOf(caller, face)
  const answer = await service.writes.submit({
    command,
    cause,
    policy: face.policy,
    replay: replayOf(command, call, part),
  })
  return outcomeOf(answer, call.operation)
}

/** `part` tells apart the commands of one call. */
export function replayOf(command: Command, call: Call, part: number): Replay {
  return replaysOf(call)(command, part)
}

/** The same for many commands of one call, however long it is: its text is hashed once. */
export function replaysOf(call: Call): (command: Command, part: number) => Replay {
  const { caller, clientRequestId } = call
  let digest: string | undefined
  if (clientRequestId !== undefined) {
    return (_, part) => {
      digest ??= sha256(call.requestText())
      return namedReplay(caller.id, `${clientRequestId}\u0000${part}`, digest)
    }
  }
  return (command, part) => {
    // R13 is about calls that may re-subscribe; all others may come as often as they like, and leave nothing to keep.
    if (command.type !== 'save-person' || command.unsubscribed !== false) return { type: 'none' }
    digest ??= sha256(call.messageText)
    return fingerprintReplay(caller.id, digest, part)
  }
}

export function outcomeOf(answer: Answer, operation: string): Answered<Outcome> {
  switch (answer.type) {
    case 'carried-out':
    case 'replayed':
      return { type: 'result', result: firstOutcome(answer.outcome) }
    case 'rejected':
      return { type: 'fault', fault: rejectionFault(answer.rejection, operation) }
    case 'key-reused':
      return clientRequestIdReused()
    case 'in-progress':
      return faulted(
        faultKinds.tooManyAtOnce,
        'the request of this ClientRequestId is being carried out: send it again a little later for its answer',
      )
    default:
      return answer satisfies never
  }
}

export function clientRequestIdReused() {
  return faulted(
    faultKinds.inputError,
    'ClientRequestId: expected a new one for each request, got one that named another request',
  )
}

// R13: the caller reads what the first of the identical calls was answered.
function firstOutcome(outcome: Outcome): Outcome {
  return outcome.type === 'not-repeated' ? firstOutcome(outcome.first) : outcome
}

const keyTypes = { id: 'IDNUM', 'foreign-id': 'ForeignSysPersonId', cookie: 'COOKIE', address: 'EMAIL' } as const

const guardSentences: Readonly<Record<GuardItem, string>> = {
  'admin-role': 'a credential with the role admin',
  reason: 'a stated reason',
  'listed-reason': 'a reason that admins allow',
  'recipient-reason': 'a reason that says that the recipient asked',
  evidence: 'evidence',
}

export function rejectionFault(rejection: Rejection, operation: string): Fault {
  switch (rejection.type) {
    case 'identity-required':
      return fault(
        faultKinds.leadKeyRequired,
        `${operation} operation failed: expected Id, Email, ForeignSysPersonId or marketoCookie, got none`,
      )
    case 'person-not-found':
      return leadNotFound(keyTypes[rejection.by], rejection.value)
    case 'resubscribe-refused': {
      const needed = rejection.missing.map(item => guardSentences[item]).join(', ')
      return fault(
        faultKinds.leadSyncFailed,
        `${operation} operation failed: the address has opted out; to subscribe it again needs ${needed}`,
      )
    }
    // No call of this wire names a version or asks for one of several; the rejections belong to the union all the same.
    case 'version-moved':
    case 'person-moved':
      return fault(faultKinds.leadSyncFailed, `${operation} operation failed: what it is about has changed`)
    case 'several-people':
      return fault(faultKinds.leadSyncFailed, `${operation} operation failed: several leads have the e-mail address`)
    case 'other-partition':
      return fault(
        faultKinds.leadSyncFailed,
        `${operation} operation failed: lead ${rejection.personId} is in the partition ` +
          `'${quoted(rejection.partition)}', the target workspace has '${quoted(rejection.required)}'`,
      )
    case 'nothing-to-merge':
      return fault(faultKinds.inputError, `${operation} operation failed: expected losing leads other than the winner`)
    default:
      return rejection satisfies never
  }
}
