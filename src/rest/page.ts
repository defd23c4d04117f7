// Lists come in pages: `{ "<things>": [...], "next": "<cursor>" | null }`, asked for with `limit` and `after`. A cursor
// names the list and a place in its order, in a form that callers need not know; it grants nothing, so it is checked
// and not signed. What a place is, and how a page is read, is said by each list.

import { z } from 'zod'

export const pageLimitDefault = 100
export const pageLimitMax = 1_000
/** More than any cursor takes. */
const cursorLengthMax = 1_000

/** The end of one list's pages: how its cursors are read and written. `name` keeps them from other lists. */
export interface Cursors<Place extends z.ZodType> {
  /** What a query of the list takes, beside its own filters. */
  readonly query: {
    readonly limit: z.ZodType<number, string | undefined>
    readonly after: z.ZodOptional<z.ZodType<z.output<Place>, string>>
  }
  /** `last` is the place of the last thing on the page; a page behind which nothing is left has no cursor. */
  next(hasMore: boolean, last: z.input<Place> | undefined): string | null
}

export function cursors<Place extends z.ZodType>(name: string, place: Place): Cursors<Place> {
  const marked = z.tuple([z.literal(name), place])
  const after = z
    .string()
    .transform((text, context): z.output<Place> => {
      const parsed = marked.safeParse(text.length > cursorLengthMax ? undefined : unpacked(text))
      if (parsed.success) return parsed.data[1] as z.output<Place> // the second member was parsed by `place`
      context.addIssue("expected the 'next' of an earlier reply of this list")
      return z.NEVER
    })
    .describe('Where to go on: the `next` of the page before.')
  return {
    query: { limit, after: after.optional() },
    next: (hasMore, last) => (hasMore && last !== undefined ? packed([name, last]) : null),
  }
}

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
