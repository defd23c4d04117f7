// What a call that saves a lead says of it (legacy-soap-contract 3.5, 3.6). Knows the words of LeadSyncStatus; must not
// know how the lead was named.

import type { Outcome } from '../../domain/command.js'
import type { PersonId } from '../../domain/person.js'
import { type Fault, faultMessage } from '../faults.js'
import type { SyncStatus } from '../messages/messages.js'

export function savedStatus(outcome: Outcome): SyncStatus {
  // Warnings stay unsaid: the old wire has no place for them, and the record was saved.
  if (outcome.type === 'created') return { leadId: outcome.personId, status: 'CREATED' }
  if (outcome.type === 'updated') return { leadId: outcome.personId, status: 'UPDATED' }
  throw new Error(`saving a person had the outcome '${outcome.type}'`)
}

/** `leadId`: the one that the record named, where it named one; the element cannot be left out, so 0 is for none. */
export function failedStatus(leadId: PersonId | undefined, fault: Fault): SyncStatus {
  return { leadId: leadId ?? 0, status: 'FAILED', error: faultMessage(fault) }
}
