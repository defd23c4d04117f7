// What a route is: method, path, role, the schemas of what enters and leaves, and the verb. The schemas are kept as
// they are, so that a description of the whole face can be made from the very ones that check. It knows no Koa.

import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { z } from 'zod'
import type { Role } from '../domain/command.js'
import type { Caller } from '../service/access/credentials.js'
import type { Replay } from '../service/writes/submission.js'
import { replayOf } from './idempotency.js'
import { parsePart, readJson } from './input.js'
import { type FilterMark, filterMark, refuseOtherFilters } from './page.js'
import { type Finding, invalid } from './problem.js'
import type { Tag } from './tags.js'

export type Method = 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'

/** One request as it arrived, before anything of it was believed. */
export interface Exchange {
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | string[] | undefined>>
  readonly headers: IncomingHttpHeaders
  /** `bytesMax`: less than what the operator allows. */
  readBody(bytesMax?: number): Promise<Uint8Array>
  /** The body of a file, piece by piece, to be taken once; `onSent` sees it as it was sent. */
  upload(onSent: (piece: Uint8Array) => void): AsyncIterable<Uint8Array>
  /** Aborts when the caller goes away before it is answered. */
  readonly left: AbortSignal
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly content:
    | { readonly type: 'json'; readonly value: unknown }
    | { readonly type: 'text'; readonly contentType: string; readonly text: string }
    | { readonly type: 'bytes'; readonly contentType: string; readonly bytes: Uint8Array }
    /** Sent as it is made, packed where the caller takes that. */
    | { readonly type: 'stream'; readonly contentType: string; readonly stream: Readable }
    | { readonly type: 'none' }
}

/** A request that works as it stands: it is shown to readers, and a test sends it. */
export interface Example<Body = unknown> {
  /** What the caller wants, in a few words. */
  readonly title: string
  /** Parts of the path, decoded. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Body
  /** The body of a route that takes files. */
  readonly upload?: string
  /** Who asks, where the least role of the route is not enough for it. */
  readonly as?: Role
  /** Status of its answer. */
  readonly status: number
}

/** A body that is not JSON. */
export interface TextBody {
  readonly contentTypes: readonly string[]
}

/** What is known of a route apart from its verb; the description of the face is made of it. */
interface RouteFacts<Body = unknown> {
  readonly method: Method
  /** Pattern of the router: `/v1/people/:id`. It stands for the path in logs and metrics. */
  readonly path: string
  /** Name of the operation in generated clients, a verb and a noun: `listPeople`. */
  readonly operationId: string
  readonly tag: Tag
  readonly summary: string
  /** What the summary leaves open, in sentences. */
  readonly description?: string
  /** The body by status: schema of the JSON, or what else it is; null where there is none. */
  readonly replies: Readonly<Record<number, z.ZodType | TextBody | null>>
  /** When it answers with which problem, by status, apart from those that every route has. */
  readonly problems?: Readonly<Record<number, string>>
  readonly examples: readonly [Example<Body>, ...Example<Body>[]]
}

interface GuardedFacts<Body = unknown> extends RouteFacts<Body> {
  /** The least that is needed. */
  readonly role: Role
  /** Its resource has a version: replies have an ETag, and where it changes something If-Match is obeyed. */
  readonly isVersioned?: boolean
  /** False for a change that may be repeated anyway, so that Idempotency-Key is not looked at. */
  readonly takesKey?: boolean
  /** Called so often that it is answered in front of the router. Its path has no parts that vary, its URL no query, and
   * its content is JSON or text. */
  readonly isDirect?: boolean
  /** It takes a file of one of these media types in place of JSON, and reads it itself. */
  readonly uploads?: readonly string[]
}

/** A route that anybody may call. */
export interface OpenRoute extends RouteFacts {
  readonly role: null
  answer(): Promise<Reply>
}

/** A route that asks who calls. */
export interface GuardedRoute extends GuardedFacts {
  readonly takesKey: boolean
  readonly params: z.ZodType
  readonly query: z.ZodType
  readonly body: z.ZodType | null
  /** Throws Problem, BodyError or what the service throws. */
  answer(exchange: Exchange, caller: Caller): Promise<Reply>
}

/** Something to look at that is no part of the interface, such as a page of its documentation. */
export interface Page extends Pick<RouteFacts, 'path'> {
  readonly method: 'GET' | 'POST'
  readonly role: null
  answer(exchange: Exchange): Promise<Reply>
}

export type Route = OpenRoute | GuardedRoute

/** What a verb is given: everything is parsed, and the caller has the role. */
export interface Call<Params, Query, Body> {
  readonly caller: Caller
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly headers: IncomingHttpHeaders
  readonly upload: Exchange['upload']
  /** Aborts when the caller goes away. */
  readonly left: AbortSignal
  /** What a list is asked for; its cursors carry it. */
  readonly filters: FilterMark
  /** For the command of the call, where it makes one. */
  readonly replay: Replay
}

const nothing = z.strictObject({})

/** Makes a guarded route. What it does not name may not be sent: an unknown query parameter is a finding. */
export function route<
  Params extends z.ZodType = typeof nothing,
  Query extends z.ZodType = typeof nothing,
  Body extends z.ZodType = z.ZodUndefined,
>(
  definition: GuardedFacts<NoInfer<z.input<Body>>> & {
    readonly params?: Params
    readonly query?: Query
    readonly body?: Body
    /** What the schema would make of a body as nearly everybody sends it; undefined leaves it to the schema. */
    readonly plainBody?: (json: unknown) => z.output<Body> | undefined
    /** What else is wrong with a body that is refused, and what no schema knows: a caller is told all of it at once. */
    readonly furtherFindings?: (json: unknown) => Promise<readonly Finding[]>
    handle(call: Call<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Reply>
  },
): GuardedRoute {
  const { handle, plainBody, furtherFindings, params = nothing, query = nothing, body = null, ...facts } = definition
  // Reading may be repeated anyway.
  const takesKey = facts.takesKey ?? facts.method !== 'GET'
  return {
    ...{ ...facts, takesKey, params, query, body },
    async answer(exchange, caller) {
      const { headers } = exchange
      // 1. The body, whole: a named request is recognised by its bytes.
      const bytes = body === null ? new Uint8Array() : await exchange.readBody()
      const json = body === null ? undefined : readJson(bytes, headers)
      // 2. All that is wrong with it at once.
      const findings: Finding[] = []
      const parsed = {
        params: isNothing(params, exchange.params) ? {} : parsePart('url', params, exchange.params, findings),
        query: isNothing(query, exchange.query) ? {} : parsePart('query', query, exchange.query, findings),
        body: body === null ? undefined : (plainBody?.(json) ?? parsePart('body', body, json, findings)),
      }
      if (findings.length > 0) throw invalid([...findings, ...((await furtherFindings?.(json)) ?? [])])
      refuseOtherFilters(parsed.params, parsed.query, findings)
      if (findings.length > 0) throw invalid(findings)
      // 3. Its name, if it has one.
      const key = takesKey ? headerText(headers['idempotency-key']) : undefined
      const replay = replayOf(key, caller.id, { method: facts.method, target: exchange.target, body: bytes })
      // 4. The verb. Each part was parsed by its own schema, and no findings means that none of them failed.
      const call = {
        ...{ ...parsed, caller, headers, upload: exchange.upload, replay },
        get filters() {
          return filterMark(parsed.params, parsed.query)
        },
        get left() {
          return exchange.left
        },
      } as Call<z.output<Params>, z.output<Query>, z.output<Body>>
      return handle(call)
    },
  }
}

// As for most routes: the schema would take longer to find that out than many an answer takes.
function isNothing(schema: z.ZodType, given: object): boolean {
  if (schema !== nothing) return false
  for (const _ in given) return false
  return true
}

const headerText = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(', ') : header
