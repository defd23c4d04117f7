// The description of the whole face as an OpenAPI 3.1 document, made from the route table: the schemas in it are the
// ones that check. What all routes have in common is in describe-common.ts. It knows no store and no Koa.

import { STATUS_CODES } from 'node:http'
import { z } from 'zod'
import { commonParts, introduction, problemContent, problemRef } from './describe-common.js'
import { type DescribedSchemas, describeSchemas, type JsonObject } from './describe-schemas.js'
import { problemResource } from './problem.js'
import type { Example, GuardedRoute, Route } from './route.js'
import { tags } from './tags.js'

export function describeFace(routes: readonly Route[], version: string): JsonObject {
  const schemas = describeSchemas(
    new Set(routes.flatMap(route => (route.role === null ? [] : entering(route)))),
    new Set([problemResource, ...routes.flatMap(leaving)]),
  )
  const paths = new Map<string, Record<string, JsonObject>>()
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}')
    paths.set(path, { ...paths.get(path), [route.method.toLowerCase()]: operation(route, schemas) })
  }
  const used = new Set(routes.map(({ tag }) => tag))
  return {
    openapi: '3.1.1',
    info: {
      title: 'durable-unsubscribe',
      version,
      description: introduction,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The server that this document comes from.' }],
    tags: Object.entries(tags)
      .filter(([name]) => used.has(name as keyof typeof tags))
      .map(([name, description]) => ({ name, description })),
    paths: Object.fromEntries(paths),
    components: { schemas: schemas.components, ...commonParts },
  }
}

const entering = ({ params, query, body }: GuardedRoute): z.ZodType[] =>
  body === null ? [params, query] : [params, query, body]

const leaving = ({ replies }: Route): z.ZodType[] => Object.values(replies).filter(reply => reply instanceof z.ZodType)

function operation(route: Route, schemas: DescribedSchemas): JsonObject {
  const { operationId, tag, summary, description, role } = route
  return {
    operationId,
    tags: [tag],
    summary,
    ...(description === undefined && role === null ? {} : { description: withRole(description, role) }),
    // OpenAPI 3.1 has the needed role here: any of the roles above it will do as well.
    security: role === null ? [] : [{ apiKey: [role] }],
    ...(role === null ? {} : guarded(route, schemas)),
    responses: responses(route, schemas),
  }
}

// Pages that show such documents leave out what `security` says of roles.
const withRole = (description: string | undefined, role: Route['role']): string =>
  [...(description === undefined ? [] : [description]), ...(role === null ? [] : [`Role: ${role}.`])].join('\n\n')

function guarded(route: GuardedRoute, schemas: DescribedSchemas): JsonObject {
  const { body, examples, method, isVersioned = false, takesKey, uploads } = route
  const parameters = [
    ...partParameters('path', route, schemas.of(route.params)),
    ...partParameters('query', route, schemas.of(route.query)),
    ...(takesKey ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ...(isVersioned && method !== 'GET' ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
  ]
  const shown = examples.filter(example => example.body !== undefined)
  return {
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(uploads === undefined ? {} : { requestBody: { required: true, content: mediaOf(uploads) } }),
    ...(body === null
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: schemas.of(body),
                examples: named(shown, example => example.body),
              },
            },
          },
        }),
  }
}

const mediaOf = (types: readonly string[]): JsonObject =>
  Object.fromEntries(types.map(type => [type, { schema: { type: 'string' } }]))

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, JsonObject>>
  readonly required?: readonly string[]
}

function partParameters(place: 'path' | 'query', { examples }: GuardedRoute, schema: ObjectSchema): JsonObject[] {
  return Object.entries(schema.properties ?? {}).map(([name, { description, ...form }]) => {
    const part = (example: Example): string | undefined => (place === 'path' ? example.params : example.query)?.[name]
    const shown = examples.filter(example => part(example) !== undefined)
    return {
      name,
      in: place,
      required: place === 'path' || schema.required?.includes(name) === true,
      ...(description === undefined ? {} : { description }),
      schema: form,
      ...(shown.length === 0 ? {} : { examples: named(shown, example => readValue(part(example), form)) }),
    }
  })
}

// A URL carries text only; in the document an example has the type that its schema says.
function readValue(text: string | undefined, { type }: JsonObject): unknown {
  if (type === 'integer' || type === 'number') return Number(text)
  return type === 'boolean' ? text === 'true' : text
}

function named(examples: readonly Example[], value: (example: Example) => unknown): JsonObject {
  return Object.fromEntries(
    examples.map(example => [
      example.title
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, ''),
      { summary: example.title, value: value(example) },
    ]),
  )
}

function responses(route: Route, schemas: DescribedSchemas): JsonObject {
  const { problems = {}, replies } = route
  const all: Record<string, JsonObject> = {}
  const common = route.role === null ? { '4XX': 'Failed' } : commonProblems(route)
  for (const [status, name] of Object.entries(common)) all[status] = problemRef(name)
  for (const [status, description] of Object.entries(problems)) all[status] = { description, ...problemContent }
  for (const [status, reply] of Object.entries(replies)) {
    all[status] = {
      description: STATUS_CODES[status] ?? status,
      headers: replyHeaders(route, reply !== null),
      ...content(reply),
    }
  }
  return { ...all, default: problemRef('Failed') }

  function content(reply: Route['replies'][number]): JsonObject {
    if (reply === null || reply === undefined) return {}
    if (reply instanceof z.ZodType) return { content: { 'application/json': { schema: schemas.of(reply) } } }
    return { content: mediaOf(reply.contentTypes) }
  }
}

function commonProblems({
  body,
  method,
  isVersioned = false,
  takesKey,
  uploads,
}: GuardedRoute): Record<string, string> {
  return {
    400: 'BadRequest',
    401: 'Unauthorized',
    403: 'RoleMissing',
    ...(takesKey ? { 409: 'InProgress' } : {}),
    ...(isVersioned && method !== 'GET' ? { 412: 'VersionMoved' } : {}),
    ...(body === null && uploads === undefined ? {} : { 413: 'BodyTooLong', 415: 'UnsupportedMediaType' }),
    422: 'Invalid',
    503: 'Unavailable',
  }
}

// What is gone has no version any more.
function replyHeaders(route: Route, hasBody: boolean): JsonObject {
  const ref = (name: string): JsonObject => ({ $ref: `#/components/headers/${name}` })
  return {
    'X-Request-Id': ref('RequestId'),
    ...(route.role !== null && route.isVersioned === true && hasBody ? { ETag: ref('ETag') } : {}),
    ...(route.role !== null && route.takesKey ? { 'Idempotent-Replayed': ref('IdempotentReplayed') } : {}),
  }
}
