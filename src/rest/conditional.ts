// Entity tags of resources that have a version, and the If-Match header. Whether a version still is the present one is
// decided with the command, under its locks; here it is only read.

import type { SeenPerson } from '../domain/command.js'
import { Problem } from './problem.js'

/** The entity tag of a version: `"v3"`. */
export const entityTag = (version: number): string => `"v${version}"`

export type Precondition =
  | { readonly type: 'none' }
  | { readonly type: 'version'; readonly version: number }
  /** The tag is well-formed and never was one of ours, or is weak: it matches nothing. */
  | { readonly type: 'unmatchable' }

/** The entity tag of a person: all that it shows changes with its own last touch or with the status of its address. */
export const personTag = ({ updatedAt, statusVersion }: SeenPerson): string => `"p${updatedAt}-${statusVersion}"`

/** The state of a person that If-Match asks for; undefined where it asks for none. Throws a 400 or a 412 problem. */
export function personPrecondition(ifMatch: string | undefined): SeenPerson | undefined {
  const tag = readIfMatch(ifMatch)
  if (tag === undefined) return undefined
  const [, updatedAt, statusVersion] = /^"p(\d{1,15})-(\d{1,15})"$/.exec(tag) ?? []
  if (updatedAt === undefined) throw versionMoved('If-Match: no state of a person has this tag')
  return { updatedAt: Number(updatedAt), statusVersion: Number(statusVersion) }
}

/** Reads If-Match. `*` asks only that the resource exists, which an address always does. Throws a 400 problem. */
export function precondition(ifMatch: string | undefined): Precondition {
  const tag = readIfMatch(ifMatch)
  if (tag === undefined) return { type: 'none' }
  const digits = /^"v(0|[1-9]\d{0,14})"$/.exec(tag)?.[1]
  return digits === undefined ? { type: 'unmatchable' } : { type: 'version', version: Number(digits) }
}

function readIfMatch(ifMatch: string | undefined): string | undefined {
  const given = ifMatch?.trim()
  if (given === undefined || given === '*') return undefined
  if (!/^(?:W\/)?"[!#-~]*"$/.test(given)) {
    const message = 'expected * or one entity tag such as "v3"'
    const findings = [{ path: 'header.If-Match', message }]
    throw new Problem({
      status: 400,
      name: 'bad-header',
      title: 'Bad header',
      detail: `If-Match: ${message}`,
      findings,
    })
  }
  return given
}

/** `current`: the tag that would match. */
export function versionMoved(detail: string, current?: string): Problem {
  const headers = current === undefined ? {} : { ETag: current }
  return new Problem({ status: 412, name: 'version-moved', title: 'Precondition failed', detail, headers })
}
