// What a route is: method, path, role, the schemas of what enters and leaves, and the verb. The schemas are kept as
// they are, so that a description of the whole face can be made from the very ones that check. It knows no Koa.

import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { Role } from '../domain/command.js'
import type { Caller } from '../service/credentials.js'
import type { Replay } from '../service/submission.js'
import { replayOf } from './idempotency.js'
import { parsePart, readJson } from './input.js'
import { type Finding, invalid } from './problem.js'

export type Method = 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'

/** One request as it arrived, before anything of it was believed. */
export interface Exchange {
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | string[] | undefined>>
  readonly headers: IncomingHttpHeaders
  readBody(): Promise<Uint8Array>
}

export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly content:
    | { readonly type: 'json'; readonly value: unknown }
    | { readonly type: 'text'; readonly contentType: string; readonly text: string }
    | { readonly type: 'none' }
}

interface RouteFacts {
  readonly method: Method
  /** Pattern of the router: `/v1/people/:id`. It stands for the path in logs and metrics. */
  readonly path: string
  readonly summary: string
  /** Schema of the JSON body by status; null where there is none. */
  readonly replies: Readonly<Record<number, z.ZodType | null>>
}

/** A route that anybody may call. */
export interface OpenRoute extends RouteFacts {
  readonly role: null
  answer(): Promise<Reply>
}

/** A route that asks who calls; `role` is the least that is needed. */
export interface GuardedRoute extends RouteFacts {
  readonly role: Role
  readonly params: z.ZodType
  readonly query: z.ZodType
  readonly body: z.ZodType | null
  /** Throws Problem, BodyError or what the service throws. */
  answer(exchange: Exchange, caller: Caller): Promise<Reply>
}

export type Route = OpenRoute | GuardedRoute

/** What a verb is given: everything is parsed, and the caller has the role. */
export interface Call<Params, Query, Body> {
  readonly caller: Caller
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly headers: IncomingHttpHeaders
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
  definition: RouteFacts & {
    readonly role: Role
    readonly params?: Params
    readonly query?: Query
    readonly body?: Body
    handle(call: Call<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Reply>
  },
): GuardedRoute {
  const { method, path, summary, replies, role, handle } = definition
  const { params = nothing, query = nothing, body = null } = definition
  return {
    ...{ method, path, summary, replies, role, params, query, body },
    async answer(exchange, caller) {
      const { headers } = exchange
      // 1. The body, whole: a named request is recognised by its bytes.
      const bytes = body === null ? new Uint8Array() : await exchange.readBody()
      const json = body === null ? undefined : readJson(bytes, headers)
      // 2. All that is wrong with it at once.
      const findings: Finding[] = []
      const parsed = {
        params: parsePart('url', params, exchange.params, findings),
        query: parsePart('query', query, exchange.query, findings),
        body: body === null ? undefined : parsePart('body', body, json, findings),
      }
      if (findings.length > 0) throw invalid(findings)
      // 3. Its name, if it has one. Reading may be repeated anyway.
      const key = method === 'GET' ? undefined : headerText(headers['idempotency-key'])
      const replay = replayOf(key, caller.id, { method, target: exchange.target, body: bytes })
      // 4. The verb. Each part was parsed by its own schema, and no findings means that none of them failed.
      const call = { ...parsed, caller, headers, replay } as Call<z.output<Params>, z.output<Query>, z.output<Body>>
      return handle(call)
    },
  }
}

const headerText = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(', ') : header
