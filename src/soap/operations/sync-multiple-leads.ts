// syncMultipleLeads: a command for each record, all of them on their way together, and a status for each in the order
// of the request (legacy-soap-contract 3.6). Knows which mistakes are those of one record and which of the call.

import type { SavePerson } from '../../domain/command.js'
import type { Call } from '../call.js'
import type { UnknownChild } from '../codec/codec-findings.js'
import { type Answered, faulted, faultKinds, unknownLeadFields } from '../faults.js'
import type {
  LeadRecord,
  ParamsSyncMultipleLeads,
  Received,
  SuccessSyncMultipleLeads,
  SyncStatus,
} from '../messages/messages.js'
import { unknownNames } from './lead-attributes.js'
import { readPersonId } from './person-id.js'
import { readLeadRecord } from './read-lead-record.js'
import { submitCommands } from './submit-commands.js'
import { failedStatus, savedStatus } from './sync-status.js'

/** More records are refused as a whole; the documents advised 300. */
export const recordsMax = 10_000

type Record = Received<LeadRecord>

export async function syncMultipleLeads(
  params: Received<ParamsSyncMultipleLeads>,
  call: Call,
): Promise<Answered<SuccessSyncMultipleLeads>> {
  const records = params.leadRecordList?.leadRecord ?? []
  if (records.length === 0) return faulted(faultKinds.leadDetailRequired, 'expected a leadRecordList, got none')
  if (records.length > recordsMax) {
    const sentence = `leadRecordList: expected at most ${recordsMax} records, got ${records.length}: send several calls`
    return faulted(faultKinds.inputError, sentence)
  }
  const commands = await readCommands(records, params.dedupEnabled ?? true, call)
  if (commands.type === 'fault') return commands

  const parts = commands.result.flatMap((command, place) =>
    command.type === 'fault' ? [] : [{ command: command.result, place }],
  )
  const outcomes = await submitCommands(parts, call)
  if (outcomes.type === 'fault') return outcomes

  let next = 0
  const syncStatus = commands.result.map((command, place): SyncStatus => {
    const saved = command.type === 'fault' ? command : outcomes.result[next++]!
    return saved.type === 'fault' ? failedStatus(idOf(records[place]!), saved.fault) : savedStatus(saved.result)
  })
  return { type: 'result', result: { result: { syncStatusList: { syncStatus } } } }
}

async function readCommands(
  records: readonly Record[],
  matchByAddress: boolean,
  call: Call,
): Promise<Answered<readonly Answered<SavePerson>[]>> {
  const { fields } = call.service
  const lists = records.map(record => record.leadAttributeList?.attribute ?? [])
  const unknown = await unknownNames(lists, fields)
  // One bad record must not hold up the opt-outs of all others. But a name that is wrong in all of them is a mistake of
  // the caller's set-up, and some callers see nothing but faults.
  const isInEach = (list: (typeof lists)[number]): boolean =>
    list.some(({ attrName }) => unknown.has((attrName ?? '').trim()))
  if (unknown.size > 0 && lists.every(isInEach)) {
    return { type: 'fault', fault: unknownLeadFields(call.operation, [...unknown]) }
  }
  const misspelt = byParent(call.unknownChildren)
  const names = { dictionary: fields.dictionary, unknown, operation: call.operation }
  const commands = records.map(record => {
    const given = { record, misspelt: misspelt.get(record) ?? [], emailElement: 'key', matchByAddress } as const
    return readLeadRecord(given, names)
  })
  return { type: 'result', result: commands }
}

function byParent(children: readonly UnknownChild[]): ReadonlyMap<object, readonly UnknownChild[]> {
  const grouped = new Map<object, UnknownChild[]>()
  for (const child of children) {
    const siblings = grouped.get(child.parent)
    if (siblings === undefined) grouped.set(child.parent, [child])
    else siblings.push(child)
  }
  return grouped
}

function idOf({ Id }: Record): number | undefined {
  const id = readPersonId(String(Id ?? ''))
  return id.type === 'id' ? id.id : undefined
}
