// Every place where a sealed text lies, so that all of them can be sealed anew. What is in them, and how it is sealed,
// is the service's.

import type { Knex } from 'knex'
import type { SealedStore, SealedText } from '../service/access/reseal.js'

interface Place {
  readonly table: string
  readonly key: string
  readonly column: string
  readonly among?: { readonly column: string; readonly values: readonly string[] }
}

const soap = { column: 'kind', values: ['soap'] }

// The facts come last: no process starts that cannot open them, so whoever takes the old key away after a resealing
// that was cut off is told so at once.
const places: readonly Place[] = [
  { table: 'webhooks', key: 'id', column: 'secret' },
  { table: 'webhooks', key: 'id', column: 'previous_secret' },
  // The API keys beside them are hashes.
  { table: 'credentials', key: 'id', column: 'secret', among: soap },
  { table: 'credentials', key: 'id', column: 'previous_secret', among: soap },
  {
    table: 'store_facts',
    key: 'name',
    column: 'value',
    among: { column: 'name', values: ['address-hash-key', 'one-click-secret'] },
  },
]

export function createSealedTexts(writer: Knex): SealedStore {
  return {
    async sealedTexts() {
      const found: SealedText[] = []
      for (const { table, key, column, among } of places) {
        const rows = writer(table).whereNotNull(column).orderBy(key).select({ id: key, text: column })
        if (among !== undefined) rows.whereIn(among.column, [...among.values])
        for (const { id, text } of await rows) found.push({ place: `${table}.${column} ${id}`, text })
      }
      return found
    },
    async replaceSealed({ place, text }, by) {
      const [where = '', id = ''] = cutAt(place, ' ')
      const known = places.find(({ table, column }) => `${table}.${column}` === where)
      if (known === undefined) throw new Error(`there are no sealed texts in '${where}'`)
      const { table, key, column } = known
      return (
        (await writer(table)
          .where({ [key]: id, [column]: text })
          .update({ [column]: by })) > 0
      )
    },
  }
}

function cutAt(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark)
  return [text.slice(0, at), text.slice(at + 1)]
}
