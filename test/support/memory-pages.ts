// Pages of people over the maps in memory: everybody is looked at, then sorted and cut.
import type { Person } from '../../src/domain/person.js'
import type { PeoplePage, PeopleSelection, ReadStore, UpdateWindow } from '../../src/service/ports.js'
import { byId, linkKey, memberKey, type Tables, viewOf } from './memory-tables.js'

type PeoplePages = Pick<
  ReadStore,
  'selectedPeople' | 'countSelected' | 'peopleWithValue' | 'updatedPeople' | 'countUpdated'
>

export function peoplePages(tables: Tables): PeoplePages {
  const selected = (selection: PeopleSelection): Person[] =>
    byId([...tables.people.values()].filter(person => isSelected(tables, person, selection)))
  const updated = ({ from, to }: UpdateWindow): Person[] =>
    byId([...tables.people.values()].filter(({ updatedAt }) => updatedAt >= from && updatedAt <= to)).sort(
      (a, b) => a.updatedAt - b.updatedAt,
    )
  const pageOf = (people: readonly Person[], limit: number): PeoplePage => ({
    people: people.slice(0, limit).map(person => viewOf(tables, person)),
    hasMore: people.length > limit,
  })
  return {
    async selectedPeople(selection, { after, limit }) {
      return pageOf(
        selected(selection).filter(({ id }) => id > after),
        limit,
      )
    },
    async countSelected(selection) {
      return selected(selection).length
    },
    async peopleWithValue({ field, value }, { after, limit, lookedAtMax }) {
      const behind = byId([...tables.people.values()].filter(({ id }) => id > after))
      const found = behind.slice(0, lookedAtMax).filter(({ fields }) => fields[field] === value)
      const page = pageOf(found, limit)
      const lookedAt = behind.length < lookedAtMax ? null : behind[lookedAtMax - 1]!.id
      return { people: page.people, next: page.hasMore ? page.people.at(-1)!.person.id : lookedAt }
    },
    async updatedPeople(window, { after, limit }) {
      const isBehind = ({ updatedAt, id }: Person): boolean =>
        after === null || updatedAt > after.at || (updatedAt === after.at && id > after.id)
      return pageOf(updated(window).filter(isBehind), limit)
    },
    async countUpdated(window) {
      return updated(window).length
    },
  }
}

function isSelected(tables: Tables, { id, address }: Person, selection: PeopleSelection): boolean {
  switch (selection.type) {
    case 'ids':
      return selection.ids.includes(id)
    case 'addresses':
      return address !== null && selection.keys.includes(address.key)
    case 'foreign-ids': {
      const { system, values } = selection
      return values.some(value => tables.foreignIds.get(linkKey({ system, value }))?.personId === id)
    }
    case 'cookies':
      return selection.cookies.some(cookie => tables.cookies.get(cookie) === id)
    case 'everybody':
      return true
    case 'list':
      return tables.members.has(memberKey({ listId: selection.listId, personId: id }))
  }
}
