// Who calls, and whether the caller's role is enough: bearer keys (RFC 6750). It knows the order of the roles; what a
// role may change is said by the routes and, for re-subscribing, by the rules.

import type { Role } from '../domain/command.js'
import type { Caller, Credentials } from '../service/access/credentials.js'
import { type Finding, Problem } from './problem.js'

const rank: Readonly<Record<Role, number>> = { reader: 0, writer: 1, admin: 2 }
const realm = 'Bearer realm="durable-unsubscribe"'
// The syntax of RFC 6750 2.1; no key that was ever given out is longer.
const bearer = /^Bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i

/** The caller that the Authorization header names. Throws a 401 problem. */
export async function authenticate(
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
export function tooManyFailures(): Problem {
  const detail = 'too many requests with wrong keys came from your address; try again later'
  const headers = { 'Retry-After': '3' }
  return new Problem({ status: 429, name: 'too-many-failures', title: 'Too many failures', detail, headers })
}

function unauthorized(detail: string, error: string): Problem {
  const headers = { 'WWW-Authenticate': realm + error }
  return new Problem({ status: 401, name: 'unauthorized', title: 'Unauthorized', detail, headers })
}
