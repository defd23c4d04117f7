// One row of a file of people or suppressions as commands: whom it means and what it says. Knows values as files hold
// them; must not know what became of the rows before it.

import { type Address, parseAddress } from '../../domain/address.js'
import type { Cause, Command, SavePerson } from '../../domain/command.js'
import { type Field, fieldValuesLengthMax, readBoolean, readFieldValue } from '../../domain/field.js'
import { addressField, flagField, reasonField } from '../../domain/flag.js'
import { type Origin, origins } from '../../domain/origin.js'
import { type ForeignId, type PersonId, personIdMax } from '../../domain/person.js'
import { type BulkColumn, type BulkPlan, sourceLengthMax } from './bulk.js'

export type BulkRow =
  | { readonly type: 'commands'; readonly commands: readonly BulkCommand[] }
  | { readonly type: 'ignored'; readonly why: string | null }
  | { readonly type: 'problem'; readonly problem: string }

export interface BulkCommand {
  readonly command: Command
  readonly cause: Cause
}

type RowPlan = Pick<BulkPlan, 'type' | 'flagMode' | 'cause'>

/** Cells that say something: what column each is in, and its text. */
export type Cells = readonly (readonly [BulkColumn, string])[]

interface Said {
  id: PersonId | undefined
  address: Address | undefined
  unsubscribed: boolean | undefined
  flagProblem: string | undefined
  partition: string | undefined
  reason: string | undefined
  since: number | undefined
  source: string | undefined
  origin: Origin | undefined
  evidence: string | undefined
  foreignIds: readonly ForeignId[]
  readonly fields: Record<string, string | null>
  readonly problems: string[]
}

export function readBulkRow(cells: Cells, plan: RowPlan): BulkRow {
  const said: Said = { ...nothingSaid, fields: {}, problems: [] }
  let characters = 0
  for (const [column, text] of cells) {
    characters += text.length
    // An empty cell is what a spreadsheet has where nothing is known; only a blank clears.
    if (text !== '') readCell(column, text, said)
  }
  if (characters > fieldValuesLengthMax) said.problems.push(`expected at most ${fieldValuesLengthMax} characters`)
  // R11: where it will change nothing, what cannot be read of it keeps nobody from being imported.
  if (said.flagProblem !== undefined && plan.flagMode !== 'ignore') said.problems.push(said.flagProblem)
  if (said.problems.length > 0) return { type: 'problem', problem: said.problems.join('; ') }
  return plan.type === 'people' ? personRow(said, plan) : suppressionRow(said, plan)
}

const nothingSaid = {
  id: undefined,
  address: undefined,
  unsubscribed: undefined,
  flagProblem: undefined,
  partition: undefined,
  reason: undefined,
  since: undefined,
  source: undefined,
  origin: undefined,
  evidence: undefined,
  foreignIds: [],
}

function personRow(said: Said, { flagMode, cause }: RowPlan): BulkRow {
  const { id, address, foreignIds, partition, unsubscribed, reason } = said
  if (id === undefined && address === undefined)
    return missing(`${addressField}: expected an address (or an id), got none`)
  const [foreignId, ...more] = foreignIds
  if (more.length > 0 && id === undefined)
    return missing('foreignIds: several of them need the id of the person beside them')
  // The reason belongs to the flag: where that is not to be changed, neither is what is said about it.
  const fields = flagMode === 'ignore' || reason === undefined ? said.fields : { ...said.fields, [reasonField]: reason }
  const command: SavePerson = {
    type: 'save-person',
    identity: { id, foreignId, address },
    ...(address === undefined ? {} : { address }),
    ...flagOf(unsubscribed, flagMode),
    fields,
    mode: 'upsert',
    ...(address === undefined ? { makesById: true } : {}),
    ...(partition === undefined ? {} : { partition }),
  }
  const links = more.map(
    (foreignId): SavePerson => ({ type: 'save-person', identity: { id, foreignId }, fields: {}, mode: 'update' }),
  )
  return { type: 'commands', commands: [command, ...links].map(command => ({ command, cause })) }
}

// R11.
function flagOf(
  unsubscribed: boolean | undefined,
  mode: RowPlan['flagMode'],
): Pick<SavePerson, 'unsubscribed' | 'flagMode'> {
  if (unsubscribed === undefined) return {}
  return { unsubscribed, flagMode: mode }
}

function suppressionRow(said: Said, { flagMode, cause }: RowPlan): BulkRow {
  const { address, unsubscribed = true, since, reason, source, origin, evidence } = said
  if (address === undefined) return missing(`${addressField}: expected an address, got none`)
  if (!unsubscribed && flagMode !== 'correct') {
    return { type: 'ignored', why: 'it says subscribed, and only the mode correct re-subscribes' }
  }
  const status = unsubscribed ? 'unsubscribed' : 'subscribed'
  const command: Command = { type: 'set-subscription', address, status, ...(since === undefined ? {} : { since }) }
  const stated: Cause = {
    ...cause,
    ...(source === undefined ? {} : { source }),
    ...(origin === undefined ? {} : { origin }),
    ...(reason === undefined ? {} : { reason, reasonGiven: true }),
    ...(evidence === undefined ? {} : { evidence }),
  }
  return { type: 'commands', commands: [{ command, cause: stated }] }
}

const missing = (problem: string): BulkRow => ({ type: 'problem', problem })

function readCell(column: BulkColumn, text: string, said: Said): void {
  if (text.includes('\u0000')) said.problems.push(`${nameOf(column)}: expected text, got a NUL character`)
  else if (column.type === 'field') readValue(column.field, text, said)
  else if (text.trim() !== '') readOwnColumn(column.type, text.trim(), said)
}

const nameOf = (column: BulkColumn): string => (column.type === 'field' ? column.field.name : column.type)

function readOwnColumn(kind: Exclude<BulkColumn['type'], 'field'>, text: string, said: Said): void {
  const expected = (what: string): void =>
    void said.problems.push(`${kind}: expected ${what}, got '${text.slice(0, 60)}'`)
  switch (kind) {
    case 'id': {
      const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : Number.NaN
      if (id <= personIdMax) said.id = id
      else expected(`a whole number from 1 to ${personIdMax}`)
      break
    }
    case 'since': {
      const since = readTime(text)
      if (since === undefined) expected('a time such as 2026-01-31 or 2026-01-31T08:30:00Z')
      else said.since = since
      break
    }
    case 'status':
      if (/^(?:un|)subscribed$/i.test(text)) said.unsubscribed = /^un/i.test(text)
      else expected('subscribed or unsubscribed')
      break
    case 'source':
      if (text.length <= sourceLengthMax) said.source = text
      else expected(`at most ${sourceLengthMax} characters`)
      break
    case 'origin': {
      said.origin = origins.find(name => name === text.toLowerCase())
      if (said.origin === undefined) expected(origins.join(', '))
      break
    }
    case 'foreign-ids': {
      const ids = text.split(';').map(each => /^\s*([^:\s]{1,64}):(.{1,255}?)\s*$/.exec(each))
      if (ids.includes(null)) expected('SYSTEM:ID, several of them with ; between them')
      else said.foreignIds = ids.map(match => ({ system: match![1]!, value: match![2]! }))
      break
    }
    case 'partition':
    case 'evidence':
      said[kind] = text
      break
    case 'passed-over':
      break
    default:
      kind satisfies never
  }
}

// A day, or a day and a time as databases and programs write them; without a zone it is UTC.
function readTime(text: string): number | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?)?$/.exec(text)
  if (parts === null) return undefined
  const [, day, minutes = '00:00', seconds = ':00', zone = 'Z'] = parts
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.replace('UTC', 'Z')
  const at = Date.parse(`${day}T${minutes}${seconds}${offset}`)
  return Number.isNaN(at) || at < 0 ? undefined : at
}

function readValue(field: Field, text: string, said: Said): void {
  if (field.name === addressField) {
    if (text.trim() === '') return
    const parsed = parseAddress(text)
    if (parsed.type === 'address') said.address = parsed.address
    else said.problems.push(`${addressField}: ${parsed.problem}`)
  } else if (field.name === flagField) {
    if (text.trim() === '') return
    const flag = readBoolean(text)
    if (flag === undefined) said.flagProblem = `${flagField}: expected true, false, 1 or 0, got '${text.slice(0, 60)}'`
    said.unsubscribed = flag ?? false
  } else if (field.name === reasonField) {
    if (text.trim() !== '') said.reason = text
  } else {
    const value = readFieldValue(field, text)
    if (value.type === 'value') said.fields[field.name] = value.value
    else said.problems.push(`${field.name}: ${value.problem}`)
  }
}
