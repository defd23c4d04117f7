// Entity tags of resources that have a version, and the If-Match header. Whether a version still is the present one is
// decided with the command, under its locks; here it is only read.

import { Problem } from './problem.js'

/** The entity tag of a version: `"v3"`. */
export const entityTag = (version: number): string => `"v${version}"`

export type Precondition =
  | { readonly type: 'none' }
  | { readonly type: 'version'; readonly version: number }
  /** The tag is well-formed and never was one of ours, or is weak: it matches nothing. */
  | { readonly type: 'unmatchable' }

/** Reads If-Match. `*` asks only that the resource exists, which an address always does. Throws a 400 problem. */
export function precondition(ifMatch: string | undefined): Precondition {
  const given = ifMatch?.trim()
  if (given === undefined || given === '*') return { type: 'none' }
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
  const digits = /^"v(0|[1-9]\d{0,14})"$/.exec(given)?.[1]
  return digits === undefined ? { type: 'unmatchable' } : { type: 'version', version: Number(digits) }
}

export function versionMoved(detail: string, current?: number): Problem {
  const headers = current === undefined ? {} : { ETag: entityTag(current) }
  return new Problem({ status: 412, name: 'version-moved', title: 'Precondition failed', detail, headers })
}
