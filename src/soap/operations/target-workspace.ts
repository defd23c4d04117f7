// The workspace that a call is made for, by its context header (legacy-soap-contract 2 and 3.5). Knows how callers name
// workspaces; must not know what is saved.

import type { SavePerson } from '../../domain/command.js'
import { defaultWorkspace, findWorkspace } from '../../service/list-names.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds } from '../faults.js'

/** What a workspace asks of a save: where new people go, and where those not found by address must be. */
export type WorkspacePlace = Pick<SavePerson, 'partition' | 'requiredPartition'>

/**
 * Default asks for nothing, like a call without the header: widespread clients name it on every call, in any letter
 * case, and are not to be refused people that somebody put elsewhere.
 */
export async function readTargetWorkspace({
  targetWorkspace,
  service,
}: Pick<Call, 'targetWorkspace' | 'service'>): Promise<Answered<WorkspacePlace>> {
  const name = (targetWorkspace ?? '').trim()
  if (name === '' || name.toLowerCase() === defaultWorkspace.toLowerCase()) return { type: 'result', result: {} }
  const workspace = await findWorkspace(service.lists, name)
  if (workspace === undefined) {
    const expected = `targetWorkspace: expected ${defaultWorkspace} or a workspace that there is`
    return faulted(faultKinds.inputError, `${expected}, got unknown '${name.slice(0, 60)}'`)
  }
  const { partition } = workspace
  return { type: 'result', result: { partition, requiredPartition: partition } }
}
