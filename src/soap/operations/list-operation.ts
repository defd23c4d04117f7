// listOperation: leads onto a static list, off it, or asked whether they are on it (legacy-soap-contract 3.10). Knows
// the shape of the call; who can be on a list is the domain's.

import type { PersonId } from '../../domain/person.js'
import type { NamedList } from '../../service/lists.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds, quoted } from '../faults.js'
import type { ListKey, ParamsListOperation, Received, SuccessListOperation } from '../messages/messages.js'
import { type NamedMember, readMembers } from './list-members.js'
import { submitCommand } from './submit-command.js'

const operations = ['ADDTOLIST', 'REMOVEFROMLIST', 'ISMEMBEROFLIST', 'CLEARLIST'] as const
const keyTypes = ['MKTOLISTNAME', 'MKTOSALESUSERID', 'SFDCLEADOWNERID'] as const

/** How many are taken off a list by one command when it is cleared. */
export const clearedAtOnce = 500

/** `skipActivityLog`, which the oldest versions declare, is passed over: a history says what happened. */
export async function listOperation(
  params: Received<ParamsListOperation>,
  call: Call,
): Promise<Answered<SuccessListOperation>> {
  const operation = oneOf(operations, params.listOperation, 'listOperation')
  if (operation.type === 'fault') return operation
  const list = await readList(params.listKey, call)
  if (list.type === 'fault') return list
  // Which leads is not asked: all of them.
  if (operation.result === 'CLEARLIST') return clearList(list.result, call)

  const members = await readMembers(params.listMemberList ?? { leadKey: [] }, call.service.reads)
  if (members.type === 'fault') return members
  if (operation.result === 'ISMEMBEROFLIST') return tellMembers(list.result, members.result, call)
  const isMember = operation.result === 'ADDTOLIST'
  return changeList({ list: list.result, members: members.result, isMember, strict: params.strict === true }, call)
}

interface Change {
  readonly list: NamedList
  readonly members: readonly NamedMember[]
  readonly isMember: boolean
  readonly strict: boolean
}

// One command, so that the call happens as a whole, at one place of the log.
async function changeList({ list, members, isMember, strict }: Change, call: Call) {
  const strangers = members.filter(({ ids }) => ids.length === 0)
  if (strict && strangers.length > 0) return failedMembers(strangers)
  const people = members.flatMap(({ ids }) => ids)
  if (people.length === 0) return failedMembers(strangers)

  const outcome = await submitCommand({ type: 'change-list', list, people, isMember, strict }, call)
  if (outcome.type === 'fault') return outcome
  if (outcome.result.type !== 'list-changed')
    throw new Error(`changing a list had the outcome '${outcome.result.type}'`)
  const failed = new Set(outcome.result.failed)
  return failedMembers(members.filter(({ ids }) => ids.length === 0 || ids.some(id => failed.has(id))))
}

/** Success of all is said without a list, as recorded; else the list has those that failed, and only them. */
function failedMembers(failed: readonly NamedMember[]): Answered<SuccessListOperation> {
  const leadStatus = failed.map(({ leadKey }) => ({ leadKey, status: false }))
  const statusList = failed.length === 0 ? undefined : { leadStatus }
  return { type: 'result', result: { result: { success: failed.length === 0, statusList } } }
}

async function tellMembers(
  list: NamedList,
  members: readonly NamedMember[],
  { service }: Call,
): Promise<Answered<SuccessListOperation>> {
  const asked = [...new Set(members.flatMap(({ ids }) => ids))]
  const there = await service.lists.membersAmong(list.id, asked)
  const leadStatus = members.map(({ leadKey, ids }) => ({
    leadKey,
    status: ids.length > 0 && ids.every(id => there.has(id)),
  }))
  const success = leadStatus.every(({ status }) => status)
  return { type: 'result', result: { result: { success, statusList: { leadStatus } } } }
}

async function clearList(list: NamedList, call: Call): Promise<Answered<SuccessListOperation>> {
  const { lists } = call.service
  let after: PersonId = 0
  for (let part = 0; ; part++) {
    const people = await lists.membersOf(list.id, { after, limit: clearedAtOnce })
    const last = people.at(-1)
    if (last === undefined) return failedMembers([])
    const command = { type: 'change-list', list, people, isMember: false, strict: false } as const
    const outcome = await submitCommand(command, call, part)
    if (outcome.type === 'fault') return outcome
    // Onwards by id: who is put on the list meanwhile cannot keep this call busy for ever.
    after = last
  }
}

async function readList(given: Received<ListKey> | undefined, call: Call): Promise<Answered<NamedList>> {
  const { keyType, keyValue = '' } = given ?? {}
  if (keyValue.trim() === '') {
    return faulted(faultKinds.parameterRequired, 'expected a listKey with keyType and keyValue')
  }
  const type = oneOf(keyTypes, keyType, 'listKey/keyType')
  if (type.type === 'fault') return type
  // Lists of sales users and of owners are not kept here, so nobody has them.
  const list = type.result === 'MKTOLISTNAME' ? await call.service.lists.listByName(keyValue.trim()) : undefined
  if (list !== undefined) return { type: 'result', result: list }
  return faulted(faultKinds.listNotFound, `No list found with ${type.result} = ${quoted(keyValue)}`)
}

function oneOf<Name extends string>(names: readonly Name[], text: string | undefined, place: string): Answered<Name> {
  const given = (text ?? '').trim().toUpperCase()
  const expected = `${place}: expected one of ${names.join(', ')}`
  if (given === '') return faulted(faultKinds.parameterRequired, `${expected}, got none`)
  const name = names.find(each => each === given)
  if (name === undefined) return faulted(faultKinds.inputError, `${expected}, got '${text!.slice(0, 60)}'`)
  return { type: 'result', result: name }
}
