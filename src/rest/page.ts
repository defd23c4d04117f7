// Lists come in pages: `{ "<things>": [...], "next": "<cursor>" | null }`, asked for with `limit` and `after`. A cursor
// names the list, its filters and a place in its order, in a form that callers need not know; it grants nothing, so it
// is checked and not signed. What a place is, and how a page is read, is said by each list.

import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Address } from '../domain/address.js'
import type { Finding } from './problem.js'

export const pageLimitDefault = 100
export const pageLimitMax = 1_000
/** More than any cursor takes. */
const cursorLengthMax = 1_000
/** Of the hash of the filters: it guards against mistakes, and nobody gains by a forged one. */
const markBytes = 6

/** What a list was asked for, as a short hash of everything in the request that decides what is on it. */
export type FilterMark = string & { readonly __brand: 'FilterMark' }

/** A cursor as it was sent. `refuseOtherFilters` has looked at `filters` before a route sees it. */
export interface Cursor<Place> {
  readonly filters: string
  readonly place: Place
}

/** The end of one list's pages: how its cursors are read and written. `name` keeps them from other lists. */
export interface Cursors<Place extends z.ZodType> {
  /** What a query of the list takes, beside its own filters. */
  readonly query: {
    readonly limit: z.ZodType<number, string | undefined>
    readonly after: z.ZodOptional<z.ZodType<Cursor<z.output<Place>>, string>>
  }
  /** `last` is the place of the last thing on the page; a page behind which nothing is left has no cursor. */
  next(filters: FilterMark, hasMore: boolean, last: z.input<Place> | undefined): string | null
  /** One page of what was read: one thing more than `limit` was asked for, which tells whether there is a next page. */
  cut<Thing>(
    read: readonly Thing[],
    request: { readonly limit: number; readonly filters: FilterMark },
    placeOf: (last: Thing) => z.input<Place>,
  ): { readonly shown: readonly Thing[]; readonly next: string | null }
}

export function cursors<Place extends z.ZodType>(name: string, place: Place): Cursors<Place> {
  const marked = z.object({ list: z.literal(name), filters: z.string(), place })
  const after = z
    .string()
    .transform((text, context): Cursor<z.output<Place>> => {
      const parsed = marked.safeParse(text.length > cursorLengthMax ? undefined : unpacked(text))
      if (parsed.success) return parsed.data as Cursor<z.output<Place>> // `place` was parsed by its own schema
      context.addIssue("expected the 'next' of an earlier reply of this list")
      return z.NEVER
    })
    .describe('Where to go on: the `next` of the page before, with the same filters.')
  const next: Cursors<Place>['next'] = (filters, hasMore, last) =>
    hasMore && last !== undefined ? packed({ list: name, filters, place: last }) : null
  return {
    query: { limit, after: after.optional() },
    next,
    cut(read, { limit, filters }, placeOf) {
      const shown = read.slice(0, limit)
      const last = shown.at(-1)
      return { shown, next: next(filters, read.length > limit, last === undefined ? undefined : placeOf(last)) }
    },
  }
}

/**
 * The mark of a request for a list: `params` and `query` are as its schemas parsed them, so that two ways to write one
 * filter have one mark. Where to go on and how long a page is are not part of it.
 */
export function filterMark(params: unknown, query: unknown): FilterMark {
  const { after, limit, ...filters } = query as Readonly<Record<string, unknown>> // every query is an object
  const meant = JSON.stringify([named(params as object), named(filters)])
  return createHash('sha256').update(meant).digest().subarray(0, markBytes).toString('base64url') as FilterMark
}

/** By name, without what was not sent. Two spellings of one address are one filter. */
const named = (values: object): readonly [string, unknown][] =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]): [string, unknown] => [name, isAddress(value) ? value.key : value])
    .sort(([a], [b]) => (a < b ? -1 : 1))

const isAddress = (value: unknown): value is Pick<Address, 'key'> =>
  typeof value === 'object' && value !== null && 'key' in value

/** Adds a finding where a cursor was made by a list of other things: its place would mean nothing in this one. */
export function refuseOtherFilters(params: unknown, query: unknown, findings: Finding[]): void {
  const { after } = query as { readonly after?: unknown }
  if (!isCursor(after) || after.filters === filterMark(params, query)) return
  findings.push({
    path: 'query.after',
    message:
      'is of a list with other filters, or of another thing: send exactly the filters of the page that it came from, ' +
      "or leave 'after' out to begin a new list",
  })
}

const isCursor = (after: unknown): after is Cursor<unknown> =>
  typeof after === 'object' && after !== null && 'filters' in after

const limit = z
  .string()
  .optional()
  .transform((text, context): number => {
    if (text === undefined) return pageLimitDefault
    const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
    if (number >= 1 && number <= pageLimitMax) return number
    context.addIssue(`expected a whole number from 1 to ${pageLimitMax}`)
    return z.NEVER
  })
  .meta({
    description: 'How many at most.',
    // As programs may see it that read the description of the face.
    ...{ type: 'integer', minimum: 1, maximum: pageLimitMax, default: pageLimitDefault },
  })

/** The reply of a list: the things under their name, and the cursor. */
export function pageOf<Name extends string, Thing extends z.ZodType>(name: Name, thing: Thing) {
  const shape = { [name]: z.array(thing) } as Record<Name, z.ZodArray<Thing>> // the one key that was just made
  return z.object({
    ...shape,
    next: z.string().nullable().describe('Send it as `after`; null: this was the last page.'),
  })
}

const packed = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

function unpacked(text: string): unknown {
  if (!/^[\w-]+$/.test(text)) return undefined
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    // Not one of ours; what it must be is told by the schema that gets nothing.
    return undefined
  }
}
