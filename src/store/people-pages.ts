// People a page at a time, by a selection or by when they were touched last. It knows how a selection is said in SQL
// and which index its pages follow; of what one person is made, person-views.ts knows.

import type { Knex } from 'knex'
import type { PeoplePage, PeopleSelection, ReadStore, UpdateMark, UpdateWindow } from '../service/ports.js'
import { textHolds } from './engine.js'
import { toViews, type ViewRow, viewQuery } from './person-views.js'

type PeoplePages = Pick<
  ReadStore,
  'selectedPeople' | 'countSelected' | 'peopleWithValue' | 'updatedPeople' | 'countUpdated'
>

export function createPeoplePages(knex: Knex): PeoplePages {
  return {
    selectedPeople(selection, { after, limit }) {
      const query = viewQuery(knex).where('people.id', '>', after).modify(ofSelection, selection, knex)
      return pageOf(knex, query.orderBy('people.id'), limit)
    },
    countSelected(selection) {
      return countOf(knex('people').modify(ofSelection, selection, knex))
    },
    // By the primary key, over as many people as may be looked at.
    async peopleWithValue({ field, value }, { after, limit, lookedAtMax }) {
      const behind = knex('people').where('id', '>', after).orderBy('id')
      const last: { id: number } | undefined = await behind.offset(lookedAtMax - 1).first('id')
      const query = viewQuery(knex).where('people.id', '>', after)
      if (last !== undefined) query.andWhere('people.id', '<=', last.id)
      query.andWhere(either => {
        for (const kept of keptForms(field, value)) either.orWhere(textHolds(knex, 'people.fields', kept))
      })
      const page = await pageOf(knex, query.orderBy('people.id'), limit)
      return { people: page.people, next: page.hasMore ? page.people.at(-1)!.person.id : (last?.id ?? null) }
    },
    // By the index people_by_update, from one end of the window to the other.
    updatedPeople(window, { after, limit }) {
      const query = viewQuery(knex).modify(ofWindow, window)
      if (after !== null) query.modify(behind, after)
      return pageOf(knex, query.orderBy(['people.updated_at', 'people.id']), limit)
    },
    countUpdated(window) {
      return countOf(knex('people').modify(ofWindow, window))
    },
  }
}

// How a value stands in the JSON of a person's fields, first or behind others. Each quote inside of a text is escaped
// there, and behind the end of a text stands none but a comma, a colon or the end: so nothing else can look like it.
function keptForms(field: string, value: string): readonly string[] {
  const pair = JSON.stringify({ [field]: value }).slice(1, -1)
  return [`{${pair}`, `,${pair}`]
}

// One row more than was asked for says whether anything is left.
async function pageOf(knex: Knex, query: Knex.QueryBuilder, limit: number): Promise<PeoplePage> {
  const rows: ViewRow[] = await query.limit(limit + 1)
  return { people: await toViews(knex, rows.slice(0, limit)), hasMore: rows.length > limit }
}

async function countOf(query: Knex.QueryBuilder): Promise<number> {
  const [row]: { n?: string | number }[] = await query.count({ n: 'people.id' })
  return Number(row!.n)
}

function ofWindow(query: Knex.QueryBuilder, { from, to }: UpdateWindow): void {
  query.where('people.updated_at', '>=', from).andWhere('people.updated_at', '<=', to)
}

// The first comparison is all that an index range needs; the second lets the page go on among people of one moment.
function behind(query: Knex.QueryBuilder, { at, id }: UpdateMark): void {
  query.where('people.updated_at', '>=', at)
  query.where(later => later.where('people.updated_at', '>', at).orWhere('people.id', '>', id))
}

function ofSelection(query: Knex.QueryBuilder, selection: PeopleSelection, knex: Knex): void {
  switch (selection.type) {
    case 'ids':
      query.whereIn('people.id', [...selection.ids])
      break
    case 'addresses':
      query.whereIn('people.address_key', [...selection.keys])
      break
    case 'foreign-ids': {
      const owners = knex('foreign_ids')
        .where({ system: selection.system })
        .whereIn('value', [...selection.values])
      query.whereIn('people.id', owners.select('person_id'))
      break
    }
    case 'cookies': {
      const owners = knex('cookies').whereIn('cookie', [...selection.cookies])
      query.whereIn('people.id', owners.select('person_id'))
      break
    }
    case 'list': {
      const members = knex('list_members').where({ list_id: selection.listId })
      query.whereIn('people.id', members.select('person_id'))
      break
    }
    case 'everybody':
      break
    default:
      selection satisfies never
  }
}
