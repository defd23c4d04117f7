// What the command line does about flows: defining, listing and running them, without a server. Prints plain lines for
// people, and sets the exit code.

import type { Config } from '../config.js'
import { parseAddress } from '../domain/address.js'
import { type Flow, type FlowStep, fillFlow, flowProblems, flowReason, tokenName } from '../domain/flow.js'
import type { Opened } from '../opening.js'
import { type FlowWork, flowCause, flowSubmission, isRefused } from '../service/flows/flows.js'
import type { PeopleSelection } from '../service/ports.js'
import { GroupCommit } from '../service/writes/group-commit.js'
import { print, refuse, withStore } from './store-work.js'

export interface FlowOptions {
  readonly program?: string
  readonly description?: string
  /** `FIELD=VALUE` each; names of fields to clear. */
  readonly set: readonly string[]
  readonly clear: readonly string[]
  /** Full name of a static list. */
  readonly list?: string
}

export async function addFlow(config: Config, name: string, options: FlowOptions): Promise<void> {
  await withStore(config, async ({ store, fields }) => {
    const { program = null, description = '', list } = options
    const bad = options.set.find(pair => !pair.includes('='))
    if (bad !== undefined) return refuse(`--set: expected FIELD=VALUE, got '${bad}'`)
    const steps = [...options.set.map(readStep), ...options.clear.map((field): FlowStep => ({ field, value: null }))]
    const found = list === undefined ? null : await store.listByName(list)
    if (found === undefined) return refuse(`there is no list '${list}'`)
    const flow = { name, program, description, steps, listId: found?.id ?? null }
    const problems = flowProblems(flow, fields.dictionary)
    if (problems.length > 0) return refuse(problems.join('\n'))
    const added = await store.addFlow(flow)
    if (added === undefined)
      return refuse(`there is a flow '${name}' ${program === null ? 'already' : `in ${program}`}`)
    print(`added ${added.id} ${place(added)}`)
  })
}

// A value may hold further signs of equality; the first one ends the name.
function readStep(pair: string): FlowStep {
  const [field = ''] = pair.split('=', 1)
  return { field, value: pair.slice(field.length + 1) }
}

const place = ({ name, program }: Flow): string => (program === null ? name : `${name} in ${program}`)

export async function listFlows(config: Config): Promise<void> {
  await withStore(config, async ({ store }) => {
    const lists = new Map((await store.lists()).map(list => [list.id, list.name]))
    for (const flow of await store.flows()) {
      const steps = flow.steps.map(({ field, value }) => (value === null ? `clear ${field}` : `${field}=${value}`))
      const on = flow.listId === null ? [] : [`on ${lists.get(flow.listId) ?? flow.listId}`]
      print([String(flow.id), place(flow), steps.join(', '), ...on].join('  '))
    }
  })
}

export interface FlowRunOptions {
  readonly program?: string
  readonly email?: string
  readonly list?: string
  /** `NAME=VALUE` each. */
  readonly token: readonly string[]
}

export async function runFlow(config: Config, name: string, options: FlowRunOptions): Promise<void> {
  await withStore(config, async opened => {
    const { store, fields } = opened
    const { program = null } = options
    const flow = await store.flowByName(name, program)
    if (flow === undefined) return refuse(`there is no flow '${name}'; \`flows list\` shows all, with their programs`)
    const selection = await selectPeople(opened, options)
    if (typeof selection === 'string') return refuse(selection)
    const tokens = options.token.map(readStep).map(({ field, value }) => [tokenName(field), value ?? ''] as const)
    const filled = fillFlow(flow.steps, new Map(tokens), fields.dictionary)
    if (filled.type === 'not-possible') return refuse(filled.problem)

    // R2 as for callers of the flow: who must not re-subscribe through it must not do so here either.
    const policy = { resubscribe: config.soapResubscribe, addressChange: config.addressChange }
    const cause = flowCause('command line', 'admin', flowReason(flow.name, program))
    const { people, refused } = await changeAll(opened, selection, { changes: filled.changes, cause, policy })
    print(`ran ${place(flow)} on ${people} people`)
    if (refused > 0)
      refuse(`${refused} of them were refused: a re-subscribe by a flow needs SOAP_RESUBSCRIBE=compatible`)
  })
}

/** Or a sentence about why nobody can be selected. */
async function selectPeople({ store }: Opened, { email, list }: FlowRunOptions): Promise<PeopleSelection | string> {
  if ((email === undefined) === (list === undefined)) return 'expected either --email or --list'
  if (list !== undefined) {
    const found = await store.listByName(list)
    return found === undefined ? `there is no list '${list}'` : { type: 'list', listId: found.id }
  }
  const parsed = parseAddress(email!)
  if (parsed.type !== 'address') return `--email: ${parsed.problem}`
  const selection: PeopleSelection = { type: 'addresses', keys: [parsed.address.key] }
  return (await store.countSelected(selection)) === 0 ? `nobody has the address ${parsed.address.text}` : selection
}

const peopleAtOnce = 500

async function changeAll(
  { store, settings, hashAddress }: Opened,
  selection: PeopleSelection,
  work: FlowWork,
): Promise<{ readonly people: number; readonly refused: number }> {
  const resubscribeReasons = () => settings.value('resubscribe-reasons')
  const events = { batch() {}, command() {}, retry() {}, defect() {} }
  const writes = new GroupCommit(store, { hashAddress, resubscribeReasons, events })
  let [people, refused, after] = [0, 0, 0]
  for (;;) {
    const page = await store.selectedPeople(selection, { after, limit: peopleAtOnce })
    const ids = page.people.map(({ person }) => person.id)
    const answers = await writes.submitAll(ids.map(id => flowSubmission(work, id, { type: 'none' })))
    for (const answer of answers) {
      if (answer instanceof Error) throw answer
      if (isRefused(answer)) refused++
    }
    people += ids.length
    after = ids.at(-1) ?? after
    if (!page.hasMore) return { people, refused }
  }
}
