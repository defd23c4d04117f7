// Why a command was not carried out, as a sentence for the report of a job. The faces have their own words for the
// same.

import type { Rejection } from '../../domain/command.js'
import type { GuardItem } from '../../domain/resubscribe.js'

const lacking: Readonly<Record<GuardItem, string>> = {
  'admin-role': 'a caller with the role admin',
  reason: 'a reason',
  'listed-reason': 'a reason that the setting resubscribe-reasons has',
  'recipient-reason': 'a reason that says that the recipient asked, who opted out',
  evidence: 'evidence',
}

export function rejectionSentence(rejection: Rejection): string {
  switch (rejection.type) {
    case 'identity-required':
      return 'it names nobody'
    case 'person-not-found':
      return `there is no such person (looked for by ${rejection.by})`
    case 'resubscribe-refused':
      return `to re-subscribe needs ${rejection.missing.map(item => lacking[item]).join(', ')}`
    case 'version-moved':
      return `something newer has happened: expected version ${rejection.expected}, got ${rejection.actual}`
    case 'other-partition':
      return `the person is in the partition ${rejection.partition}, expected ${rejection.required}`
    case 'nothing-to-merge':
      return 'there is nothing to merge'
    default:
      return (rejection as Rejection).type
  }
}
