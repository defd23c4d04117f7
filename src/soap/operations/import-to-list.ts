// importToList: rows of a file onto a static list, taken at once and worked through later (legacy-soap-contract 3.15).
// Knows the shape of the call; what a row does to a person is the domain's.

import { flowReason } from '../../domain/flow.js'
import { flowCause } from '../../service/flows/flows.js'
import type { JobTaken, ListImportPlan } from '../../service/jobs/jobs.js'
import { makeList } from '../../service/list-names.js'
import type { NamedList } from '../../service/lists.js'
import { causeOf } from '../../service/service.js'
import { namedReplay, type Replay } from '../../service/writes/submission.js'
import type { Call } from '../call.js'
import { type Answered, faulted, faultKinds, quoted } from '../faults.js'
import type { ParamsImportToList, Received, SuccessImportToList } from '../messages/messages.js'
import { readImportColumns } from './import-columns.js'
import { presentImportState } from './import-status.js'

/** Rows of one call. Tens of megabytes of names fit into it. */
export const importRowsMax = 100_000
/** Characters of one row. */
export const importRowLengthMax = 1_000_000
/** Reason of all that an import changes. */
const importReason = 'List import'

const modes = { UPSERTLEADS: 'upsert', LISTONLY: 'members-only' } as const

export async function importToList(
  params: Received<ParamsImportToList>,
  call: Call,
): Promise<Answered<SuccessImportToList>> {
  const rows = readRows(params)
  if (rows.type === 'fault') return rows
  const plan = await readPlan(params, call)
  if (plan.type === 'fault') return plan
  const list = await listFor(params, call)
  if (list.type === 'fault') return list
  const { jobs } = call.service
  const given = { plan: { ...plan.result, list: list.result }, rows: rows.result, replay: replayOf(call) }
  return answerOf(await jobs.takeJob(given))
}

function readRows({ importFileRows }: Received<ParamsImportToList>): Answered<readonly string[]> {
  const rows = importFileRows?.stringItem ?? []
  if (rows.length === 0) return faulted(faultKinds.parameterRequired, 'expected importFileRows, at least one')
  if (rows.length > importRowsMax) {
    const limit = `expected at most ${importRowsMax} rows in one call, got ${rows.length}`
    return faulted(faultKinds.inputError, `importFileRows: ${limit}`)
  }
  const long = rows.findIndex(row => row.length > importRowLengthMax)
  if (long === -1) return { type: 'result', result: rows }
  const limit = `expected at most ${importRowLengthMax} characters in row ${long + 1}, got ${rows[long]!.length}`
  return faulted(faultKinds.inputError, `importFileRows: ${limit}`)
}

async function readPlan(
  params: Received<ParamsImportToList>,
  call: Call,
): Promise<Answered<Omit<ListImportPlan, 'list'>>> {
  const { face, caller, operation } = call
  const { fields } = call.service
  const header = params.importFileHeader ?? ''
  if (header.trim() === '') return faulted(faultKinds.parameterRequired, 'expected importFileHeader, got none')
  const mode = readMode(params.importListMode)
  if (mode.type === 'fault') return mode
  const flow = await readFlow(params, call)
  if (flow.type === 'fault') return flow
  const columns = await readImportColumns(header, { fields, operation, hasFlow: flow.result !== null })
  if (columns.type === 'fault') return columns
  const cause = { ...causeOf(caller, face), reason: importReason }
  const clearsList = params.clearList === true
  const said = { type: 'list' as const, mode: mode.result, clearsList, flow: flow.result, cause, policy: face.policy }
  return { type: 'result', result: { ...columns.result, ...said } }
}

function readMode(text: string | undefined): Answered<ListImportPlan['mode']> {
  const given = (text ?? '').trim().toUpperCase()
  const expected = `importListMode: expected one of ${Object.keys(modes).join(', ')}`
  if (given === '') return faulted(faultKinds.parameterRequired, `${expected}, got none`)
  if (given === 'UPSERTLEADS' || given === 'LISTONLY') return { type: 'result', result: modes[given] }
  return faulted(faultKinds.inputError, `${expected}, got '${text!.slice(0, 60)}'`)
}

// A campaign is named without its program; it is one of the program that the list is in.
async function readFlow(
  params: Received<ParamsImportToList>,
  { service, caller }: Call,
): Promise<Answered<ListImportPlan['flow']>> {
  const name = (params.campaignName ?? '').trim()
  if (name === '') return { type: 'result', result: null }
  const program = (params.programName ?? '').trim()
  const flow = await service.flows.flowByName(name, program)
  if (flow === undefined) {
    const place = `${quoted(name)} in the program ${quoted(program)}`
    return faulted(faultKinds.campaignNotFound, `No campaign found with the name ${place}`)
  }
  const cause = flowCause(caller.id, caller.role, flowReason(flow.name, flow.program))
  return { type: 'result', result: { steps: flow.steps, cause } }
}

// A list that is missing is made: callers bring the names that their lists had before the move, and an import that is
// refused is lost.
async function listFor(
  { programName, listName }: Received<ParamsImportToList>,
  { service }: Call,
): Promise<Answered<NamedList>> {
  const program = (programName ?? '').trim()
  const name = (listName ?? '').trim()
  if (program === '') return faulted(faultKinds.parameterRequired, 'expected programName, got none')
  if (name === '') return faulted(faultKinds.parameterRequired, 'expected listName, got none')
  const known = await service.lists.listByName(`${program}.${name}`)
  if (known !== undefined) return { type: 'result', result: known }
  const made = await makeList(service.lists, name, program)
  if (made.type === 'made') return { type: 'result', result: made.list }
  if (made.type === 'refused') return faulted(faultKinds.inputError, `listName: ${made.problem}`)
  const list = await service.lists.listByName(`${program}.${name}`)
  if (list === undefined) throw new Error('a list whose name is taken cannot be found under it')
  return { type: 'result', result: list }
}

function replayOf({ caller, clientRequestId, requestText }: Call): Replay {
  if (clientRequestId === undefined) return { type: 'none' }
  return namedReplay(caller.id, `${clientRequestId}\u0000import`, requestText())
}

function answerOf(answer: JobTaken): Answered<SuccessImportToList> {
  if (answer.type === 'key-reused') {
    return faulted(
      faultKinds.inputError,
      'ClientRequestId: expected a new one for each request, got one that named another request',
    )
  }
  return { type: 'result', result: { result: { importStatus: presentImportState(answer.taken) } } }
}
