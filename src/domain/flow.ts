// Change Data Value flows: named sets of field values that admins define once and that callers then run on people by
// name. Knows what a flow may say and what its placeholders become; must not know who runs it, nor on whom.

import type { SavePerson } from './command.js'
import { type FieldDictionary, readBoolean, readFieldValue } from './field.js'
import { addressField, flagField } from './flag.js'

export interface FlowStep {
  /** Name of the field that is set. */
  readonly field: string
  /** Null clears the field. A text may hold placeholders such as `{{my.reason}}`, which each run fills. */
  readonly value: string | null
}

export interface NewFlow {
  readonly name: string
  /** The program that the flow is in; null for one that is in none. */
  readonly program: string | null
  readonly description: string
  readonly steps: readonly FlowStep[]
  /** The static list whose people a scheduled run is about; null where it cannot be scheduled. */
  readonly listId: number | null
}

export interface Flow extends NewFlow {
  readonly id: number
}

/** What a run does to each person. */
export type FlowChanges = Pick<SavePerson, 'unsubscribed' | 'fields'>

export type FilledFlow =
  | { readonly type: 'changes'; readonly changes: FlowChanges }
  | { readonly type: 'not-possible'; readonly problem: string }

export const flowNameLengthMax = 255
export const flowStepsMax = 100

/** Sentences about what keeps this from being a flow; none where it is one. */
export function flowProblems({ name, program, steps }: NewFlow, dictionary: FieldDictionary): readonly string[] {
  const problems: string[] = []
  if (!isName(name)) problems.push(`name: expected 1 to ${flowNameLengthMax} characters without blanks at the ends`)
  if (program !== null && !isName(program)) {
    problems.push(`program: expected 1 to ${flowNameLengthMax} characters without blanks at the ends`)
  }
  if (steps.length === 0) problems.push('expected a field to set or to clear, got none')
  if (steps.length > flowStepsMax) problems.push(`expected at most ${flowStepsMax} steps, got ${steps.length}`)
  const seen = new Set<string>()
  for (const step of steps) {
    const problem = stepProblem(step, dictionary)
    if (problem !== null) problems.push(`${step.field}: ${problem}`)
    else if (seen.has(step.field.toLowerCase())) problems.push(`${step.field}: expected one step for it, got two`)
    seen.add(step.field.toLowerCase())
  }
  return problems
}

const isName = (text: string): boolean => text !== '' && text.trim() === text && text.length <= flowNameLengthMax

function stepProblem({ field: name, value }: FlowStep, dictionary: FieldDictionary): string | null {
  const field = dictionary.find(name)
  if (field === undefined) return 'there is no such field'
  if (field.isReadOnly) return 'nobody may write it'
  if (field.name === addressField) return 'an address belongs to one person, and no flow may set it'
  if (value === null) return field.name === flagField ? 'it is set to true or false, never cleared' : null
  if (value.trim() === '') return 'expected a value; to clear it is a step of its own'
  const stray = value.match(/\{\{[^{}]*\}\}/g)?.find(text => !placeholderAlone.test(text))
  if (stray !== undefined) return `expected placeholders such as {{my.name}}, got ${stray.slice(0, 60)}`
  // What it will be is known once a run brings its tokens; until then only plain values can be judged.
  if (value.search(placeholder) !== -1) return null
  const filled = fillFlow([{ field: name, value }], new Map(), dictionary)
  return filled.type === 'changes' ? null : filled.problem.replace(`${field.name}: `, '')
}

const placeholder = /\{\{\s*(my\.[^{}]*?)\s*\}\}/gi
const placeholderAlone = /^\{\{\s*my\.[^{}]*\}\}$/i

/** The name of a token as a caller writes it, with the braces or without, in any letter case. */
export function tokenName(text: string): string {
  return text
    .trim()
    .replace(/^\{\{\s*|\s*\}\}$/g, '')
    .toLowerCase()
}

/**
 * What the steps say once their placeholders are filled. `tokens`: values by `tokenName`; those that no step asks for
 * are left alone. A placeholder without a value makes the run impossible: half a sentence in a field helps nobody.
 */
export function fillFlow(
  steps: readonly FlowStep[],
  tokens: ReadonlyMap<string, string>,
  dictionary: FieldDictionary,
): FilledFlow {
  let unsubscribed: boolean | undefined
  const fields: [string, string | null][] = []
  for (const { field: name, value } of steps) {
    const field = dictionary.find(name)
    if (field === undefined) return notPossible(`${name}: there is no such field`)
    if (value === null) {
      fields.push([field.name, null])
      continue
    }
    const missing = [...value.matchAll(placeholder)].find(([, token]) => !tokens.has(tokenName(token!)))
    if (missing !== undefined) return notPossible(`${field.name}: expected a value for the token ${missing[0]}`)
    // One pass: what a token brings is text, also where it looks like a placeholder.
    const text = value.replace(placeholder, (_, token: string) => tokens.get(tokenName(token))!)
    if (field.name === flagField) {
      unsubscribed = readBoolean(text)
      if (unsubscribed === undefined)
        return notPossible(`${flagField}: expected true or false, got '${text.slice(0, 60)}'`)
      continue
    }
    const read = readFieldValue(field, text)
    if (read.type === 'not-a-value') return notPossible(`${field.name}: ${read.problem}`)
    fields.push([field.name, read.value])
  }
  // fromEntries makes own properties whatever their names are; an assignment to `__proto__` would not.
  return { type: 'changes', changes: { unsubscribed, fields: Object.fromEntries(fields) } }
}

function notPossible(problem: string): FilledFlow {
  return { type: 'not-possible', problem }
}

/** The reason of every change that a run makes, in the form that admins know from the old activity log. */
export function flowReason(name: string, program: string | null): string {
  return `Changed by Smart Campaign ${program === null ? name : `${program}.${name}`} action Change Data Value`
}
