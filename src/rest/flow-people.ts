// Who a run of a flow is about, as callers name them: by id, by the id of another system, or by address, which means
// everybody who has it. It knows names and finds ids; it must not know what is done to them.

import { z } from 'zod'
import type { PersonId } from '../domain/person.js'
import { salesforce, salesforceIdForms } from '../domain/salesforce-id.js'
import type { PeopleSelection, PersonView, ReadStore } from '../service/ports.js'
import { emailInBody, foreignIdText, foreignSystem, personIdInBody } from './person-record.js'
import { type Finding, invalid } from './problem.js'

export const peopleNamedMax = 10_000
// Addresses may be shared by many; a run on more than this is one on a list.
const peopleFoundMax = 100_000
const foundAtOnce = 1_000
const findingsMax = 100

export const namedPerson = z
  .union([
    z.strictObject({ id: personIdInBody }),
    z.strictObject({ foreignId: z.strictObject({ system: foreignSystem, id: foreignIdText }) }),
    z.strictObject({ email: emailInBody.describe('Everybody who has the address at this moment.') }),
  ])
  .meta({ id: 'NamedPerson' })

type NamedPerson = z.output<typeof namedPerson>

/** The ids of all of them, ascending. Throws a 422 problem that names those whom nobody answers to. */
export async function findPeople(named: readonly NamedPerson[], reads: ReadStore): Promise<readonly PersonId[]> {
  const found = new Map<string, PersonId[]>()
  const remember = (name: string, id: PersonId): void => void found.set(name, [...(found.get(name) ?? []), id])
  for (const selection of selectionsOf(named)) {
    for await (const view of everybodyIn(selection, reads)) {
      for (const name of namesOf(view)) remember(name, view.person.id)
    }
  }
  const findings: Finding[] = []
  const ids = new Set<PersonId>()
  for (const [index, person] of named.entries()) {
    const all = formsOf(person).flatMap(name => found.get(name) ?? [])
    if (all.length === 0) findings.push({ path: `body.people.${index}`, message: 'there is nobody of that name' })
    for (const id of all) ids.add(id)
  }
  if (findings.length > 0) throw invalid(findings.slice(0, findingsMax))
  if (ids.size > peopleFoundMax) {
    throw invalid([{ path: 'body.people', message: `expected at most ${peopleFoundMax} people, got ${ids.size}` }])
  }
  return [...ids].sort((a, b) => a - b)
}

function selectionsOf(named: readonly NamedPerson[]): PeopleSelection[] {
  const ids = new Set<PersonId>()
  const keys = new Set<Extract<PeopleSelection, { type: 'addresses' }>['keys'][number]>()
  const foreign = new Map<string, Set<string>>()
  for (const person of named) {
    if ('id' in person) ids.add(person.id)
    else if ('email' in person) keys.add(person.email.key)
    else {
      const { system } = person.foreignId
      foreign.set(system, new Set([...(foreign.get(system) ?? []), ...foreignForms(person.foreignId)]))
    }
  }
  return [
    ...chunks([...ids]).map((ids): PeopleSelection => ({ type: 'ids', ids })),
    ...chunks([...keys]).map((keys): PeopleSelection => ({ type: 'addresses', keys })),
    ...[...foreign].flatMap(([system, values]) =>
      chunks([...values]).map((values): PeopleSelection => ({ type: 'foreign-ids', system, values })),
    ),
  ]
}

const foreignForms = ({ system, id }: { readonly system: string; readonly id: string }): readonly string[] =>
  system === salesforce ? salesforceIdForms(id) : [id]

function formsOf(person: NamedPerson): string[] {
  if ('id' in person) return [`id ${person.id}`]
  if ('email' in person) return [`address ${person.email.key}`]
  return foreignForms(person.foreignId).map(id => `foreign ${person.foreignId.system} ${id}`)
}

function namesOf({ person, foreignIds }: PersonView): string[] {
  const address = person.address === null ? [] : [`address ${person.address.key}`]
  return [`id ${person.id}`, ...address, ...foreignIds.map(({ system, value }) => `foreign ${system} ${value}`)]
}

function chunks<Item>(items: readonly Item[]): Item[][] {
  const parts: Item[][] = []
  for (let start = 0; start < items.length; start += foundAtOnce) parts.push(items.slice(start, start + foundAtOnce))
  return parts
}

async function* everybodyIn(selection: PeopleSelection, reads: ReadStore): AsyncGenerator<PersonView> {
  for (let after = 0; ; ) {
    const { people, hasMore } = await reads.selectedPeople(selection, { after, limit: foundAtOnce })
    yield* people
    const last = people.at(-1)
    if (!hasMore || last === undefined) return
    after = last.person.id
  }
}
