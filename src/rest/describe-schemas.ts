// zod schemas as the JSON Schemas of an OpenAPI 3.1 document. A schema with an id (`.meta({ id: 'Person' })`) becomes a
// component of that name wherever it is met; all others stand where they are used. It knows no routes.

import { z } from 'zod'

export type JsonObject = Readonly<Record<string, unknown>>

export interface DescribedSchemas {
  /** By id. */
  readonly components: Readonly<Record<string, JsonObject>>
  /** Of a schema that was given to be described. */
  of(schema: z.ZodType): JsonObject
}

/** `entering` are seen as callers write them, `leaving` as callers read them. */
export function describeSchemas(entering: ReadonlySet<z.ZodType>, leaving: ReadonlySet<z.ZodType>): DescribedSchemas {
  const input = describe([...entering], 'input')
  const output = describe([...leaving], 'output')
  for (const [id, schema] of Object.entries(input.components)) {
    const other = output.components[id]
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(schema))
      throw new Error(`the schema ${id} has another form where it enters than where it leaves: give it two ids`)
  }
  const described = new Map([...input.described, ...output.described])
  return {
    components: { ...input.components, ...output.components },
    of(schema) {
      const found = described.get(schema)
      if (found === undefined) throw new Error('this schema was not given to be described')
      return found
    },
  }
}

interface Described {
  readonly components: Readonly<Record<string, JsonObject>>
  readonly described: ReadonlyMap<z.ZodType, JsonObject>
}

function describe(schemas: readonly z.ZodType[], io: 'input' | 'output'): Described {
  // As parts of one object they share their definitions, and one that has an id itself becomes a reference.
  const whole = z.object(Object.fromEntries(schemas.map((schema, index) => [String(index), schema])))
  const json = z.toJSONSchema(whole, { io, target: 'draft-2020-12', override: ({ jsonSchema }) => shorten(jsonSchema) })
  const { properties = {}, $defs = {} } = withComponentRefs(json) as {
    properties?: Record<string, JsonObject>
    $defs?: Record<string, JsonObject>
  }
  return {
    components: Object.fromEntries(Object.entries($defs).map(([id, { id: _, ...schema }]) => [id, schema])),
    described: new Map(schemas.map((schema, index) => [schema, properties[index] ?? {}])),
  }
}

// What says no more than the words beside it: the calendar as a pattern, and the safe range of integers.
function shorten(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format === 'date-time') delete schema.pattern
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
}

function withComponentRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withComponentRefs)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace('#/$defs/', '#/components/schemas/')
        : withComponentRefs(inner),
    ]),
  )
}
