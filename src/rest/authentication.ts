// Who calls, and whether the caller's role is enough: bearer keys (RFC 6750). It knows the order of the roles; what a
// role may change is said by the routes and, for re-subscribing, by the rules.

import type { IncomingMessage } from 'node:http'
import type { Role } from '../domain/command.js'
import type { Caller, Credentials } from '../service/access/credentials.js'
import type { FailedAttempts } from '../service/access/failed-attempts.js'
import { sha256 } from '../service/log/log-chain.js'
import type { Service } from '../service/service.js'
import { type Finding, Problem } from './problem.js'

const rank: Readonly<Record<Role, number>> = { reader: 0, writer: 1, admin: 2 }
const realm = 'Bearer realm="durable-unsubscribe"'
// The syntax of RFC 6750 2.1; no key that was ever given out is longer.
const bearer = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i

/** Who stands between a request and its caller. */
export interface Guard {
  readonly service: Pick<Service, 'credentials'>
  /** Slows down who guesses keys. Absent: nobody is slowed down. */
  readonly failedAttempts?: Pick<FailedAttempts, 'admits' | 'failed' | 'succeeded'>
  /** Address of who calls. */
  readonly placeOf?: (request: IncomingMessage) => string
}

/** The caller of a request; who guesses keys hears late that they are wrong. Throws a 401 or 429 problem. */
export async function authenticateSlowly(request: IncomingMessage, guard: Guard): Promise<Caller> {
  const { authorization } = request.headers
  const { service, failedAttempts, placeOf } = guard
  // Without a key nobody guesses one, and whoever forgot it should hear so at once.
  if (failedAttempts === undefined || authorization === undefined)
    return authenticate(authorization, service.credentials)
  const attempt = { place: placeOf?.(request) ?? '', claim: sha256(authorization) }
  if (!failedAttempts.admits(attempt)) throw tooManyFailures()
  try {
    const caller = await authenticate(authorization, service.credentials)
    failedAttempts.succeeded(attempt)
    return caller
  } catch (cause) {
    // A store that does not answer is nobody's guess.
    if (cause instanceof Problem) await failedAttempts.failed(attempt)
    throw cause
  }
}

/** The caller that the Authorization header names. Throws a 401 problem. */
async function authenticate(
  authorization: string | undefined,
  credentials: Pick<Credentials, 'apiCaller'>,
): Promise<Caller> {
  if (authorization === undefined) throw unauthorized('expected an Authorization header: Bearer and an API key', '')
  const [, apiKey] = bearer.exec(authorization) ?? []
  if (apiKey === undefined) {
    throw unauthorized('Authorization: expected Bearer and an API key', ', error="invalid_request"')
  }
  const caller = await credentials.apiCaller(apiKey)
  if (caller === undefined) throw unauthorized('the API key is not known, or was revoked', ', error="invalid_token"')
  return caller
}

/** Throws a 403 problem that names the needed role. */
export function authorize(caller: Caller, needed: Role): void {
  if (rank[caller.role] < rank[needed]) throw forbidden(caller, needed)
}

/** A 403 problem; `findings` tells what else would be needed. */
export function forbidden(caller: Caller, needed: Role, findings?: readonly Finding[]): Problem {
  return new Problem({
    status: 403,
    name: 'role-missing',
    title: 'Role missing',
    detail: `this needs an API key with the role ${needed}, yours has the role ${caller.role}`,
    headers: { 'WWW-Authenticate': `${realm}, error="insufficient_scope", scope="${needed}"` },
    ...(findings === undefined ? {} : { findings }),
  })
}

/** A 429 problem, told without a look at the key: it may well be right. */
function tooManyFailures(): Problem {
  const detail = 'too many requests with wrong keys came from your address; try again later'
  const headers = { 'Retry-After': '3' }
  return new Problem({ status: 429, name: 'too-many-failures', title: 'Too many failures', detail, headers })
}

function unauthorized(detail: string, error: string): Problem {
  const headers = { 'WWW-Authenticate': realm + error }
  return new Problem({ status: 401, name: 'unauthorized', title: 'Unauthorized', detail, headers })
}
