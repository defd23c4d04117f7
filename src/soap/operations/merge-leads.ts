// mergeLeads: the losers go into the winner and are gone (legacy-soap-contract 3.11, rule R9). Knows how leads are
// named, by lists of keys that must agree; what then becomes of people and addresses is the domain's.

import { parseAddress } from '../../domain/address.js'
import type { MergePeople } from '../../domain/command.js'
import type { PersonId } from '../../domain/person.js'
import type { PersonView } from '../../service/ports.js'
import { causeOf } from '../../service/service.js'
import type { Call } from '../call.js'
import { type Answered, fault, faulted, faultKinds, faultMessage, leadNotFound, quoted } from '../faults.js'
import type {
  ArrayOfAttribute,
  MergeStatus,
  ParamsMergeLeads,
  Received,
  SuccessMergeLeads,
} from '../messages/messages.js'
import { findLeads, readKeyType } from './get-lead.js'
import { outcomeOf, rejectionFault, replayOf } from './submit-command.js'

/** As the REST face of the old service had it. */
export const losersMax = 25

type Reads = Call['service']['reads']
type KeyList = Received<ArrayOfAttribute>

export async function mergeLeads(params: Received<ParamsMergeLeads>, call: Call): Promise<Answered<SuccessMergeLeads>> {
  const read = await readMerge(params, call.service.reads)
  // A retry finds no losers any more. Where it has a name, the answer that the first one got is kept under it.
  if (read.type === 'fault' && call.clientRequestId === undefined) return read
  const command = read.type === 'fault' ? nobodyToMerge : read.result

  const { service, caller, face } = call
  const replay = replayOf(command, call, 0)
  const answer = await service.writes.submit({ command, cause: causeOf(caller, face), policy: face.policy, replay })
  if (answer.type === 'rejected') {
    // They were there a moment ago, when their keys were looked up; then somebody else was faster.
    return read.type === 'fault' ? read : merged({ ...idsOf(command), ...failure(answer.rejection, call.operation) })
  }
  const outcome = outcomeOf(answer, call.operation)
  if (outcome.type === 'fault') return outcome
  if (outcome.result.type !== 'merged') throw new Error(`merging had the outcome '${outcome.result.type}'`)
  const { personId: winner, losers } = outcome.result
  return merged({ ...idsOf({ winner, losers }), status: 'MERGED' })
}

/** A merge that is always rejected; only an answer that is kept for the call can come back instead. */
const nobodyToMerge: MergePeople = { type: 'merge-people', winner: 0, losers: [] }

function merged(mergeStatus: MergeStatus): Answered<SuccessMergeLeads> {
  return { type: 'result', result: { result: { mergeStatus } } }
}

function idsOf({ winner, losers }: Pick<MergePeople, 'winner' | 'losers'>) {
  return { winningLeadId: winner, losingLeadIdList: { integerItem: losers } }
}

function failure(rejection: Parameters<typeof rejectionFault>[0], operation: string) {
  return { status: 'FAILED', error: faultMessage(rejectionFault(rejection, operation)) }
}

async function readMerge(
  { winningLeadKeyList, losingLeadKeyLists }: Received<ParamsMergeLeads>,
  reads: Reads,
): Promise<Answered<MergePeople>> {
  const keyLists = losingLeadKeyLists?.keyList ?? []
  if (keyLists.length === 0) {
    return faulted(faultKinds.leadKeyRequired, 'losingLeadKeyLists: expected a keyList for each losing lead, got none')
  }
  if (keyLists.length > losersMax) {
    const limit = `expected at most ${losersMax} losing leads, got ${keyLists.length}`
    return faulted(faultKinds.inputError, `losingLeadKeyLists: ${limit}`)
  }
  const winner = await readOne(winningLeadKeyList, 'winningLeadKeyList', reads, () => true)
  if (winner.type === 'fault') return winner

  const losers = new Set<PersonId>()
  for (const [index, keyList] of keyLists.entries()) {
    const place = `keyList number ${index + 1}`
    // A key that the winner shares with its duplicate, as their address, means the duplicate.
    const loser = await readOne(keyList, place, reads, id => id !== winner.result)
    if (loser.type === 'fault') return loser
    losers.add(loser.result)
  }
  return { type: 'result', result: { type: 'merge-people', winner: winner.result, losers: [...losers] } }
}

/** The one lead that all keys of a list mean. A merge cannot be undone, so among several none is guessed. */
async function readOne(
  keyList: KeyList | undefined,
  place: string,
  reads: Reads,
  isMeant: (id: PersonId) => boolean,
): Promise<Answered<PersonId>> {
  const keys = readKeys(keyList, place)
  if (keys.type === 'fault') return keys
  let named: readonly PersonView[] | undefined
  for (const { keyType, keyValue } of keys.result) {
    let views: readonly PersonView[]
    if (named !== undefined && keyType === 'EMAIL') {
      // Of those that are named already: an address can have more people than a look-up gives.
      views = named.filter(hasAddress(keyValue))
    } else {
      const found = await findLeads({ keyType, keyValue }, reads)
      if (found.type === 'fault') return found
      const ids = new Set(found.result.map(({ person }) => person.id))
      views = named === undefined ? found.result : named.filter(({ person }) => ids.has(person.id))
    }
    if (views.length === 0) {
      const { message } = leadNotFound(keyType, keyValue)
      return {
        type: 'fault',
        fault: fault(faultKinds.leadNotFound, `${place}: ${message} among those of its other keys`),
      }
    }
    named = views
  }
  return chooseOne((named ?? []).map(({ person }) => person.id).filter(isMeant), place)
}

function chooseOne(ids: readonly PersonId[], place: string): Answered<PersonId> {
  const [id] = ids
  if (id === undefined) return faulted(faultKinds.inputError, `${place}: expected another lead than the winning one`)
  if (ids.length === 1) return { type: 'result', result: id }
  const shown = ids.slice(0, 10).join(', ')
  const problem = `expected keys of one lead, got those of ${ids.length} (${shown}${ids.length > 10 ? ', ...' : ''})`
  return faulted(faultKinds.inputError, `${place}: ${problem}; name it by IDNUM`)
}

interface NamedKey {
  readonly keyType: string
  readonly keyValue: string
}

// Addresses come last: they may belong to many, and then only choose among those that the other keys name.
function readKeys(keyList: KeyList | undefined, place: string): Answered<readonly NamedKey[]> {
  const keys: NamedKey[] = []
  for (const { attrName = '', attrValue = '' } of keyList?.attribute ?? []) {
    const read = readKeyType(attrName)
    if (attrName.trim() === '' || attrValue.trim() === '') {
      return faulted(faultKinds.leadKeyRequired, `${place}: expected attrName and attrValue in each attribute`)
    }
    if (read.type === 'fault') return read
    const { name: keyType } = read.result
    if (keyType === 'COOKIE') {
      return faulted(faultKinds.leadKeyBad, `${place}: expected a key type other than COOKIE, got ${quoted(attrName)}`)
    }
    keys.push({ keyType, keyValue: attrValue })
  }
  if (keys.length === 0) return faulted(faultKinds.leadKeyRequired, `${place}: expected an attribute, got none`)
  const isAddress = ({ keyType }: NamedKey): boolean => keyType === 'EMAIL'
  return { type: 'result', result: [...keys.filter(key => !isAddress(key)), ...keys.filter(isAddress)] }
}

function hasAddress(text: string): (view: PersonView) => boolean {
  const parsed = parseAddress(text)
  return ({ person }) => parsed.type === 'address' && person.address?.key === parsed.address.key
}
